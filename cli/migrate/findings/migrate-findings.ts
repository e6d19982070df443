import { type Finding, type FindingDraft, type FindingFacts, findingsOf } from '../../../providers/finding.ts'
import type { StepName } from '../step.ts'

/** A finding, and the step that deals with it; an error without a step has to be put right before anything is done. */
export interface MigrateFinding extends Finding {
  readonly step: StepName | undefined
}

interface Facts extends FindingFacts {
  readonly step?: StepName
}

/** Every code of a finding. They are stable. */
export const migrateFindings = {
  RouteControllerAtWork: {
    severity: 'warning',
    step: 'route-controller',
    meaning: 'Something else writes routes for Nodes: it and podway would undo what the other does.',
    remedy: 'Turn it off, as the step tells; the routes that it wrote stay.',
  },
  AllocatorAtWork: {
    severity: 'warning',
    step: 'allocator',
    meaning:
      'Something else gives Nodes their podCIDRs, and podway is to do it: sooner or later two Nodes get one range.',
    remedy: 'Turn it off, as the step tells, or leave it on and say `--allocate-node-cidrs=false`.',
  },
  SeveralAllocators: {
    severity: 'error',
    meaning: 'Several programs give Nodes their podCIDRs, and podway is to leave it to one of them.',
    remedy: 'Leave one of them on.',
  },
  NoAllocator: {
    severity: 'error',
    meaning: 'podway is not to give Nodes their podCIDRs, and nobody else is seen to do it.',
    remedy: 'Leave out `--allocate-node-cidrs=false`, here and at `podway controller`.',
  },
  ControllerManagerUnseen: {
    severity: 'unknown',
    meaning:
      'No pod in kube-system runs kube-controller-manager, so its flags can’t be seen: it may give Nodes their podCIDRs.',
    remedy:
      'Look at its command line. If it has no `--allocate-node-cidrs=true`, go on with `--assume allocator`.',
  },
  ManagedControlPlane: {
    severity: 'error',
    meaning: 'The cloud manages this control plane and its network: neither can be taken over.',
    remedy: 'Use podway in clusters that you run yourself.',
  },
  PlatformOverwrites: {
    severity: 'warning',
    meaning:
      'A tool made this cluster, and writes its workloads anew: what is patched in the cluster is lost.',
    remedy: 'Make each change where the tool reads it.',
  },
  OtherPodNetwork: {
    severity: 'error',
    meaning:
      'Another network for pods is installed than the one that is left: the agent leaves such nodes as they are.',
    remedy: 'Remove it, or make it leave addresses and routes alone, first.',
  },
  PredecessorNotFound: {
    severity: 'error',
    meaning: 'Nothing is seen of what is to be left, and podway is not at work either.',
    remedy: 'Look whether `--kubeconfig` and `--from` name the right cluster and the right predecessor.',
  },
  KubernetesTooOld: {
    severity: 'error',
    meaning: 'The API server is older than 1.32, and can’t bind each agent’s token to its own Node.',
    remedy: 'Upgrade Kubernetes first.',
  },
  NodesWithoutPodCidrs: {
    severity: 'warning',
    meaning: 'Nodes have no podCIDRs yet: podway gives them some, or waits for whoever does.',
    remedy: 'Nothing, if that is meant; look at the allocator’s log if it is not.',
  },
  ProxyClusterCidr: {
    severity: 'warning',
    step: 'kube-proxy',
    meaning:
      'kube-proxy tells pods by one range of the cluster, and podCIDRs are outside of it: what these pods send to Services comes under the node’s address.',
    remedy: 'Let kube-proxy tell pods by the node’s podCIDR: `detectLocalMode: NodeCIDR`.',
  },
  ProxyBridge: {
    severity: 'warning',
    step: 'kube-proxy',
    meaning:
      'kube-proxy tells pods by the bridge or the names of interfaces that they have now: what later pods send to Services comes under the node’s address.',
    remedy: 'Let kube-proxy tell pods by the node’s podCIDR: `detectLocalMode: NodeCIDR`.',
  },
  ProxyUnseen: {
    severity: 'unknown',
    meaning: 'The configuration of kube-proxy is not seen, so neither is how it tells pods from others.',
    remedy:
      'Look whether `detectLocalMode` is NodeCIDR, or `clusterCIDR` covers all pools; then go on with `--assume kube-proxy`.',
  },
  PoliciesLoseEnforcer: {
    severity: 'warning',
    step: 'policies',
    meaning:
      'There are NetworkPolicies, and what enforces them goes with the predecessor: podway enforces none. They stay, and do nothing.',
    remedy: 'Install something that enforces them beside podway before the predecessor goes.',
  },
  PoliciesUnenforced: {
    severity: 'warning',
    meaning: 'There are NetworkPolicies, and nothing is seen that enforces them, today or later.',
    remedy: 'Install something that enforces them, or delete them: they promise what nobody keeps.',
  },
  KarpenterStartupTaint: {
    severity: 'warning',
    meaning:
      'A NodePool of Karpenter does not say that its Nodes begin with the taint of a network that is not there yet: while podway writes the routes of a new Node, Karpenter may start more.',
    remedy:
      'Add `node.kubernetes.io/network-unavailable` (effect NoSchedule) to spec.template.spec.startupTaints: podway’s condition takes it away.',
  },
  KarpenterTaintStays: {
    severity: 'warning',
    meaning:
      'A NodePool of Karpenter taints new Nodes until a network says that it is ready, and that network will not.',
    remedy: 'Remove the taint from spec.template.spec.startupTaints.',
  },
  MasqueradedTwice: {
    severity: 'warning',
    step: 'masquerade',
    meaning:
      'ip-masq-agent runs, and podway’s agent masquerades too: what one leaves alone, the other masquerades.',
    remedy:
      'Give its ranges to the agent (`--non-masquerade-cidrs`) and remove it, or run the agent with `--masquerade none`.',
  },
  ConditionOfPredecessor: {
    severity: 'warning',
    meaning:
      'A network says of Nodes that it is there. podway leaves that alone, so the condition tells nothing about routes until the Node registers anew.',
    remedy: 'Look at NodeRoutes instead of the condition meanwhile.',
  },
  FlannelBackend: {
    severity: 'warning',
    step: 'nodes',
    meaning: 'flannel carries what pods send between Nodes, until the last of them is without it.',
    remedy: 'Keep the order of the steps: routes to all Nodes first, then node by node.',
  },
  FlannelMasquerades: {
    severity: 'warning',
    meaning:
      'podCIDRs are outside of flannel’s Network: pods on Nodes that still have flannel reach them under their node’s address.',
    remedy:
      'Take the pools from flannel’s Network while there are both, if pods have to be seen by their addresses.',
  },
  RoutesContested: {
    severity: 'error',
    meaning: 'A table has a route to a podCIDR that is not as podway would write it, so it is not adopted.',
    remedy: 'Look at it with `podway adopt`, and correct or delete it.',
  },
  TableUnread: {
    severity: 'unknown',
    meaning: 'A route table could not be read.',
    remedy: 'Allow what the message names to these credentials; the controller’s policy has it.',
  },
  Unread: {
    severity: 'unknown',
    meaning: 'Something in the cluster may not be read, so what follows from it is not known.',
    remedy: 'Allow `list` of it to whoever runs this.',
  },
  NothingInTheWay: {
    severity: 'ok',
    meaning: 'Nothing that has to be known before was found.',
    remedy: 'Nothing.',
  },
} as const satisfies Readonly<Record<string, Facts>>

export type MigrateCode = keyof typeof migrateFindings

const make = findingsOf<MigrateCode>(migrateFindings)

export function found(code: MigrateCode, draft: FindingDraft): MigrateFinding {
  const facts: Facts = migrateFindings[code]
  return { ...make(code, draft), step: facts.step }
}
