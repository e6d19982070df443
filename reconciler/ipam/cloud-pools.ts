import type { NodePool, NodeView, RouteProvider, TargetProblem } from '../../providers/provider.ts'
import { Coalescer } from '../apply/coalesce.ts'

/** What one look-up may ask for, as for targets. */
const maxBatch = 200

/** From what nodes get podCIDRs by the cloud's word. Nodes that come at the same time are asked about in one call. */
export class CloudPools {
  readonly #lookups: Coalescer<NodeView, NodePool | TargetProblem>

  constructor(pools: NonNullable<RouteProvider['pools']>, signal: AbortSignal) {
    this.#lookups = new Coalescer(
      async (_lane, nodes) => {
        const answers = await pools(nodes, signal)
        return nodes.map(
          ({ name }): NodePool | TargetProblem =>
            answers.get(name) ?? { problem: 'waiting', message: `nothing is known of ${name} yet` },
        )
      },
      { max: maxBatch },
    )
  }

  /** As it is at some moment after the call. @throws ProviderError */
  of(node: NodeView): Promise<NodePool | TargetProblem> {
    return this.#lookups.submit('', node)
  }
}
