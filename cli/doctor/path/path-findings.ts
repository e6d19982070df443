import { type FindingFacts, findingsOf, isWell } from '../../../providers/finding.ts'

/** Every code of what a Node does with a packet, in the order in which the packet meets it. They are stable. */
export const pathFindings = {
  PodInterfaceUp: isWell('The pod’s interface is up at both ends, and the Node has a route to it.'),
  PodInterfaceDown: {
    severity: 'error',
    meaning:
      'The Node’s end of the pod’s interface is down, or that of some pod, where there is no route to this one: an interface that is down loses its routes.',
    remedy: 'Delete the pod: the new one gets its interface. Setting it up again brings no routes back.',
  },
  PodInterfaceWithoutCarrier: {
    severity: 'error',
    meaning: 'The pod’s own end of its interface is down.',
    remedy: 'Set it up again in the pod’s network namespace, or delete the pod.',
  },
  PodRouteMissing: {
    severity: 'error',
    meaning: 'The Node has no route to the pod’s interface, so it sends packets for the pod elsewhere.',
    remedy:
      'Delete the pod: the new one gets its route. If it happens again, look for what flushes routes on the Node.',
  },
  PodNotAnswering: {
    severity: 'error',
    meaning: 'The pod does not answer when the Node asks for the hardware address of its interface.',
    remedy: 'Look whether the pod still has its address: `ip address` in its network namespace.',
  },
  PodHardwareAddressChanged: {
    severity: 'error',
    meaning: 'The Node sends to another hardware address than the pod’s interface has.',
    remedy: 'Delete the entry with `ip neighbour del ADDRESS dev NAME` on the Node.',
  },
  UplinkUp: isWell('The interface by which the Node is reached is up.'),
  UplinkDown: {
    severity: 'error',
    meaning: 'The interface by which the Node reaches others is down.',
    remedy: 'Set it up with `ip link set NAME up` on the Node, or replace the Node.',
  },
  ForwardingOn: isWell('The Node forwards packets of the family.'),
  ForwardingOff: {
    severity: 'error',
    meaning: 'The Node does not forward packets that come in by that interface.',
    remedy:
      'Set `net.ipv4.ip_forward` or `net.ipv6.conf.all.forwarding` to 1 on the Node, and look in /etc/sysctl.d for what turned it off.',
  },
  RouteFound: isWell('The Node’s kernel has a route for the packet that leads where it should.'),
  ReversePathFiltered: {
    severity: 'error',
    meaning:
      'The packet comes in by another interface than the one by which the Node would answer, and rp_filter drops it.',
    remedy:
      'Set `net.ipv4.conf.all.rp_filter` and that of the interface to 2 or 0, or make the cloud’s route lead to the interface by which the Node answers.',
  },
  AddressSwallowed: {
    severity: 'error',
    meaning: 'The Node takes packets for the address for itself: a `local` route covers it.',
    remedy: 'Remove that route, and stop the program that made it.',
  },
  AddressNotHere: {
    severity: 'error',
    meaning: 'The packet is for the Node itself, which does not have that address.',
    remedy: 'Compare the addresses of the Node object with those of its interfaces.',
  },
  NoRoute: {
    severity: 'error',
    meaning: 'The Node’s kernel has no route for the packet.',
    remedy:
      'Look at `ip route` and `ip rule` on the Node: a default route is missing, or a route was removed.',
  },
  RouteRefuses: {
    severity: 'error',
    meaning: 'A route or rule of the Node drops the packet: blackhole, unreachable or prohibit.',
    remedy: 'Look for it in `ip route show table all` and `ip rule` on the Node, and remove it.',
  },
  RouteAstray: {
    severity: 'error',
    meaning: 'The Node sends the packet to another place than where the destination is.',
    remedy: 'Remove the route that the message names, and look for what made it.',
  },
  GatewayNotAnswering: {
    severity: 'error',
    meaning: 'The next machine on the way does not answer when the Node asks for its hardware address.',
    remedy: 'Look whether that machine runs and has that address.',
  },
  FirewallPasses: isWell('No chain of the Node’s nf_tables drops the packet.'),
  FirewallDrops: {
    severity: 'error',
    meaning: 'A chain of the Node’s nf_tables drops the packet.',
    remedy: 'Let pods’ packets pass there: look at the chain with `nft list table`, and find who made it.',
  },
  FirewallUnclear: {
    severity: 'unknown',
    meaning:
      'The Node’s firewall may drop the packet: a rule asks for more than addresses and interfaces, or the rules can’t be read.',
    remedy: 'Look at the rules that the message names.',
  },
  AddressKept: isWell('The packet keeps its source address.'),
  AddressMasqueraded: isWell(
    'The packet leaves under the Node’s address, as it has to outside of the cluster.',
  ),
  AddressHidden: {
    severity: 'warning',
    meaning:
      'The packet leaves under the Node’s address though its destination is in the cluster: the other side does not see the pod, and its NetworkPolicies don’t either.',
    remedy: 'Add the destination’s range to those that are not masqueraded.',
  },
  AddressUnclear: {
    severity: 'unknown',
    meaning:
      'Whether the packet keeps its source address is not clear: a rule asks for more than addresses and interfaces.',
    remedy: 'Look at the rules that the message names.',
  },
  MtuFits: isWell('No part of the way takes smaller packets than the sender’s interface.'),
  MtuShrinks: {
    severity: 'warning',
    meaning:
      'A part of the way takes smaller packets than the sender’s interface: the sender has to be told so, by ICMP.',
    remedy: 'Set the same MTU on the way and in the configuration of pods, and let ICMP pass.',
  },
  MtuDrops: {
    severity: 'error',
    meaning:
      'A Node sends larger packets than the next Node’s interface takes: small packets pass, and large ones are lost.',
    remedy: 'Set the same MTU on the interfaces of both Nodes.',
  },
  NodeNotAsked: {
    severity: 'unknown',
    meaning: 'What happens on the Node is not known: its agent could not be asked.',
    remedy:
      'Look whether the agent runs there, and allow `get` on `pods/proxy` in its namespace to whoever runs the command.',
  },
  CloudNotAsked: {
    severity: 'unknown',
    meaning: 'What the cloud does with the packet is not known: it was not asked.',
    remedy: 'Name it with `--provider`, and give credentials that may read it.',
  },
  OutOfSight: {
    severity: 'unknown',
    meaning: 'The address is on no Node of the cluster: what happens there, nobody can be asked.',
    remedy: 'Look at that machine: its firewall, and whether its routes lead back.',
  },
} as const satisfies Readonly<Record<string, FindingFacts>>

export type PathCode = keyof typeof pathFindings
export const found = findingsOf<PathCode>(pathFindings)
