import { type FindingFacts, findingsOf, isWell } from '../../finding.ts'
import { foreignRoute, strayRoutes } from '../../route-findings.ts'

/** Every code that `podway doctor azure` gives a finding about the cloud. They are stable. */
export const azureFindings = {
  PermissionsPresent: isWell('Every call that the controller makes is allowed to these credentials.'),
  CredentialsRejected: {
    severity: 'error',
    meaning:
      'There are no credentials, or Azure does not take them: a secret is over, a token is of another tenant, an identity is not assigned. Nothing could be examined.',
    remedy:
      'Renew the secret or the assignment of the identity, or say with `--azure-credentials` which of several is meant.',
  },
  SubscriptionNotFound: {
    severity: 'error',
    meaning: 'The subscription is not there, or these credentials see nothing of it.',
    remedy:
      'Correct `--azure-subscription`, or `subscriptionId` and `networkResourceSubscriptionID` of the cloud configuration, and look at the tenant of the credentials.',
  },
  ResourceGroupNotFound: {
    severity: 'error',
    meaning: 'A resource group that the configuration names is not there.',
    remedy:
      'Correct `--azure-resource-groups` or `--azure-route-table-resource-group`, or `resourceGroup` and `routeTableResourceGroup` of the cloud configuration.',
  },
  PermissionMissing: {
    severity: 'error',
    meaning: 'A call that the controller makes is not allowed to these credentials.',
    remedy:
      'Give the role at the scope that the message names: `deploy/iam/azure-controller-role.json` is the whole role. If the controller has other credentials, run the command with those.',
  },
  NotExamined: {
    severity: 'unknown',
    meaning:
      'Something that only the examination reads may not be read by these credentials, or is not there in this cloud.',
    remedy: 'Allow the action that the message names: `deploy/iam/azure-doctor-role.json` has all of them.',
  },
  RouteTableLocked: {
    severity: 'error',
    meaning: 'A lock makes a route table of the cluster read-only: Azure refuses every route.',
    remedy:
      'Delete the lock, or make it one against deletion (`CanNotDelete`), which does not matter to routes.',
  },
  PolicyDenies: {
    severity: 'error',
    meaning: 'An Azure policy denies routes in a table of the cluster: Azure refuses every write of it.',
    remedy: 'Exempt the route table from the assignment, with `az policy exemption create`.',
  },
  NodesLocated: isWell('Every Node is found on a machine that runs, with an address of each family.'),
  NoNodes: {
    severity: 'unknown',
    meaning: 'The cluster has no Nodes, so nothing that follows from them could be examined.',
    remedy: 'Run it again when a Node has joined.',
  },
  NodeWithoutProviderID: {
    severity: 'warning',
    meaning:
      'A Node has no spec.providerID. It is found by its addresses as long as only one machine of the resource groups has them.',
    remedy:
      'Run cloud-node-manager, or give the kubelet `--provider-id=azure:///subscriptions/…/virtualMachines/NAME`.',
  },
  NodeNotFound: {
    severity: 'error',
    meaning: 'No machine is known for a Node: its podCIDRs get no route.',
    remedy:
      'Delete the Node if its machine is gone; else look at its spec.providerID, and at the resource groups and the subscription of the configuration.',
  },
  NodeWithoutAddress: {
    severity: 'error',
    meaning:
      'A Node is to have pods of a family of which its machine has no address: no route can lead to it.',
    remedy:
      'Give the interface an IP configuration of that family, or the Nodes podCIDRs of the other one alone.',
  },
  MachineNotRunning: {
    severity: 'warning',
    meaning: 'The machine of a Node is stopped or deallocated: packets to its pods are lost.',
    remedy: 'Start the machine, or delete the Node.',
  },
  TablesServeNodes: isWell('Every subnet with Nodes follows a route table of the cluster.'),
  NoRouteTable: {
    severity: 'error',
    meaning: 'No route table belongs to the cluster.',
    remedy: 'Tag the table of the Nodes’ subnets, or name it with `--route-tables`.',
  },
  RouteTableNotFound: {
    severity: 'error',
    meaning: 'A route table that is named in the flags, or in the cloud configuration, does not exist.',
    remedy:
      'Correct the name, or the resource group and subscription in which it is looked for; podway makes no table.',
  },
  SubnetWithoutTable: {
    severity: 'error',
    meaning: 'A subnet with Nodes has no route table: packets from there don’t find the pods of other Nodes.',
    remedy: 'Associate it with a table of the cluster, with `az network vnet subnet update`.',
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
  RouteTableFailed: {
    severity: 'error',
    meaning: 'The last write of a table, or of a route in it, has failed: what it shows may not be in force.',
    remedy:
      'Run the controller, which writes the table anew; if it stays, look at the table’s activity log for the reason.',
  },
  GatewayRoutesPropagated: {
    severity: 'warning',
    meaning:
      'Subnets of a table also follow the routes that a gateway has learnt: one of them to a part of a podCIDR takes its packets away.',
    remedy:
      'If the Nodes need no network behind the gateway, set `disableBgpRoutePropagation` of the table; else don’t announce pods’ ranges there.',
  },
  ForwardingOn: isWell('Every interface that pods’ packets pass forwards them.'),
  ForwardingOff: {
    severity: 'warning',
    meaning:
      'An interface does not forward packets that are not its own. The controller turns it on before it says that the Node is routed.',
    remedy: 'Run the controller, or turn it on with `az network nic update --ip-forwarding true`.',
  },
  ForwardingDrops: {
    severity: 'error',
    meaning: 'A route leads to an interface that does not forward: every packet to and from pods is dropped.',
    remedy:
      'Turn it on with `az network nic update --ip-forwarding true`, or `enableIPForwarding` in the model of the scale set; if it goes off again, find out who does it.',
  },
  RouteRoom: isWell('Every table of the cluster takes the routes of all Nodes.'),
  RouteTableFull: {
    severity: 'error',
    meaning: 'A table can’t take the routes of all Nodes that there are.',
    remedy:
      'Raise `--azure-routes-per-table` if the subscription’s limit is higher (1,000 is the default since 2026, 400 before), or remove routes.',
  },
  RouteTableNearlyFull: {
    severity: 'warning',
    meaning: 'With the routes of all Nodes, a table holds four fifths or more of what it takes.',
    remedy: 'Plan for fewer, larger Nodes, or ask Azure’s support what the subscription’s limit can be.',
  },
  PoolsExceedTable: {
    severity: 'warning',
    meaning: 'The pools have podCIDRs for more Nodes than a table has room for routes.',
    remedy: 'Take larger blocks for fewer Nodes, or one family alone: both count.',
  },
  RouteLimitLower: {
    severity: 'warning',
    meaning:
      'The subscription’s limit of routes in a table is lower than the configuration says: Azure refuses routes before the forecast tells of it.',
    remedy: 'Say it with `--azure-routes-per-table`, or ask Azure’s support for more.',
  },
  RangesFree: isWell('No pool and no podCIDR overlaps anything else that is known.'),
  RangeOverlapsSubnet: {
    severity: 'error',
    meaning: 'A pool or podCIDR overlaps a subnet: pods and machines would have the same addresses.',
    remedy: 'Choose ranges for pods outside of the address space of every network.',
  },
  RangeOverlapsNetwork: {
    severity: 'warning',
    meaning:
      'A pool or podCIDR overlaps the address space of the virtual network, in which a subnet may be made at any time.',
    remedy: 'Choose ranges for pods outside of the address space of every network.',
  },
  RangeOverlapsPeer: {
    severity: 'warning',
    meaning:
      'A pool or podCIDR overlaps the address space of a peered network: what is there can’t be reached from the cluster.',
    remedy: 'Choose other ranges for pods, or give up the peering.',
  },
  RangeReserved: {
    severity: 'error',
    meaning: 'A pool or podCIDR overlaps a range that Azure keeps for its own services.',
    remedy: 'Choose other ranges for pods.',
  },
  RoutesRight: isWell('No route of the cluster’s tables stands where pods are, and leads elsewhere.'),
  ForeignRoute: foreignRoute,
  ...strayRoutes,
  NextHopUnknown: {
    severity: 'warning',
    meaning: 'A route to a part of a pool leads to an address that no Node has: its packets are lost.',
    remedy: 'Delete the route, unless a machine that is no Node is meant to have the range.',
  },
  DuplicatePrefix: {
    severity: 'error',
    meaning:
      'A table has two routes to one range, written in two ways: which of them packets follow can’t be told, and podway sees the first one only.',
    remedy: 'Delete one of them.',
  },
  CloudProviderRoutes: {
    severity: 'warning',
    meaning:
      'Routes have the names that the cloud-controller-manager gives them: it writes this table, or has written it before.',
    remedy:
      'Give the cloud-controller-manager `--configure-cloud-routes=false`, then let podway have the routes with `podway adopt`.',
  },
  PodTrafficAllowed: isWell('The network security groups of all Nodes let pods’ packets through.'),
  PodTrafficBlocked: {
    severity: 'error',
    meaning:
      'A network security group lets no packets between pods of different Nodes through. `VirtualNetwork` stands for pods’ ranges too, as soon as routes lead to them; a rule for an application security group does not fit their addresses.',
    remedy: 'Allow all traffic of the range, in both directions, before the rule that the message names.',
  },
  PodTrafficPartlyBlocked: {
    severity: 'warning',
    meaning:
      'A network security group lets only a part of the protocols, ports or addresses through between pods of different Nodes.',
    remedy: 'Allow all traffic of the range, unless only that part is meant.',
  },
} as const satisfies Readonly<Record<string, FindingFacts>>

export type AzureFindingCode = keyof typeof azureFindings

export const found = findingsOf<AzureFindingCode>(azureFindings)
