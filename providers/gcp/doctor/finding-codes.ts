import { type FindingFacts, findingsOf, isWell } from '../../finding.ts'
import { strayRoutes } from '../../route-findings.ts'

/** Every code that `podway doctor gcp` gives a finding about the cloud. They are stable. */
export const gcpFindings = {
  PermissionsPresent: isWell('These credentials have every permission that the controller uses.'),
  PermissionMissing: {
    severity: 'error',
    meaning: 'These credentials lack a permission that the controller uses.',
    remedy:
      'Add the permission to the role of the controller’s service account: `deploy/iam/gcp-controller-role.yaml` has all of them, and `deploy/iam/gcp-alias-ip-role.yaml` those for alias ranges. If the controller has other credentials, run the command with those.',
  },
  PermissionUnknown: {
    severity: 'unknown',
    meaning:
      'Whether a write is allowed could not be asked: only the Resource Manager API tells, if it is enabled in the project and the credentials reach it.',
    remedy:
      'Enable `cloudresourcemanager.googleapis.com`, and give an instance’s service account the scope `cloud-platform`; or run the controller, and look for `CloudUnauthorized` in its Events.',
  },
  NotExamined: {
    severity: 'unknown',
    meaning: 'Something that only the examination reads may not be read by these credentials.',
    remedy: 'Add the permission that the message names: `deploy/iam/gcp-doctor-role.yaml` has all of them.',
  },
  NodesLocated: isWell(
    'Every Node is found on a running instance, with an interface in a network of the cluster.',
  ),
  NoNodes: {
    severity: 'unknown',
    meaning: 'The cluster has no Nodes, so nothing that follows from them could be examined.',
    remedy: 'Run it again when a Node has joined.',
  },
  NetworkNotFound: {
    severity: 'error',
    meaning: 'There is no VPC network of that name in that project.',
    remedy:
      'Correct `--gcp-network` and `--gcp-project`. Of a shared VPC the network is the host project’s: `--gcp-network projects/HOST/global/networks/NAME`.',
  },
  NodeWithoutProviderID: {
    severity: 'warning',
    meaning:
      'A Node has no spec.providerID. It is found by its addresses as long as only one instance of the network has them.',
    remedy:
      'Run the cloud-controller-manager with its node controller, or give the kubelet `--provider-id=gce://PROJECT/ZONE/INSTANCE`.',
  },
  NodeNotFound: {
    severity: 'error',
    meaning: 'No instance is known for a Node: its podCIDRs get no route.',
    remedy:
      'Delete the Node if its instance is gone; else look at its spec.providerID, and at `--gcp-project`.',
  },
  NodeNotRunning: {
    severity: 'error',
    meaning: 'The instance of a Node does not run: packets to its pods are dropped.',
    remedy: 'Start it, or delete the Node.',
  },
  NodeInAnotherNetwork: {
    severity: 'error',
    meaning:
      'The instance of a Node has no interface in a network of the cluster. No route of one network leads to an interface of another.',
    remedy:
      'Name the network of the Nodes’ interfaces with `--gcp-network`, the host project’s if it is shared.',
  },
  NodeWithoutFamily: {
    severity: 'error',
    meaning:
      'A Node has a podCIDR of a family of which its interface has no address: Compute Engine delivers nothing of that family there.',
    remedy: 'Give the Nodes’ subnet the stack type `IPV4_IPV6`, and the interface of the instance too.',
  },
  NodeNotByFirstInterface: {
    severity: 'warning',
    meaning:
      'Pods’ packets arrive at another interface of an instance than nic0, or at several: what leaves by the default route leaves by nic0, and answers come back another way than requests.',
    remedy:
      'Keep the Nodes’ nic0 in the cluster’s network, or route by source address on the Nodes, and name one network.',
  },
  NodeOfGke: {
    severity: 'error',
    meaning: 'A Node is one of GKE, whose allocator and pod network can’t be replaced.',
    remedy: 'Use podway for clusters on instances of your own.',
  },
  IpForwardingOn: isWell('Every Node’s instance may forward packets.'),
  IpForwardingOff: {
    severity: 'error',
    meaning:
      'An instance may not forward packets (`canIpForward` is false): Google drops those of its pods, to and from. podway does not change it.',
    remedy:
      'Set it in the instance template, or with `gcloud compute instances update-from-file`, which stops nothing (`--most-disruptive-allowed-action=REFRESH`).',
  },
  NetworkMtu: isWell(
    'The networks of the cluster have one MTU, and so have those that they are peered with.',
  ),
  MtusDiffer: {
    severity: 'warning',
    meaning:
      'Packets of pods pass networks of different MTUs: what is larger than the smaller one is dropped unless path MTU discovery works all the way.',
    remedy:
      'Give the networks one MTU, or set `mtu` in the configuration of podway-cni to the smallest one of them.',
  },
  RouteRoom: isWell('Every network takes the routes of all Nodes.'),
  NetworkFull: {
    severity: 'error',
    meaning: 'A network, alone or with its peers, can’t take the static routes of all Nodes that there are.',
    remedy:
      'Raise the quota (`static_routes_per_vpc_network`, `static_routes_per_peering_group`) and tell it with `--gcp-routes-per-network` and `--gcp-routes-per-peering-group`, or remove routes. Alias ranges (`--gcp-mode alias-ip`) take none.',
  },
  NetworkNearlyFull: {
    severity: 'warning',
    meaning:
      'With the routes of all Nodes, a network, alone or with its peers, holds four fifths or more of what it takes.',
    remedy: 'Raise the quota in time, and tell it with `--gcp-routes-per-network`.',
  },
  PoolsExceedNetwork: {
    severity: 'warning',
    meaning: 'The pools have podCIDRs for more Nodes than a network has room for static routes.',
    remedy:
      'Raise the quota before there are so many Nodes, or use alias ranges (`--gcp-mode alias-ip`), which take no routes.',
  },
  RangesFree: isWell('No pool and no podCIDR overlaps anything else that is known.'),
  RangeOverlapsSubnet: {
    severity: 'error',
    meaning:
      'A pool or podCIDR overlaps a range of a subnet, primary or secondary: Google refuses the routes, or the subnet’s own route takes the packets.',
    remedy:
      'Choose ranges for pods outside of every range of the network, or deliver them by alias ranges of it (`--gcp-mode alias-ip`).',
  },
  RangeOverlapsPeer: {
    severity: 'error',
    meaning:
      'A pool or podCIDR overlaps a subnet of a peered network: Google refuses a route that is or lies in it, and what is there can’t be reached from pods that are around it.',
    remedy: 'Choose other ranges for pods, or give up the peering.',
  },
  RangeReserved: {
    severity: 'error',
    meaning:
      'A pool or podCIDR overlaps a range that Google keeps for itself, or that is nobody’s on any network.',
    remedy: 'Choose other ranges for pods.',
  },
  AliasRangeElsewhere: {
    severity: 'error',
    meaning:
      'The podCIDR of a Node, or a part of it, is an alias range of another instance: its packets go there, and it can’t become this one’s before it is taken from that.',
    remedy: 'Take the alias range from that instance, or delete the Node and let it join anew.',
  },
  AliasRangeOfAnotherSubnet: {
    severity: 'error',
    meaning:
      'The podCIDR of a Node lies in a range of another subnet than the Node: it can be neither its alias range nor the destination of a route.',
    remedy: 'Delete the Node and let it join anew, with a podCIDR of its own subnet’s secondary range.',
  },
  SecondaryRangeFull: {
    severity: 'error',
    meaning: 'The secondary range that Nodes have their podCIDRs from has no block left for another Node.',
    remedy: 'Add a secondary range to the subnet, or another subnet, and put new Nodes there.',
  },
  SecondaryRangeNearlyFull: {
    severity: 'warning',
    meaning: 'Four fifths or more of the blocks of a secondary range are given out.',
    remedy: 'Add a secondary range to the subnet in time: it can’t be made larger.',
  },
  GuestAgentTakesRanges: {
    severity: 'warning',
    meaning:
      'Alias ranges of Nodes are for pods, and nothing that is seen from here keeps Google’s guest agent from making each a local route (`local 10.64.3.0/24 dev ens4 proto 66`): the node then takes the packets of its pods for its own. Only the node itself can prove it.',
    remedy:
      'On every Node: `ip_aliases = false` under `[IpForwarding]` in `/etc/default/instance_configs.cfg`, restart `google-guest-agent`, and `ip route flush table local proto 66`; or the metadata `disable-address-manager=true` before the Node starts.',
  },
  ForeignRoute: {
    severity: 'error',
    meaning:
      'The packets to a Node’s podCIDR follow a route that leads elsewhere than to the Node, by its priority or because there is no other.',
    remedy: 'Delete the route, or let podway have it with `podway adopt` once it leads to the Node.',
  },
  RouteShared: {
    severity: 'error',
    meaning:
      'Several routes to one podCIDR have the same priority and lead to different places: each gets a share of the packets (ECMP), and only one is the Node.',
    remedy: 'Delete those that don’t lead to the Node.',
  },
  RouteInReserve: {
    severity: 'warning',
    meaning:
      'Behind the route to a Node’s podCIDR there is another one of a worse priority that leads elsewhere: it takes the packets as soon as the first one goes.',
    remedy: 'Delete it.',
  },
  RouteForTagsOnly: {
    severity: 'error',
    meaning:
      'The route to a Node’s podCIDR holds only for instances with certain network tags, which other Nodes lack: from there the pods can’t be reached.',
    remedy:
      'Give the tags to all Nodes, or leave `--gcp-route-tags` out and delete the route, so that it is made anew.',
  },
  NextHopGone: {
    severity: 'error',
    meaning: 'A route to a podCIDR leads to a next hop that is gone: the packets are dropped.',
    remedy: 'Delete the route, if the controller does not do it.',
  },
  RouteOfCloudController: {
    severity: 'warning',
    meaning:
      'A route to a podCIDR was made by the route controller of Google’s cloud-controller-manager. If that still runs, wherever it does, it and podway undo each other’s work.',
    remedy:
      'Give it `--configure-cloud-routes=false`, and let podway have its routes with `podway adopt --yes`.',
  },
  ...strayRoutes,
  NodeWithoutRouteTag: {
    severity: 'error',
    meaning:
      'A Node has none of the network tags of `--gcp-route-tags`: podway’s routes don’t hold there, so pods on it reach no others.',
    remedy: 'Give its instance one of the tags, in the instance template too.',
  },
  PodTrafficAllowed: isWell('Firewall rules and policies let pods’ packets in at every Node, and out.'),
  PodTrafficBlocked: {
    severity: 'error',
    meaning:
      'The firewall lets nothing in from the pods of other Nodes, or out to them. Sources by network tag or service account do not help: they are the addresses of instances, never those of pods.',
    remedy: 'Allow all traffic of the range by a rule with source ranges.',
  },
  PodTrafficPartlyBlocked: {
    severity: 'warning',
    meaning:
      'The firewall lets only a part of the protocols, ports or addresses in from the pods of other Nodes, or out to them.',
    remedy: 'Allow all traffic of the range, unless only that part is meant.',
  },
  PodTrafficUnknown: {
    severity: 'unknown',
    meaning:
      'Whether the firewall lets pods’ packets pass depends on what is not examined: secure tags, address groups, names, places, inspection.',
    remedy: 'Look at the rule that the message names.',
  },
  WayOut: isWell('The Nodes reach the Internet, by addresses of their own or by Cloud NAT.'),
  NoWayOut: {
    severity: 'warning',
    meaning:
      'A Node has no external address, and no Cloud NAT covers its subnet: neither it nor its pods reach the Internet, however their packets are masqueraded.',
    remedy:
      'Make a Cloud NAT for the subnet, unless the cluster is meant to be closed. It never translates the addresses of pods that routes lead to: the Nodes have to masquerade those.',
  },
  NatSkipsAliasRanges: {
    severity: 'warning',
    meaning:
      'Cloud NAT covers the Nodes’ own addresses, and not the secondary range that pods have theirs from: pods reach the Internet only under their Node’s address.',
    remedy: 'Masquerade on the Nodes, or add the secondary range to the NAT.',
  },
} as const satisfies Readonly<Record<string, FindingFacts>>

export type GcpFindingCode = keyof typeof gcpFindings

export const found = findingsOf<GcpFindingCode>(gcpFindings)
