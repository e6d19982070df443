/** What is known of one reason, whoever gives it. All of them are about the agent's own Node. */
export interface AgentEventFacts {
  readonly type: 'Normal' | 'Warning'
  /** What was done or tried. */
  readonly action: string
  /** What is so, as a sentence. */
  readonly meaning: string
  /** What a person can do about it, as a sentence. */
  readonly remedy: string
}

/**
 * Every `reason` that an Event of `podway agent` can have. They are stable: people filter and alert by them.
 * `docs/reference/agent.md` is made of it.
 */
export const agentEventReasons = {
  GarbageCollected: {
    type: 'Normal',
    action: 'CollectGarbage',
    meaning: 'What pods that no longer exist had left behind (addresses, interfaces, rules) was freed.',
    remedy:
      'Nothing after a restart of the machine; if it comes often, the runtime does not delete what it makes: look at its log.',
  },
  InstallFailed: {
    type: 'Warning',
    action: 'InstallNetwork',
    meaning: 'Something of the node’s network could not be laid or set, for the reason that the note tells.',
    remedy: 'Do what the note says: it is tried again every few seconds.',
  },
  NetworkConfigured: {
    type: 'Normal',
    action: 'InstallNetwork',
    meaning:
      'The runtime’s configuration was laid or changed: pods that start now get addresses of these podCIDRs.',
    remedy: 'Nothing. After a change of the podCIDRs, pods that started before it have to be started anew.',
  },
  NetworkRestored: {
    type: 'Warning',
    action: 'RepairNetwork',
    meaning: 'Something that podway had laid or set was gone or changed, and is as it was again.',
    remedy: 'Find out who takes it away, if it comes again: a package upgrade does so once.',
  },
  OtherNetwork: {
    type: 'Warning',
    action: 'InstallNetwork',
    meaning:
      'Runtimes read the configuration of another network before podway’s, which is not laid, or void.',
    remedy: 'Uninstall that network from the node, its DaemonSet first.',
  },
  PodCIDROverlaps: {
    type: 'Warning',
    action: 'InstallNetwork',
    meaning:
      'A podCIDR of the Node overlaps with the machine’s own network, so no configuration is laid for it.',
    remedy: 'Choose other pools, and make the Node anew: its podCIDRs never change.',
  },
  PodCIDRUnusable: {
    type: 'Warning',
    action: 'InstallNetwork',
    meaning: 'A podCIDR of the Node is none that pods can have addresses of.',
    remedy: 'Correct whoever gives Nodes their podCIDRs, and make the Node anew.',
  },
  PodNetworkReachable: {
    type: 'Normal',
    action: 'ProbePeers',
    meaning: 'Other nodes are reached over the pod network again.',
    remedy: 'Nothing.',
  },
  PodNetworkUnreachable: {
    type: 'Warning',
    action: 'ProbePeers',
    meaning:
      'More than half of the nodes that were asked over the pod network did not answer, several times in a row.',
    remedy:
      'If one node says so, look at its routes, its source/destination check and its firewall; if all do, at the route tables.',
  },
  RangesDiffer: {
    type: 'Warning',
    action: 'InstallNetwork',
    meaning:
      'The configuration that is in use has other ranges than the Node’s podCIDRs: its pods can’t go on under podway’s.',
    remedy: 'Remove that configuration and its pods (drain the node), or correct the Node.',
  },
  TakenOver: {
    type: 'Normal',
    action: 'InstallNetwork',
    meaning: 'The configuration of a predecessor is void now, for podway’s stands before it; its pods go on.',
    remedy:
      'Nothing; `podway agent uninstall` hands back to it. Keep its pods from laying it under an earlier name.',
  },
} as const satisfies Readonly<Record<string, AgentEventFacts>>

export type AgentEventReason = keyof typeof agentEventReasons
