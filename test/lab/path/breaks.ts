import { nft, nftScript } from '../../../cni/testing/filter.ts'
import { type NodeName, type PathNodes, passes } from './path-nodes.ts'

/** What is broken on the way from pod to pod, and what mends it. */
export class Breaks {
  readonly #nodes: PathNodes
  readonly #repairs: (() => unknown)[] = []

  constructor(nodes: PathNodes) {
    this.#nodes = nodes
  }

  /** To be done by {@link repair}. */
  mendBy(repair: () => unknown): void {
    this.#repairs.push(repair)
  }

  /** Breaks by a shell's line on a node; the other one mends. */
  async line(node: NodeName, line: string, repair: string): Promise<void> {
    this.mendBy(() => this.#nodes.on(node, repair))
    await this.#nodes.on(node, line)
  }

  /** Lays a table `other` that mends when it is gone. */
  rules(node: NodeName, rules: string): void {
    const namespace = this.#nodes.namespace(node)
    const [, family = ''] = rules.split(/\s+/)
    this.mendBy(() => nft(namespace, 'delete', 'table', family, 'other'))
    nftScript(namespace, `${rules.replaceAll('; }', '\n}').replaceAll('} }', '}\n}')}\n`)
  }

  /** Mends everything, the last break first: each is one of its own only if the one before is gone. */
  async repair(): Promise<void> {
    for (const repair of this.#repairs.splice(0).toReversed()) await repair()
    await this.#nodes.expectProbed(passes)
  }
}
