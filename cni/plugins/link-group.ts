/**
 * The group (IFLA_GROUP) of the host's ends of pods' interfaces: `podw` in ASCII. Rules know by it what comes from a pod.
 * Not by name: a node's uplink may well be called `veth…` too, where the node is a container itself, and so are other
 * plugins' interfaces. The kernel puts no interface in such a group, and administrators count from 1.
 */
export const podLinkGroup = 0x706f6477
