import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Garbage, OperationName } from '../../cni/serve/protocol.ts'
import type { Family } from '../../net/address.ts'
import type { MachineErrorCode } from '../machine/machine-error.ts'

/** What of the node's network can be repaired. */
export type Part = 'plugins' | 'rules' | 'addresses' | 'configuration'

/** Why no configuration is laid for the Node's podCIDRs. */
export const refusals = ['PodCIDRUnusable', 'PodCIDROverlaps', 'RangesDiffer', 'OtherNetwork'] as const
export type Refusal = (typeof refusals)[number]

/** What `podway agent` measures. No series is of a pod; of other nodes only those that fail now have one. */
export class AgentMetrics {
  readonly #connected: Gauge
  readonly #operations: Counter<'operation' | 'result'>
  readonly #operationSeconds: Histogram<'operation'>
  readonly #configured: Gauge
  readonly #refused: Gauge<'reason'>
  readonly #repairs: Counter<'part'>
  readonly #garbage: Counter<'kind'>
  readonly #peers: Gauge
  readonly #probes: Counter<'family' | 'result'>
  readonly #probeSeconds: Histogram<'family'>
  readonly #failingPeers: Gauge<'peer' | 'family'>
  readonly #reachable: Gauge

  constructor(registry: Registry) {
    const registers = [registry]
    this.#connected = new Gauge({
      name: 'podway_agent_connected',
      help: 'Whether podway-cni serve answers.',
      registers,
    })
    this.#operations = new Counter({
      name: 'podway_agent_operations_total',
      help: 'Operations that podway-cni serve was asked for, by result: ok, or why it was not carried out.',
      labelNames: ['operation', 'result'],
      registers,
    })
    this.#operationSeconds = new Histogram({
      name: 'podway_agent_operation_seconds',
      help: 'How long operations took that were carried out.',
      labelNames: ['operation'],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
      registers,
    })
    this.#configured = new Gauge({
      name: 'podway_agent_configured',
      help: 'Whether the runtime’s configuration is laid, as the Node’s podCIDRs want it.',
      registers,
    })
    this.#refused = new Gauge({
      name: 'podway_agent_refused',
      help: 'Whether no configuration is laid for the Node’s podCIDRs, by reason.',
      labelNames: ['reason'],
      registers,
    })
    this.#repairs = new Counter({
      name: 'podway_agent_repairs_total',
      help: 'How often something was gone or changed that had been as it should be, and was repaired.',
      labelNames: ['part'],
      registers,
    })
    this.#garbage = new Counter({
      name: 'podway_agent_garbage_collected_total',
      help: 'What pods that no longer exist had left behind, and was freed.',
      labelNames: ['kind'],
      registers,
    })
    this.#peers = new Gauge({
      name: 'podway_agent_peers',
      help: 'Other nodes that may be asked over the pod network.',
      registers,
    })
    this.#probes = new Counter({
      name: 'podway_agent_probes_total',
      help: 'Connections over the pod network to the agents of other nodes, by result: ok or failed.',
      labelNames: ['family', 'result'],
      registers,
    })
    this.#probeSeconds = new Histogram({
      name: 'podway_agent_probe_seconds',
      help: 'How long connections over the pod network took that were made.',
      labelNames: ['family'],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2],
      registers,
    })
    this.#failingPeers = new Gauge({
      name: 'podway_agent_failing_peer',
      help: 'Always 1: a node that was asked in the last round over the pod network and did not answer.',
      labelNames: ['peer', 'family'],
      registers,
    })
    this.#reachable = new Gauge({
      name: 'podway_agent_pod_network_reachable',
      help: 'The Node’s condition PodNetworkReachable: 1 for True, 0 for False, absent until it is known.',
      registers,
    })
    // What did not happen yet is 0, so that an increase from it is seen.
    for (const part of ['plugins', 'rules', 'addresses', 'configuration'] as const)
      this.#repairs.inc({ part }, 0)
    this.refused(undefined)
    this.#reachable.remove()
  }

  connected(is: boolean): void {
    this.#connected.set(Number(is))
  }

  operation(operation: OperationName, result: 'ok' | MachineErrorCode, ms: number): void {
    this.#operations.inc({ operation, result })
    if (result === 'ok') this.#operationSeconds.observe({ operation }, ms / 1000)
  }

  configured(is: boolean): void {
    this.#configured.set(Number(is))
  }

  refused(reason: Refusal | undefined): void {
    for (const one of refusals) this.#refused.set({ reason: one }, Number(one === reason))
  }

  repaired(part: Part): void {
    this.#repairs.inc({ part })
  }

  collected(kind: Garbage['kind']): void {
    this.#garbage.inc({ kind })
  }

  peers(count: number): void {
    this.#peers.set(count)
  }

  /** @param ms undefined where it failed */
  probed(family: Family, ms: number | undefined): void {
    this.#probes.inc({ family: labels[family], result: ms === undefined ? 'failed' : 'ok' })
    if (ms !== undefined) this.#probeSeconds.observe({ family: labels[family] }, ms / 1000)
  }

  /** Of the last round; those before are forgotten. */
  failing(peers: readonly { readonly peer: string; readonly family: Family }[]): void {
    this.#failingPeers.reset()
    for (const { family, peer } of peers) this.#failingPeers.set({ peer, family: labels[family] }, 1)
  }

  reachable(is: boolean): void {
    this.#reachable.set(Number(is))
  }
}

const labels = { 4: 'ipv4', 6: 'ipv6' } as const
