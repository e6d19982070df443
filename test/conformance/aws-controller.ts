import { KubeConfig } from '@kubernetes/client-node'
import { Registry } from 'prom-client'
import { createKubeClient } from '../../kube/client.ts'
import { systemClock } from '../../kube/clock.ts'
import { keptOfNode } from '../../kube/kept-node.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Node } from '../../kube/objects.ts'
import { Reflector } from '../../kube/reflector.ts'
import { Resource } from '../../kube/resource.ts'
import type { RouteProvider } from '../../providers/provider.ts'
import { runController } from '../../reconciler/controller.ts'
import type { Pool } from '../../reconciler/ipam/pool.ts'
import { type NodeRoute, nodeRouteType } from '../../reconciler/node-route/node-route.ts'
import { NodeRouteStore } from '../../reconciler/node-route/node-route-store.ts'
import { type PodNetwork, podNetworkType } from '../../reconciler/pod-network/pod-network.ts'
import { openPodNetworkStore } from '../../reconciler/pod-network/pod-network-store.ts'
import { ControllerHealth } from '../../reconciler/report/health.ts'
import { ControllerMetrics } from '../../reconciler/report/metrics.ts'

/** The controller with a provider before an API server, on the wall clock, until it is stopped. */
export function startController(
  provider: RouteProvider,
  kubernetes: string,
  {
    pools,
    driftMs = 60_000,
    workers = 4,
  }: { readonly pools?: readonly Pool[]; readonly driftMs?: number; readonly workers?: number } = {},
): { stop(): Promise<void> } {
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'c', server: kubernetes, skipTLSVerify: true }, { name: 'u' })
  const client = createKubeClient(config, { userAgent: 'podway/test', env: {} })
  const ignore = (): void => undefined
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore }
  const tools = { clock: systemClock, random: Math.random, log }
  const nodes = new Resource<Node>(client, nodeType)
  const routes = new Resource<NodeRoute>(client, nodeRouteType)
  const stop = new AbortController()
  const ended = runController(
    {
      ...tools,
      provider,
      nodes,
      reflector: new Reflector<Node>({ ...tools, resource: nodes, keep: keptOfNode }),
      store: new NodeRouteStore(routes, log),
      records: new Reflector<NodeRoute>({ ...tools, resource: routes }),
      podNetworkStore: openPodNetworkStore(new Resource<PodNetwork>(client, podNetworkType), tools),
      clusterName: 'conformance',
      configureRoutes: true,
      policy: 'sync',
      adopt: 'none',
      pools,
      events: { record: ignore },
      subject: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name: 'podway-controller' },
      metrics: new ControllerMetrics(new Registry()),
      health: new ControllerHealth('test'),
      driftMs,
      workers,
    },
    stop.signal,
  )
  return {
    async stop() {
      stop.abort(new Error('stopped'))
      await ended.catch(ignore)
      await client.close()
    },
  }
}
