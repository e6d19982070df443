import { serve } from '../../simulators/http-server.ts'
import { createKubernetesSimulator } from '../../simulators/kubernetes/kubernetes-simulator.ts'
import { type BareNode, asKubeletReports } from './kubelet-report.ts'
import { machineTime, serveRequests } from './remote.ts'
import { routedNode } from './routed-node.ts'

export interface ClusterFigures {
  /** Of the controller, without the renewals of its Lease: `patch nodes/status` and the like, counted. */
  readonly writes: Readonly<Record<string, number>>
}

export interface RoutedFigures {
  readonly count: number
  /** In {@link machineTime}. */
  readonly lastAt: number
}

const kubernetes = createKubernetesSimulator()
const routed = new Map<string, number>()
const reads: ReadonlySet<string> = new Set(['get', 'list', 'watch'])

const service = {
  /** @param definitions the documents of the definitions of custom resources */
  async open(definitions: readonly unknown[]): Promise<{ readonly url: string }> {
    for (const definition of definitions)
      send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition)
    send('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'podway-system' },
    })
    kubernetes.forgetCalls()
    const { url } = await serve({
      handle(request, now) {
        const reply = kubernetes.handle(request, now)
        const node = routedNode(request.method, request.target, reply)
        if (node !== undefined && !routed.has(node)) routed.set(node, machineTime())
        return reply
      },
    })
    return { url }
  },

  /** Resolves to the moment before, in {@link machineTime}. */
  register(nodes: readonly BareNode[]): number {
    const at = machineTime()
    for (const node of nodes) send('POST', '/api/v1/nodes', asKubeletReports(node))
    return at
  },

  /** Each of their kubelets says that it is still there, and the agents there that pods are reached. */
  report(names: readonly string[]): void {
    const lastHeartbeatTime = new Date().toISOString()
    const conditions = ['Ready', 'PodNetworkReachable'].map((type) => ({
      type,
      status: 'True',
      lastHeartbeatTime,
    }))
    const patch = { status: { conditions } }
    for (const name of names)
      send('PATCH', `/api/v1/nodes/${name}/status`, patch, 'application/strategic-merge-patch+json')
  },

  remove(names: readonly string[]): void {
    for (const name of names) send('DELETE', `/api/v1/nodes/${name}`)
  },

  forget(): void {
    kubernetes.forgetCalls()
  },

  /** How many of them are routed, and when the last one was. */
  routed(names: readonly string[]): RoutedFigures {
    const times = names.flatMap((name) => routed.get(name) ?? [])
    return { count: times.length, lastAt: times.reduce((a, b) => Math.max(a, b), 0) }
  },

  figures(): ClusterFigures {
    const writes: Record<string, number> = {}
    for (const { resource, subresource, verb } of kubernetes.calls) {
      if (verb === undefined || reads.has(verb) || resource === 'leases') continue
      const name = `${verb} ${[resource, subresource].filter((part) => part !== '').join('/')}`
      writes[name] = (writes[name] ?? 0) + 1
    }
    return { writes }
  },
}

export type ClusterService = typeof service

function send(method: string, target: string, object?: unknown, contentType = 'application/json'): void {
  const reply = kubernetes.handle(
    {
      method,
      target,
      headers: { 'content-type': contentType, accept: 'application/json' },
      body: object === undefined ? '' : JSON.stringify(object),
    },
    Date.now(),
  )
  if (reply.kind !== 'response' || reply.status > 201)
    throw new Error(`${method} ${target}: ${reply.kind === 'response' ? reply.body : reply.kind}`)
}

serveRequests(service)
