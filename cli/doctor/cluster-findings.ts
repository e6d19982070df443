import { type FindingFacts, findingsOf } from '../../providers/finding.ts'

/** Every code of a finding about what else runs in the cluster. They are stable. */
export const clusterFindings = {
  NoOtherController: {
    severity: 'ok',
    meaning:
      'Nothing else in the cluster is seen to write routes or podCIDRs, or to give pods their network.',
    remedy: 'Nothing.',
  },
  AnotherRouteController: {
    severity: 'error',
    meaning: 'Something else writes routes for Nodes: each undoes what the other does.',
    remedy:
      'Turn it off: `--configure-cloud-routes=false` at the cloud-controller-manager and at kube-controller-manager.',
  },
  AnotherAllocator: {
    severity: 'error',
    meaning:
      'Something else gives Nodes their podCIDRs, and podway is to do it too: sooner or later two Nodes get one range.',
    remedy: 'Turn it off with `--allocate-node-cidrs=false`, or podway’s allocator by the same flag.',
  },
  AnotherPodNetwork: {
    severity: 'warning',
    meaning:
      'Another network for pods is installed. It may use other addresses than the podCIDRs, or write routes of its own.',
    remedy: 'Remove it, or make it use the podCIDRs and leave routes between Nodes to podway.',
  },
  ConditionOfOthers: {
    severity: 'warning',
    meaning:
      'Somebody else says of Nodes whether their network is there. podway leaves such a condition alone, so it does not tell whether they are routed.',
    remedy: 'Turn off what writes it, if routes are to be podway’s.',
  },
  ControllersUnknown: {
    severity: 'unknown',
    meaning:
      'What else runs in the cluster may not be read, so it is not known whether it writes routes or podCIDRs.',
    remedy: 'Allow `list` of pods in kube-system, and of daemonsets and deployments in all namespaces.',
  },
  ControllerManagerUnseen: {
    severity: 'unknown',
    meaning: 'The kube-controller-manager does not run as a pod, so its flags can’t be seen.',
    remedy: 'Look at its command line: it must not have `--allocate-node-cidrs=true` while podway allocates.',
  },
} as const satisfies Readonly<Record<string, FindingFacts>>

export const found = findingsOf<keyof typeof clusterFindings>(clusterFindings)
