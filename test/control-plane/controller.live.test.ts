import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { KubeClient } from '../../kube/client.ts'
import { systemClock } from '../../kube/clock.ts'
import { keptOfNode } from '../../kube/kept-node.ts'
import type { LogFields, Logger } from '../../kube/log.ts'
import { type KubeEvent, eventType } from '../../kube/event.ts'
import { EventRecorder } from '../../kube/events.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Draft, Node } from '../../kube/objects.ts'
import { Reflector } from '../../kube/reflector.ts'
import { Resource } from '../../kube/resource.ts'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { MemoryCloud } from '../../providers/memory/memory-cloud.ts'
import { memoryProvider } from '../../providers/memory/memory-provider.ts'
import { runController } from '../../reconciler/controller.ts'
import { ControllerHealth } from '../../reconciler/report/health.ts'
import { ControllerMetrics } from '../../reconciler/report/metrics.ts'
import { Pool } from '../../reconciler/ipam/pool.ts'
import { type NodeRoute, nodeRouteType } from '../../reconciler/node-route/node-route.ts'
import { NodeRouteStore } from '../../reconciler/node-route/node-route-store.ts'
import { type PodNetwork, podNetworkType } from '../../reconciler/pod-network/pod-network.ts'
import { openPodNetworkStore } from '../../reconciler/pod-network/pod-network-store.ts'
import type { Account } from './accounts.ts'
import { clientOf, deploy } from './cluster-client.ts'
import { describeControlPlane } from './describe-control-plane.ts'
import { Observer } from './observer.ts'

await describeControlPlane('the whole controller, with the rights of deploy/manifests', (cluster) => {
  const cloud = new MemoryCloud()
  cloud.addTable('table-1')
  cloud.addTable('table-2')
  let admin: KubeClient
  let nodes: Resource<Node>
  let seenNodes: Observer<Node>
  let records: Observer<NodeRoute>
  let controller: RunningController

  beforeAll(async () => {
    await deploy(cluster().admin)
    admin = clientOf(cluster().admin)
    nodes = new Resource<Node>(admin, nodeType)
    seenNodes = new Observer(nodes)
    records = new Observer(new Resource<NodeRoute>(admin, nodeRouteType))
    controller = startController(cluster().controller, cloud)
  })
  afterAll(async () => {
    await controller.stop()
    await seenNodes[Symbol.asyncDispose]()
    await records[Symbol.asyncDispose]()
    await admin.close()
  })

  /** As a kubelet registers itself, and the cloud's node controller names its instance. */
  const join = (name: string): Promise<Node> => {
    const { providerID } = cloud.addInstance(name)
    const draft: Draft<Node> & Pick<Node, 'status'> = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
      spec: { providerID },
      status: { conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }] },
    }
    return nodes.create(draft)
  }
  const conditions = (name: string): readonly string[] =>
    (seenNodes.get(name)?.status?.conditions ?? [])
      .map(({ type, status, reason }) => `${type} ${status} ${String(reason)}`)
      .sort()
  const isRouted = (name: string): boolean =>
    conditions(name).includes('NetworkUnavailable False RouteCreated')
  const routes = (table: string): readonly string[] =>
    cloud
      .routes(table)
      .map(({ destination, target }) => `${formatCidr(destination)} ${target.id}`)
      .sort()
  const ledger = (): readonly string[] =>
    records
      .list()
      .map(({ spec, status }) => {
        const states = (status?.tables ?? []).map(({ id, state }) => `${id} ${state}`)
        return [spec.destination, spec.node.name, ...states].join(' ')
      })
      .sort()

  test('nodes get podCIDRs, routes with a record each, and a condition beside the kubelet’s', async () => {
    await join('node-1')
    await seenNodes.until('node-1 is routed', () => isRouted('node-1'))
    await join('node-2')
    await seenNodes.until('node-2 is routed', () => isRouted('node-2'))
    expect(seenNodes.get('node-1')?.spec.podCIDRs).toEqual(['10.244.0.0/24', 'fd00:10:244::/64'])
    expect(seenNodes.get('node-2')?.spec.podCIDRs).toEqual(['10.244.1.0/24', 'fd00:10:244:1::/64'])
    for (const table of ['table-1', 'table-2']) {
      expect(routes(table)).toEqual([
        '10.244.0.0/24 node-1',
        '10.244.1.0/24 node-2',
        'fd00:10:244:1::/64 node-2',
        'fd00:10:244::/64 node-1',
      ])
    }
    const done = 'table-1 Programmed table-2 Programmed'
    const wanted = [
      `10.244.0.0/24 node-1 ${done}`,
      `10.244.1.0/24 node-2 ${done}`,
      `fd00:10:244:1::/64 node-2 ${done}`,
      `fd00:10:244::/64 node-1 ${done}`,
    ]
    await records.until('all records are settled', () => String(ledger()) === String(wanted))
    expect(conditions('node-1')).toEqual(['NetworkUnavailable False RouteCreated', 'Ready True KubeletReady'])
  })

  test('what a kubelet writes and what the controller writes do not disturb each other', async () => {
    const ready = { type: 'Ready', status: 'False', reason: 'KubeletNotReady' } as const
    await nodes.patch(
      'node-1',
      { status: { conditions: [ready] } },
      { type: 'strategic', subresource: 'status' },
    )
    await seenNodes.until('the kubelet is not ready', () =>
      conditions('node-1').includes('Ready False KubeletNotReady'),
    )
    expect(conditions('node-1')).toEqual([
      'NetworkUnavailable False RouteCreated',
      'Ready False KubeletNotReady',
    ])
  })

  test('a node that goes takes its routes and records along, and nobody else’s', async () => {
    cloud.terminate('node-2')
    await nodes.delete('node-2')
    await records.until('the records of node-2 are gone', () => ledger().length === 2)
    for (const table of ['table-1', 'table-2'])
      expect(routes(table)).toEqual(['10.244.0.0/24 node-1', 'fd00:10:244::/64 node-1'])
  })

  test('none of that met an error, or was refused for want of a right', () => {
    expect(controller.complaints()).toEqual([])
  })

  test('what happens while the API server is away and forgets is caught up on', async () => {
    await join('node-3')
    await seenNodes.until('node-3 is routed', () => isRouted('node-3'))
    cloud.terminate('node-3')
    await nodes.delete('node-3')
    await cluster().compact()
    await join('node-4')
    await seenNodes.until('node-4 is routed', () => isRouted('node-4'))
    await records.until('only node-1 and node-4 have records', () =>
      records.list().every(({ spec }) => ['node-1', 'node-4'].includes(spec.node.name)),
    )
    expect(routes('table-1').map((route) => route.split(' ')[1])).toEqual([
      'node-1',
      'node-4',
      'node-4',
      'node-1',
    ])
  })
})

interface RunningController {
  /** Warnings and errors that it has logged. */
  complaints(): readonly string[]
  /** Rejects if it ended by itself. */
  stop(): Promise<void>
}

/** The controller as its command puts it together, over a cloud in memory. */
function startController(account: Account, cloud: MemoryCloud): RunningController {
  const client = clientOf(account)
  const nodes = new Resource<Node>(client, nodeType)
  const complaints: string[] = []
  const complain = ({ err }: LogFields, message: string): void =>
    void complaints.push(err instanceof Error ? `${message}: ${err.message}` : message)
  const ignore = (): void => undefined
  const log: Logger = { debug: ignore, info: ignore, warn: complain, error: complain }
  const clock = systemClock
  const random = Math.random
  const backoff = { baseMs: 50, maxMs: 400 }
  const abort = new AbortController()
  const routes = new Resource<NodeRoute>(client, nodeRouteType)
  const recorder = new EventRecorder({
    events: new Resource<KubeEvent>(client, eventType),
    controller: 'podway.dev/controller',
    instance: 'test',
    clock,
    random,
    log,
  })
  const running = runController(
    {
      provider: memoryProvider(cloud),
      nodes,
      reflector: new Reflector<Node>({ resource: nodes, clock, random, log, backoff, keep: keptOfNode }),
      store: new NodeRouteStore(routes, log),
      records: new Reflector<NodeRoute>({ resource: routes, clock, random, log, backoff }),
      podNetworkStore: openPodNetworkStore(new Resource<PodNetwork>(client, podNetworkType), {
        clock,
        random,
        log,
      }),
      clusterName: 'live',
      configureRoutes: true,
      policy: 'sync',
      adopt: 'none',
      events: recorder,
      subject: { apiVersion: 'v1', kind: 'Namespace', name: 'podway-system' },
      metrics: new ControllerMetrics(new Registry()),
      health: new ControllerHealth('test'),
      pools: [new Pool(parseCidr('10.244.0.0/16'), 24), new Pool(parseCidr('fd00:10:244::/48'), 64)],
      driftMs: 60_000,
      workers: 8,
      clock,
      random,
      log,
    },
    abort.signal,
  ).finally(async () => {
    await recorder.close()
    await client.close()
  })
  // Seen by stop().
  running.catch(() => undefined)
  return {
    complaints: () => complaints,
    stop: async () => {
      abort.abort(new Error('stopped'))
      await running
    },
  }
}
