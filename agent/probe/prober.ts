import { type Clock, delay } from '../../kube/clock.ts'
import { FailureLog } from '../../kube/failure-log.ts'
import type { Logger } from '../../kube/log.ts'
import type { Node } from '../../kube/objects.ts'
import { type Address, formatAddress } from '../../net/address.ts'
import type { AgentMetrics } from '../report/agent-metrics.ts'
import type { NodeConditions } from '../report/node-conditions.ts'
import type { OwnNodeEvents } from '../report/own-node.ts'
import { gatewayOf, readPodCidrs } from '../setup/pod-cidrs.ts'
import type { PeerSource } from './peer-list.ts'
import { choose, conditionOf, probesOf } from './peers.ts'
import {
  type Probed,
  type Reachability,
  type Verdict,
  afterRound,
  isBad,
  roundOf,
  unknownReachability,
} from './reachability.ts'
import type { Answerer, ProbeTransport } from './tcp-probe.ts'

export interface ProberParts {
  /** The agent's own Node, as it was last seen. */
  readonly node: () => Node | undefined
  readonly peers: PeerSource
  readonly transport: ProbeTransport
  readonly conditions: Pick<NodeConditions, 'get' | 'set'>
  readonly metrics: Pick<AgentMetrics, 'peers' | 'probed' | 'failing' | 'reachable'>
  readonly events: Pick<OwnNodeEvents, 'record'>
  readonly clock: Clock
  /** A number from 0 to below 1. */
  readonly random: () => number
  readonly log: Logger
}

/** Between rounds, give or take a fifth, so that agents that began together don't go on together. */
const everyMs = 10_000
/** Until there is an address of ours to ask from, as at the start of a node. */
const soonMs = 2_000
const peersInRound = 8
/** Bad news are told of a list of Nodes that is not older than this. */
const freshMs = 60_000

type Failing = 'answer' | 'condition'

/**
 * Asks some other nodes again and again over the pod network, and answers them, from and at the addresses of its podCIDRs
 * that the node holds: the way of pods, both ways, without a pod. What comes of it is a condition of the Node, and metrics.
 */
export class Prober {
  readonly #parts: ProberParts
  readonly #failures: FailureLog<Failing>
  /** By address. */
  readonly #answerers = new Map<string, Answerer>()
  #state: Reachability | undefined

  constructor(parts: ProberParts) {
    this.#parts = parts
    this.#failures = new FailureLog(parts.log)
  }

  /** Runs until the signal aborts; answers nobody then. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#parts
    while (!signal.aborted) {
      const asked = await this.#round(signal)
      await delay(clock, (asked ? everyMs : soonMs) * (0.8 + 0.4 * random()), signal)
    }
    await this.#answerAt([])
  }

  /** Whether others could be asked. */
  async #round(signal: AbortSignal): Promise<boolean> {
    const { metrics, peers, random, transport } = this.#parts
    const node = this.#parts.node()
    if (node === undefined) return false
    const podCidrs = readPodCidrs(node)
    const own = await this.#answerAt(podCidrs.kind === 'known' ? podCidrs.cidrs.map(gatewayOf) : [])
    // Without an address of ours we would only learn that.
    if (own.length === 0) return false
    // Others ask whom they see this of, so it is said before anything is known.
    await this.#tell((this.#state ??= this.#before()).verdict, signal)
    // That nobody answers before our routes are there is known, and told by another condition.
    if (conditionOf(node, 'NetworkUnavailable')?.status === 'True') return false
    await peers.refresh(signal)
    const chosen = choose(peers.peers, peersInRound, random)
    const probes = chosen.flatMap((peer) => probesOf(peer, own))
    const probed = await Promise.all(probes.map((probe) => transport.probe(probe, signal)))
    if (signal.aborted) return true
    metrics.peers(peers.peers.length)
    for (const { ms, probe } of probed) metrics.probed(probe.to.family, ms)
    metrics.failing(
      probed.flatMap(({ ms, probe }) =>
        ms === undefined ? [{ peer: probe.peer, family: probe.to.family }] : [],
      ),
    )
    await this.#judge(probed, signal)
    return true
  }

  async #judge(probed: readonly Probed[], signal: AbortSignal): Promise<void> {
    const { events, peers } = this.#parts
    const before = this.#state ?? unknownReachability
    let next = afterRound(before, roundOf(probed))
    if (next.verdict.status === 'False' && before.verdict.status !== 'False') {
      // Half of the nodes may have been removed since they were listed.
      await peers.refresh(signal, freshMs)
      const there = new Set(peers.peers.map(({ name }) => name))
      const round = roundOf(probed.filter(({ probe }) => there.has(probe.peer)))
      if (!isBad(round)) next = { ...before, against: 0 }
    }
    this.#state = next
    const { message, status } = next.verdict
    if (status === 'False' && before.verdict.status !== 'False')
      events.record('PodNetworkUnreachable', message)
    if (status === 'True' && before.verdict.status === 'False') events.record('PodNetworkReachable', message)
    await this.#tell(next.verdict, signal)
  }

  /** What an agent before us found is held true until we know better. */
  #before(): Reachability {
    const shown = this.#parts.conditions.get('PodNetworkReachable')
    if (shown === undefined || shown.status === 'Unknown') return unknownReachability
    const { message = '', status } = shown
    const reason =
      status === 'False' ? 'PeersDoNotAnswer' : shown.reason === 'NoPeers' ? 'NoPeers' : 'PeersAnswer'
    return { verdict: { status, reason, message }, against: 0 }
  }

  async #tell(verdict: Verdict, signal: AbortSignal): Promise<void> {
    const { conditions, metrics } = this.#parts
    if (verdict.status !== 'Unknown') metrics.reachable(verdict.status === 'True')
    try {
      await conditions.set('PodNetworkReachable', verdict, signal)
      this.#failures.over('condition')
    } catch (error) {
      if (!signal.aborted) this.#failed('condition', error, 'the condition can’t be written: trying again')
    }
  }

  /** Answers at these addresses and no others; gives back those where it could. */
  async #answerAt(addresses: readonly Address[]): Promise<readonly Address[]> {
    const wanted = new Map(addresses.map((address) => [formatAddress(address), address]))
    for (const [text, answerer] of this.#answerers) {
      if (wanted.has(text)) continue
      this.#answerers.delete(text)
      await answerer.close()
    }
    for (const [text, address] of wanted) {
      if (this.#answerers.has(text)) continue
      try {
        this.#answerers.set(text, await this.#parts.transport.answer(address))
        this.#failures.over('answer')
      } catch (error) {
        this.#failed('answer', error, 'can’t listen at the node’s address of its podCIDR: trying again')
      }
    }
    return addresses.filter((address) => this.#answerers.has(formatAddress(address)))
  }

  #failed(key: Failing, error: unknown, message: string): void {
    const what = error instanceof Error ? error.message : String(error)
    this.#failures.tell(key, { level: 'warn', what, fields: { err: error }, message })
  }
}
