import { type FindingFacts, findingsOf, isWell } from '../../finding.ts'
import { foreignRoute, strayRoutes } from '../../route-findings.ts'

/** Every code that `podway doctor aws` gives a finding about the cloud. They are stable. */
export const awsFindings = {
  PermissionsPresent: isWell('Every call that the controller makes is allowed to these credentials.'),
  PermissionMissing: {
    severity: 'error',
    meaning: 'A call that the controller makes is not allowed to these credentials.',
    remedy:
      'Allow the action on the resource that the message names: `deploy/iam/aws-controller-policy.json` is the whole policy. If the controller has other credentials, run the command with those.',
  },
  PermissionUnknown: {
    severity: 'unknown',
    meaning: 'Whether a write is allowed can’t be tried without doing it, or the trial ended otherwise.',
    remedy:
      'Run the controller, and look for `CloudUnauthorized` in its Events; or compare the policies of its role with `deploy/iam/aws-controller-policy.json`.',
  },
  NotExamined: {
    severity: 'unknown',
    meaning: 'Something that only the examination reads may not be read by these credentials.',
    remedy: 'Allow the action that the message names: `deploy/iam/aws-doctor-policy.json` has all of them.',
  },
  NodesLocated: isWell('Every Node is found on an instance, in a VPC that has tables of the cluster.'),
  NoNodes: {
    severity: 'unknown',
    meaning: 'The cluster has no Nodes, so nothing that follows from them could be examined.',
    remedy: 'Run it again when a Node has joined.',
  },
  NodeWithoutProviderID: {
    severity: 'warning',
    meaning:
      'A Node has no spec.providerID. It is found by its addresses as long as only one instance of the VPC has them.',
    remedy:
      'Run the cloud-controller-manager with its node controller, or give the kubelet `--provider-id=aws:///ZONE/INSTANCE`.',
  },
  NodeNotFound: {
    severity: 'error',
    meaning: 'No running instance is known for a Node: its podCIDRs get no route.',
    remedy:
      'Delete the Node if its instance is gone; else look at its spec.providerID and at region and account of the credentials.',
  },
  NodeInterfaceUnclear: {
    severity: 'error',
    meaning: 'It is not clear which network interface of an instance routes are to lead to.',
    remedy: 'Change `--aws-target-interface`, or the tags or subnets of the instance’s interfaces.',
  },
  NodeInAnotherVpc: {
    severity: 'error',
    meaning:
      'A Node stands in a VPC in which the cluster has no route table. No route of one VPC leads to an interface of another.',
    remedy: 'Keep all Nodes of a cluster in one VPC, or name tables of that VPC too.',
  },
  TablesServeNodes: isWell('Every subnet with Nodes follows a route table of the cluster.'),
  NoRouteTable: {
    severity: 'error',
    meaning: 'No route table belongs to the cluster.',
    remedy: 'Tag the tables of the Nodes’ subnets, or name them with `--route-tables`.',
  },
  RouteTableNotFound: {
    severity: 'error',
    meaning: 'A route table that is named in the flags does not exist.',
    remedy: 'Correct the id, or leave it out.',
  },
  RouteTableOfAnotherVpc: {
    severity: 'error',
    meaning:
      'A route table that is named in the flags is of another VPC than the cluster. The controller does not start with it.',
    remedy: 'Leave that table out.',
  },
  SubnetNotServed: {
    severity: 'error',
    meaning:
      'A subnet with Nodes follows a route table that is not one of the cluster’s: packets from there don’t find the pods of other Nodes.',
    remedy:
      'Make that table one of the cluster’s, by its tag or `--extra-route-table-ids`, or associate the subnet with one that is.',
  },
  TableWithoutSubnet: {
    severity: 'warning',
    meaning: 'A route table of the cluster is followed by no subnet: its routes are written for nobody.',
    remedy: 'Associate it with a subnet, or take the cluster’s tag off it.',
  },
  SourceDestCheckOff: isWell('No interface that pods’ packets pass checks source and destination.'),
  SourceDestCheckOn: {
    severity: 'warning',
    meaning:
      'An interface has its source/destination check on. The controller turns it off before it says that the Node is routed.',
    remedy: 'Run the controller, or turn it off with `aws ec2 modify-network-interface-attribute`.',
  },
  SourceDestCheckDrops: {
    severity: 'error',
    meaning:
      'A route leads to an interface whose source/destination check is on: it drops every packet to and from pods.',
    remedy:
      'Turn it off with `aws ec2 modify-network-interface-attribute`; if it comes back, find out who turns it on.',
  },
  SourceDestCheckUnknown: {
    severity: 'unknown',
    meaning: 'EC2 did not describe an interface that it names as an instance’s own.',
    remedy: 'Run it again: an interface that was attached just now is not known everywhere at once.',
  },
  RouteRoom: isWell('Every table of the cluster takes the routes of all Nodes.'),
  RouteTableFull: {
    severity: 'error',
    meaning: 'A table can’t take the routes of all Nodes that there are.',
    remedy:
      'Ask AWS for more routes per table (1,000 at most, and tell it with `--aws-routes-per-table`), or remove routes.',
  },
  RouteTableNearlyFull: {
    severity: 'warning',
    meaning: 'With the routes of all Nodes, a table holds four fifths or more of what it takes.',
    remedy:
      'Ask AWS for more routes per table in time (1,000 at most, and tell it with `--aws-routes-per-table`): it may take days.',
  },
  PoolsExceedTable: {
    severity: 'warning',
    meaning: 'The pools have podCIDRs for more Nodes than a table has room for routes.',
    remedy: 'Ask AWS for more routes per table before there are so many Nodes.',
  },
  RangesFree: isWell('No pool and no podCIDR overlaps anything else that is known.'),
  RangeOverlapsVpc: {
    severity: 'error',
    meaning: 'A pool or podCIDR overlaps a range of the VPC, whose local route wins: AWS refuses the routes.',
    remedy: 'Choose ranges for pods outside of every range of the VPC.',
  },
  RangeOverlapsSubnet: {
    severity: 'error',
    meaning:
      'A pool or podCIDR overlaps a subnet of the VPC: pods and machines would have the same addresses.',
    remedy: 'Choose ranges for pods outside of every range of the VPC.',
  },
  RangeOverlapsPeer: {
    severity: 'warning',
    meaning:
      'A pool or podCIDR overlaps a range of a peered VPC: what is there can’t be reached from the cluster.',
    remedy: 'Choose other ranges for pods, or give up the peering.',
  },
  RangeReserved: {
    severity: 'error',
    meaning: 'A pool or podCIDR overlaps a range that AWS keeps for its own services.',
    remedy: 'Choose other ranges for pods.',
  },
  ForeignRoute: foreignRoute,
  ...strayRoutes,
  PodTrafficAllowed: isWell('The security groups and network ACLs of all Nodes let pods’ packets in.'),
  PodTrafficBlocked: {
    severity: 'error',
    meaning:
      'The security groups of Nodes let nothing in from the pods of other Nodes. A rule that names a group does not help: a pod’s address is of no interface, and so of no group.',
    remedy: 'Allow all traffic from the range, with `aws ec2 authorize-security-group-ingress`.',
  },
  PodTrafficPartlyBlocked: {
    severity: 'warning',
    meaning:
      'The security groups of Nodes let only a part of the protocols, ports or addresses in from the pods of other Nodes.',
    remedy: 'Allow all traffic from the range, unless only that part is meant.',
  },
  PodTrafficUnknown: {
    severity: 'unknown',
    meaning:
      'Whether security groups or network ACLs let pods’ packets in depends on what is not examined: the entries of a prefix list, or rules for some protocols only.',
    remedy: 'Look at the rules that the message names.',
  },
  NetworkAclBlocks: {
    severity: 'error',
    meaning: 'The network ACL of a subnet with Nodes denies packets from or to pods.',
    remedy: 'Add a rule with a lower number that allows all traffic of the range, in both directions.',
  },
} as const satisfies Readonly<Record<string, FindingFacts>>

export type AwsFindingCode = keyof typeof awsFindings

export const found = findingsOf<AwsFindingCode>(awsFindings)
