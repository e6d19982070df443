/** What a pod gets beside its interface and address. */
export interface Wishes {
  readonly masquerade: boolean
  /** `none`: the chain has no portmap; `no port`: it has, and this pod wants none, as most do. */
  readonly ports: 'none' | 'no port' | 'one'
  readonly bandwidth: boolean
}

/** ADDs of pods, later their DELs. */
export interface Scenario {
  /** What its figures begin with. */
  readonly key: 'kind' | 'port' | 'masquerade' | 'full' | 'full-x40'
  readonly title: string
  readonly wishes: Wishes
  /** Pods that are added, and deleted, at once. */
  readonly pods: number
  readonly rounds: number
  /** What the median of the rounds' ratios may be at most. */
  readonly goals: { readonly add?: number; readonly del?: number }
}

/** How many ADDs or DELs a burst is. */
export const burst = 40

/** How many pods a node has that is full (kubelet's --max-pods). */
export const nodeIsFull = 110

/** What the ADD of one more may take on such a node, as a ratio to that of the first. */
export const goalOnFullNode = 1.2

export function chainScenarios(rounds: number): readonly Scenario[] {
  const full: Wishes = { masquerade: true, ports: 'one', bandwidth: true }
  const single = { pods: 1, rounds }
  return [
    {
      ...single,
      key: 'kind',
      title: 'a chain as kind’s, pod without a port',
      wishes: { masquerade: false, ports: 'no port', bandwidth: false },
      goals: { add: 0.18 },
    },
    {
      ...single,
      key: 'port',
      title: 'the same, one hostPort',
      wishes: { masquerade: false, ports: 'one', bandwidth: false },
      goals: { add: 0.08, del: 0.2 },
    },
    {
      ...single,
      key: 'masquerade',
      title: 'ipMasq',
      wishes: { masquerade: true, ports: 'none', bandwidth: false },
      goals: { add: 0.12, del: 0.3 },
    },
    {
      ...single,
      key: 'full',
      title: 'ipMasq, one hostPort, both rates',
      wishes: full,
      goals: { add: 0.06, del: 0.15 },
    },
    {
      key: 'full-x40',
      title: `the same, ${burst} at once`,
      wishes: full,
      pods: burst,
      rounds: Math.max(1, Math.ceil(rounds / 10)),
      goals: { add: 0.08 },
    },
  ]
}
