/** What is known of one reason, whoever gives it. */
export interface EventReasonFacts {
  readonly type: 'Normal' | 'Warning'
  /** What the Event is about: `kubectl describe` of it shows the Event. */
  readonly regarding: 'Node' | 'Lease'
  /** What is so, as a sentence. */
  readonly meaning: string
  /** What a person can do about it, as a sentence. */
  readonly remedy: string
}

/**
 * Every `reason` that an Event of podway can have. They are stable: people filter and alert by them.
 * `docs/reference/events.md` is made of it.
 */
export const eventReasons = {
  AnotherAllocator: {
    type: 'Warning',
    regarding: 'Node',
    meaning:
      'A Node got podCIDRs from somebody else while podway allocates: two allocators give one range to two Nodes sooner or later. podway gives none any more. The Event is about the controller’s Lease as well.',
    remedy:
      'Turn the other one off (kube-controller-manager: `--allocate-node-cidrs=false`), or podway’s, by the same flag. Then restart podway.',
  },
  CIDRNotAvailable: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'No pool has a free podCIDR for the node, or its subnet has no prefix for it.',
    remedy:
      'Do what the note says, or add a range to `--cluster-cidr`, or remove Nodes that are no longer needed.',
  },
  CloudThrottled: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'The cloud’s API refuses calls for a while, because too many are made in the account.',
    remedy:
      'Wait: it is tried again by itself. If it lasts, find out who else calls the API, or ask for a higher rate.',
  },
  CloudUnauthorized: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'The cloud refuses the call, because podway’s identity may not make it.',
    remedy: 'Give it the permission that the note names.',
  },
  CloudUnavailable: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'The cloud’s API, or the way to it, fails for the moment.',
    remedy: 'Wait: it is tried again by itself. If it lasts, look at the network and at the cloud’s status.',
  },
  ConditionHeld: {
    type: 'Warning',
    regarding: 'Node',
    meaning:
      'The node’s routes are lost, as are those of many others at once, so NetworkUnavailable stays False: to take all of them out of scheduling could do more harm.',
    remedy: 'Look at the route tables: most likely somebody emptied one, or changed the permissions.',
  },
  DeletesHeld: {
    type: 'Warning',
    regarding: 'Lease',
    meaning:
      'Many routes of instances that still run want to be deleted at once: the brake holds them until somebody says that it is meant.',
    remedy: 'See which they are with `kubectl get noderoutes`, and let them go with `podway release`.',
  },
  ForeignRoute: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'A route that podway did not make stands where the node’s should be, and leads elsewhere.',
    remedy: 'Remove the route, or hand it over with `podway adopt`.',
  },
  ForeignRouteInside: {
    type: 'Warning',
    regarding: 'Node',
    meaning:
      'A route that podway did not make covers a part of the node’s podCIDR and leads elsewhere: packets to that part don’t reach the node.',
    remedy: 'Remove the route, or exclude its range from the pools.',
  },
  InstanceGone: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'The cloud knows no running instance of the Node.',
    remedy: 'Delete the Node if its instance is gone; else look at its spec.providerID.',
  },
  InvalidPodCIDR: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'The Node’s spec.podCIDRs hold something that is no CIDR.',
    remedy:
      'Find out who wrote it. podCIDRs can’t be changed: the Node has to be deleted and to register again.',
  },
  InvalidTarget: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'The Node’s instance can’t be the target of a route as it is.',
    remedy: 'Change what the note names.',
  },
  Misconfigured: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'The cloud can’t be used as podway is configured; the program ends.',
    remedy: 'Change what the note names.',
  },
  NativeRangesUnknown: {
    type: 'Warning',
    regarding: 'Lease',
    meaning:
      'The cloud does not say which subnets follow the cluster’s route tables. Routes don’t depend on it; the PodNetwork says of native ranges what it said before, at first that there are none, and pods are masqueraded to all others.',
    remedy: 'Give podway’s identity the permission that the note names (AWS: `ec2:DescribeSubnets`).',
  },
  NoRouteTable: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'No route table belongs to the cluster, or none to which the podCIDR belongs.',
    remedy: 'Tag the tables of the cluster’s subnets, or name them with `--route-table-ids`.',
  },
  NotFound: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'The cloud does not know the table or the target that a call named.',
    remedy:
      'Wait: both are looked up afresh. If it lasts, see whether somebody removes them again and again.',
  },
  OutcomeUnknown: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'The cloud’s answer was lost: the route may have been written, or not.',
    remedy: 'Wait: the table is read before anything is written again.',
  },
  PodCIDRConflict: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'Another Node claims the same podCIDR, and has it.',
    remedy: 'Run one allocator only, and delete one of the two Nodes so that it gets another podCIDR.',
  },
  PodCIDROverlap: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'The Node’s podCIDR overlaps that of another Node, which goes first.',
    remedy: 'Run one allocator only, and delete one of the two Nodes so that it gets another podCIDR.',
  },
  PodNetworkNotWritten: {
    type: 'Warning',
    regarding: 'Lease',
    meaning:
      'The PodNetwork, from which agents learn what they need not masquerade, can’t be written. Routes don’t depend on it; it is tried again with growing waits.',
    remedy:
      'Apply the definitions (`podway crds`) and `deploy/manifests/controller-rbac.yaml` of this version.',
  },
  PoolNearlyExhausted: {
    type: 'Warning',
    regarding: 'Lease',
    meaning: 'Four fifths of a pool, then 95 % of it, are taken.',
    remedy: 'Add a pool before it is empty: Nodes that come then get no podCIDR.',
  },
  PoolsInvalid: {
    type: 'Warning',
    regarding: 'Lease',
    meaning: 'The pools can’t be taken from the ConfigMap or file as it is; those of before are served on.',
    remedy: 'Change what the note names.',
  },
  RouteBlackhole: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'The route is there, but the cloud says that its target takes no packets.',
    remedy: 'See whether the instance is stopped, and whether its network interface is attached.',
  },
  RouteChanged: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'Somebody else changed the route while podway was about to write it.',
    remedy: 'Wait: the table is read again. If it lasts, find out who else writes there.',
  },
  RouteChangedByOthers: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'Somebody else removed a route of podway’s, or made it lead elsewhere; podway has put it right.',
    remedy:
      'If it happens again and again, find out who: another route controller (`--configure-cloud-routes=false` turns the cloud-controller-manager’s off), Terraform, a person.',
  },
  RouteRefused: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'The cloud refuses the route as it is.',
    remedy: 'Change what the note names: it is tried again every five minutes, and when the Node changes.',
  },
  RouteTableFull: {
    type: 'Warning',
    regarding: 'Node',
    meaning: 'The table takes no more routes.',
    remedy: 'Ask the cloud for a higher limit, or remove routes that are no longer needed.',
  },
  RouteTableNearlyFull: {
    type: 'Warning',
    regarding: 'Lease',
    meaning: 'A table holds four fifths of the routes that it takes.',
    remedy: 'Ask the cloud for a higher limit in time: it may take days.',
  },
} as const satisfies Readonly<Record<string, EventReasonFacts>>

export type EventReason = keyof typeof eventReasons
