import type { Clock } from '../../kube/clock.ts'
import { FailureLog } from '../../kube/failure-log.ts'
import type { Logger } from '../../kube/log.ts'
import type { Node } from '../../kube/objects.ts'
import type { Resource } from '../../kube/resource.ts'
import { type Peer, peersAmong } from './peers.ts'

/** Where the prober has its peers from. */
export interface PeerSource {
  readonly peers: readonly Peer[]
  /** Sees to it that they are not older than that, or not older than they need be. Never rejects. */
  refresh(signal: AbortSignal, maxAgeMs?: number): Promise<void>
}

export interface PeerListOptions {
  readonly nodes: Pick<Resource<Node>, 'list'>
  readonly nodeName: string
  readonly clock: Clock
  /** A number from 0 to below 1. */
  readonly random: () => number
  readonly log: Logger
}

/**
 * For each Node so long: every agent reads all Nodes, so the API server sends as much in that time as it would for one agent
 * of a fixed interval. 500 Nodes are read every ten minutes, 5000 every 100.
 */
const msForEachNode = 1_200
const leastMs = 60_000
/** A Node has 14 kB and more, and a page is parsed in one go: the agent is to need no more memory for many Nodes than for few. */
const pageSize = 25

/**
 * Other nodes, listed from time to time and not watched: an agent that watched all Nodes would be sent every heartbeat of
 * every kubelet, which is more than the lists are. Only their names and addresses are kept.
 */
export class PeerList implements PeerSource {
  readonly #options: PeerListOptions
  readonly #failures: FailureLog<'list'>
  #peers: readonly Peer[] = []
  #listedAt = -Infinity
  #triedAt = -Infinity
  #keepMs = leastMs

  constructor(options: PeerListOptions) {
    this.#options = options
    this.#failures = new FailureLog(options.log)
  }

  get peers(): readonly Peer[] {
    return this.#peers
  }

  async refresh(signal: AbortSignal, maxAgeMs = this.#keepMs): Promise<void> {
    const now = this.#options.clock.monotonic()
    // One that fails is tried again after the shortest time, not at once.
    if (now - this.#listedAt < maxAgeMs || now - this.#triedAt < Math.min(maxAgeMs, leastMs)) return
    this.#triedAt = now
    try {
      await this.#list(signal)
      this.#listedAt = now
      this.#failures.over('list')
    } catch (error) {
      if (signal.aborted) return
      const what = error instanceof Error ? error.message : String(error)
      const message = 'the Nodes can’t be listed: going on with those of before'
      this.#failures.tell('list', { level: 'warn', what, fields: { err: error }, message })
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { nodeName, nodes, random } = this.#options
    const peers: Peer[] = []
    let count = 0
    let token: string | undefined
    do {
      const page = await nodes.list(
        { limit: pageSize, ...(token !== undefined && { continue: token }) },
        { signal },
      )
      count += page.items.length
      peers.push(...peersAmong(page.items, nodeName))
      token = page.continue
    } while (token !== undefined)
    this.#peers = peers
    this.#keepMs = Math.max(leastMs, count * msForEachNode) * (0.8 + 0.4 * random())
  }
}
