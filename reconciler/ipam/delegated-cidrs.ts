import { formatAddress } from '../../net/address.ts'
import type { Cidr } from '../../net/cidr.ts'
import { type NodePool, type TargetProblem, isTargetProblem } from '../../providers/provider.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type DestinationKey, type NodeRef, destinationKey } from '../ledger/record.ts'
import type { Claims, RoutedNode } from '../plan/claims.ts'
import { isRouted } from '../plan/plan.ts'
import type { Planner } from '../planner.ts'
import { failureReason } from '../report/failure-reason.ts'
import type { Allocator } from './allocator.ts'
import type { CloudPools } from './cloud-pools.ts'

/** So long a block is not tried again that turned out to be in use. */
const inUseMs = 600_000

export interface DelegatedCidrsParts {
  readonly cloudPools: Pick<CloudPools, 'of'>
  readonly allocator: Pick<Allocator, 'reserve'>
  readonly claims: Pick<Claims, 'node' | 'nodes' | 'promise'>
  readonly ledger: Pick<Ledger, 'get'>
  readonly planner: Pick<Planner, 'inspect' | 'tablesFor'>
  /** The destinations have to be looked at. */
  readonly onPromise: (keys: readonly DestinationKey[]) => void
  /** Milliseconds that never go back. */
  readonly monotonic: () => number
}

/**
 * How far a block is on its way to the node: `unready`: no table that could hold it is known yet · `in-use`: the network
 * says that it is somebody else's.
 */
export type Delivery = 'unready' | 'under-way' | 'in-use' | 'delivered'

/**
 * PodCIDRs that the network delegates to a node's target. They are delegated before the Node is told: what a Node has it
 * keeps for ever, and only the cloud knows whether a block is free.
 */
export class DelegatedCidrs {
  readonly #parts: DelegatedCidrsParts
  /** By node name. */
  readonly #pools = new Map<string, { readonly uid: string; readonly pool: NodePool }>()
  /** By all that an answer depends on: what is being asked now. */
  readonly #asking = new Map<string, Promise<NodePool | TargetProblem>>()
  #inUse: readonly { readonly cidr: Cidr; readonly since: number }[] = []

  constructor(parts: DelegatedCidrsParts) {
    this.#parts = parts
  }

  /**
   * Asks the cloud for each Node until it answers with a pool; for all that have no podCIDRs yet at a time, so that a
   * hundred new ones take one call. @throws ProviderError
   */
  async poolOf(node: RoutedNode): Promise<NodePool | TargetProblem> {
    const known = this.#known(node)
    if (known !== undefined) return known
    const answer = this.#ask(node)
    for (const other of this.#parts.claims.nodes()) {
      // Who needs it asks again, and learns of a failure then.
      if (other.podCIDRs.length === 0 && this.#known(other) === undefined)
        this.#ask(other).catch(() => undefined)
    }
    return answer
  }

  #known({ name, uid }: RoutedNode): NodePool | undefined {
    const known = this.#pools.get(name)
    return known?.uid === uid ? known.pool : undefined
  }

  #ask(node: RoutedNode): Promise<NodePool | TargetProblem> {
    const question = JSON.stringify([node.uid, node.providerID, node.addresses.map(formatAddress)])
    const asking =
      this.#asking.get(question) ?? this.#askNow(node).finally(() => this.#asking.delete(question))
    this.#asking.set(question, asking)
    return asking
  }

  async #askNow(node: RoutedNode): Promise<NodePool | TargetProblem> {
    const { claims, cloudPools } = this.#parts
    const pool = await cloudPools.of(node)
    if (isTargetProblem(pool)) return pool
    // It may have gone meanwhile.
    if (claims.node(node.name)?.uid === node.uid) this.#pools.set(node.name, { uid: node.uid, pool })
    this.#reserve(pool)
    return pool
  }

  /** The Node has its podCIDRs, or is gone, or is to be asked about afresh. */
  forget(name: string): void {
    this.#pools.delete(name)
  }

  /** Has the block delegated to the node, if it is not yet. Who is told `in-use` takes another one. */
  deliver(node: NodeRef, cidr: Cidr): Delivery {
    const { claims, ledger, onPromise, planner } = this.#parts
    const key = destinationKey(cidr)
    const tables = planner.tablesFor(key)
    if (tables.length === 0) return 'unready'
    onPromise(claims.promise(node, [cidr]))
    const work = planner.inspect(key)
    const states = ledger.get(key)?.states
    const refused = work.some(
      ({ table, item }) =>
        item.op === 'disputed' || (item.op === 'create' && states?.get(table.id)?.reason === inUseReason),
    )
    if (refused) {
      this.#inUse = [...this.#inUse, { cidr, since: this.#parts.monotonic() }]
      this.#reserveInUse()
      return 'in-use'
    }
    const there = work.length === tables.length && work.every(({ item }) => isRouted(item))
    return there ? 'delivered' : 'under-way'
  }

  #reserve({ reserved }: NodePool): void {
    this.#reserveInUse()
    const source = reserved.map(destinationKey).join()
    this.#parts.allocator.reserve(`kept by the network: ${source}`, reserved)
  }

  #reserveInUse(): void {
    const { allocator, monotonic } = this.#parts
    this.#inUse = this.#inUse.filter(({ since }) => monotonic() - since < inUseMs)
    allocator.reserve(
      'in use in the network',
      this.#inUse.map(({ cidr }) => cidr),
    )
  }
}

/** Somebody else has it. */
const inUseReason = failureReason('changed')
