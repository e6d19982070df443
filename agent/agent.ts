import type { Clock } from '../kube/clock.ts'
import { delay } from '../kube/clock.ts'
import type { Logger } from '../kube/log.ts'
import type { Node } from '../kube/objects.ts'
import { Reflector } from '../kube/reflector.ts'
import type { Resource } from '../kube/resource.ts'
import { singleObject } from '../kube/single-object.ts'
import { type PodNetwork, podNetworkName } from '../reconciler/pod-network/pod-network.ts'
import { Bell } from './bell.ts'
import { collectGarbage } from './collect-garbage.ts'
import { keptByAgent } from './kept-node.ts'
import type { MachineClient } from './machine/machine-client.ts'
import type { MeshMetrics } from './mesh/mesh-metrics.ts'
import { createNodeMesh } from './mesh/node-mesh.ts'
import type { MeshPermission } from './mesh/suitable.ts'
import { ownPlace } from './path/own-place.ts'
import type { PathEndpoint } from './path/path-endpoint.ts'
import { PeerList } from './probe/peer-list.ts'
import { Prober } from './probe/prober.ts'
import type { ProbeTransport } from './probe/tcp-probe.ts'
import type { AgentHealth } from './report/agent-health.ts'
import type { AgentMetrics } from './report/agent-metrics.ts'
import { NodeConditions } from './report/node-conditions.ts'
import { type EventTaker, OwnNodeEvents } from './report/own-node.ts'
import { NodeSetup } from './setup/node-setup.ts'
import type { SetupSettings } from './setup/settings.ts'

export interface AgentParts {
  readonly nodeName: string
  readonly settings: SetupSettings
  /** How other nodes are asked over the pod network, and answered; undefined: neither. */
  readonly probing: ProbeTransport | undefined
  /** The full mesh of routes; undefined: others make the routes between nodes. */
  readonly mesh: { readonly permission: MeshPermission; readonly metrics: MeshMetrics } | undefined
  readonly machine: MachineClient
  readonly nodes: Resource<Node>
  readonly networks: Resource<PodNetwork>
  readonly events: EventTaker
  readonly metrics: AgentMetrics
  readonly health: AgentHealth
  /** Told whom to ask about packets. */
  readonly paths: PathEndpoint
  readonly clock: Clock
  /** A number from 0 to below 1. */
  readonly random: () => number
  readonly log: Logger
}

/** So soon is repaired what somebody has taken away. */
const everyMs = 5_000
/** So long the first rules wait for the PodNetwork: what stands from before an agent's restart is better than a guess. */
const networkGraceMs = 10_000

/**
 * Keeps the machine as its Node, and the controller, want it, until the signal aborts. It leaves everything in place then:
 * the pods go on, and the next agent finds it.
 */
export async function runAgent(parts: AgentParts, signal: AbortSignal): Promise<void> {
  const {
    clock,
    health,
    log,
    machine,
    metrics,
    networks,
    nodeName,
    nodes,
    paths,
    probing,
    random,
    settings,
  } = parts
  const tools = { clock, random, log }
  const node = new Reflector<Node>({
    ...tools,
    resource: singleObject(nodes, { name: nodeName }),
    keep: keptByAgent,
  })
  const network = new Reflector<PodNetwork>({
    ...tools,
    resource: singleObject(networks, { name: podNetworkName }),
  })
  const ownNode = (): Node | undefined => node.get(nodeName)
  const events = new OwnNodeEvents(parts.events, ownNode)
  const setup = new NodeSetup({ machine, settings, metrics, events, log })
  const conditions = new NodeConditions({ nodes, node: ownNode, clock, log })
  const mesh = parts.mesh && createNodeMesh({ ...tools, ...parts.mesh, nodeName, nodes, machine, conditions })
  const bell = new Bell(clock)
  node.onChange(() => bell.ring())
  network.onChange(() => bell.ring())
  // A new node's pods are excepted from masquerade as soon as there is a route to them.
  mesh?.onPodRanges(() => bell.ring())
  machine.onConnected(() => bell.ring())
  machine.onChange((isConnected) => metrics.connected(isConnected))
  health.watch({
    isConnected: () => machine.greeting !== undefined,
    isNodeKnown: () => ownNode() !== undefined,
  })

  paths.watch({
    inspect: (question) => machine.call('path.inspect', question),
    node: () => {
      const own = ownNode()
      return own && ownPlace(own)
    },
  })

  const keepSetUp = async (): Promise<void> => {
    await node.synced.catch(() => undefined)
    if (!signal.aborted && ownNode() === undefined)
      log.error(
        { node: nodeName },
        'there is no Node of that name: check --node-name, or wait for the kubelet',
      )
    await within(networkGraceMs, Promise.all([network.synced, mesh?.synced]), clock, signal)
    while (!signal.aborted) {
      const own = ownNode()
      if (own !== undefined && machine.greeting !== undefined) {
        const known = {
          node: own,
          network: network.get(podNetworkName)?.status,
          others: mesh?.podRanges() ?? [],
        }
        await health.during(() => setup.pass(known))
      }
      await bell.wait(everyMs, signal)
    }
  }

  const probe = async (): Promise<void> => {
    if (probing === undefined) return
    const peers = new PeerList({ nodes, nodeName, ...tools })
    const prober = new Prober({
      ...tools,
      node: ownNode,
      peers,
      transport: probing,
      conditions,
      metrics,
      events,
    })
    await prober.run(signal)
  }

  await Promise.all([
    node.run(signal),
    network.run(signal),
    machine.run(signal),
    keepSetUp(),
    collectGarbage({ machine, metrics, events, ...tools }, signal),
    probe(),
    mesh?.run(signal),
  ])
}

/** Resolves when the work is done or has failed, after that time, or when the signal aborts. */
async function within(ms: number, work: Promise<unknown>, clock: Clock, signal: AbortSignal): Promise<void> {
  const done = new AbortController()
  const finish = (): void => done.abort()
  work.then(finish, finish)
  await delay(clock, ms, AbortSignal.any([signal, done.signal]))
}
