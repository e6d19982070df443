import type { RouteVerdict } from './verdict.ts'

export interface NodeReportsOptions {
  /** Milliseconds that never go back. */
  readonly monotonic: () => number
  /** All routes of a Node are acknowledged, so long after it was first seen with its podCIDRs, or changed. */
  readonly onRouted: (ms: number) => void
}

/** How the Nodes fare, for the metrics: how long their routes take, and what keeps them from being routed. */
export class NodeReports {
  readonly #options: NodeReportsOptions
  /** By node name: since when its routes are to be made, or made anew. */
  readonly #changed = new Map<string, number>()
  readonly #verdicts = new Map<string, Verdict>()

  constructor(options: NodeReportsOptions) {
    this.#options = options
  }

  /** A Node with podCIDRs has come, or changed in what its routes depend on. While one change is under way, its time counts. */
  changed(name: string): void {
    if (!this.#changed.has(name)) this.#changed.set(name, this.#options.monotonic())
  }

  /** What was found out about the Node's routes now. */
  found(name: string, { reason, routed }: Pick<RouteVerdict, 'reason' | 'routed'>): void {
    const now = this.#options.monotonic()
    const before = this.#verdicts.get(name)
    const since = before?.routed === routed ? before.since : now
    this.#verdicts.set(name, { reason, routed, since })
    const changed = this.#changed.get(name)
    if (!routed || changed === undefined) return
    this.#changed.delete(name)
    this.#options.onRouted(now - changed)
  }

  /** The Node is gone. */
  forget(name: string): void {
    this.#changed.delete(name)
    this.#verdicts.delete(name)
  }

  /** How many Nodes there are of each reason. */
  reasons(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { reason } of this.#verdicts.values()) counts.set(reason, (counts.get(reason) ?? 0) + 1)
    return counts
  }

  /** For how long the Node is unrouted that is so for the longest time; 0 of none. */
  oldestUnroutedMs(): number {
    const now = this.#options.monotonic()
    const ages = this.#verdicts.values().map(({ routed, since }) => (routed ? 0 : now - since))
    return ages.reduce((oldest, age) => Math.max(oldest, age), 0)
  }
}

interface Verdict extends Pick<RouteVerdict, 'reason' | 'routed'> {
  /** When `routed` last changed. */
  readonly since: number
}
