import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import type { KubeEvent } from '../../kube/event.ts'
import type { KubeObject, Node, NodeCondition } from '../../kube/objects.ts'
import type { ManualClock } from '../../kube/testing/manual-clock.ts'
import { type RunningServer, serve } from '../../test/simulators/http-server.ts'
import {
  type KubernetesSimulator,
  createKubernetesSimulator,
} from '../../test/simulators/kubernetes/kubernetes-simulator.ts'
import type { Timers } from '../../test/simulators/kubernetes/timers.ts'
import type { Call } from '../../test/simulators/kubernetes/calls.ts'
import { parseCidr } from '../../net/cidr.ts'
import type { Target } from '../../providers/route.ts'
import { type NodeRoute, nodeRouteName, routeFinalizer } from '../node-route/node-route.ts'
import type { PodNetwork, PodNetworkStatus } from '../pod-network/pod-network.ts'

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
/** Read once: they are the same for all. */
const loaded = new Map<string, unknown>()
function definitionOf(plural: string): unknown {
  const known = loaded.get(plural)
  if (known !== undefined) return known
  const definition = load(readFileSync(new URL(`../../deploy/crds/${plural}.yaml`, import.meta.url), 'utf8'))
  loaded.set(plural, definition)
  return definition
}

const nodeRoutes = '/apis/podway.dev/v1alpha1/noderoutes'
const podNetworks = '/apis/podway.dev/v1alpha1/podnetworks'
/** Of the requests that the test itself makes. */
const testAgent = 'test'

export interface NodeDraft {
  readonly uid?: string
  readonly providerID?: string
  readonly podCIDRs?: readonly string[]
  readonly addresses?: readonly string[]
  readonly conditions?: readonly NodeCondition[]
}

/** A simulated API server, and what everybody but podway does there: at once, and without HTTP. */
export class Cluster {
  readonly simulator: KubernetesSimulator
  readonly #server: RunningServer | undefined
  readonly #clock: ManualClock

  private constructor(
    simulator: KubernetesSimulator,
    server: RunningServer | undefined,
    clock: ManualClock,
    defined: boolean,
  ) {
    this.simulator = simulator
    this.#server = server
    this.#clock = clock
    if (defined) for (const plural of ['noderoutes', 'podnetworks']) this.define(plural)
  }

  /** `defined`: whether NodeRoutes and PodNetworks are known, by `deploy/crds`. */
  static async start(clock: ManualClock, options: { readonly defined?: boolean } = {}): Promise<Cluster> {
    const simulator = createKubernetesSimulator()
    return new Cluster(simulator, await serve(simulator), clock, options.defined !== false)
  }

  /** One that nobody reaches by HTTP; its own timers are the clock's. */
  static unserved(clock: ManualClock): Cluster {
    const timers: Timers = {
      after: (ms, callback) => {
        const timer = clock.setTimeout(callback, ms)
        return () => timer.cancel()
      },
    }
    return new Cluster(createKubernetesSimulator({ timers }), undefined, clock, true)
  }

  get url(): string {
    return this.#server?.url ?? 'http://kubernetes.example.invalid'
  }

  /** As `kubectl apply` of a file of `deploy/crds` does. */
  define(plural: string): void {
    this.#send('POST', definitions, definitionOf(plural))
  }

  /** The definition goes, and all objects of it. */
  undefine(plural: string): void {
    this.#send('DELETE', `${definitions}/${plural}.podway.dev`)
  }

  addNode(name: string, draft: NodeDraft = {}): Node {
    const { providerID, podCIDRs, addresses = [], conditions } = draft
    return this.#send('POST', '/api/v1/nodes', {
      metadata: { name },
      spec: {
        ...(providerID === undefined ? {} : { providerID }),
        ...(podCIDRs === undefined ? {} : { podCIDR: podCIDRs[0], podCIDRs }),
      },
      status: {
        addresses: addresses.map((address) => ({ type: 'InternalIP', address })),
        ...(conditions === undefined ? {} : { conditions }),
      },
    }) as Node
  }

  /** As a kubelet or another controller writes it. */
  patchNode(name: string, patch: unknown, subresource: '' | '/status' = ''): void {
    this.#send(
      'PATCH',
      `/api/v1/nodes/${name}${subresource}`,
      patch,
      'application/strategic-merge-patch+json',
    )
  }

  deleteNode(name: string): void {
    this.#send('DELETE', `/api/v1/nodes/${name}`)
  }

  node(name: string): Node {
    return this.#send('GET', `/api/v1/nodes/${name}`) as Node
  }

  nodes(): readonly Node[] {
    return (this.#send('GET', '/api/v1/nodes') as { readonly items: readonly Node[] }).items
  }

  condition(name: string): NodeCondition | undefined {
    return this.node(name).status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')
  }

  records(): readonly NodeRoute[] {
    return (this.#send('GET', nodeRoutes) as { readonly items: readonly NodeRoute[] }).items
  }

  /** None too as long as they are not defined. */
  podNetworks(): readonly PodNetwork[] {
    const defined = (this.#send('GET', definitions) as { readonly items: readonly KubeObject[] }).items
    if (!defined.some(({ metadata }) => metadata.name === 'podnetworks.podway.dev')) return []
    return (this.#send('GET', podNetworks) as { readonly items: readonly PodNetwork[] }).items
  }

  /** As `kubectl edit --subresource=status` does. */
  patchPodNetwork(patch: unknown): void {
    this.#send('PATCH', `${podNetworks}/default/status`, patch, 'application/merge-patch+json')
  }

  /** As an earlier run of podway left it. */
  addPodNetwork(status: PodNetworkStatus): void {
    const draft = { apiVersion: 'podway.dev/v1alpha1', kind: 'PodNetwork', metadata: { name: 'default' } }
    this.#send('POST', podNetworks, draft)
    this.patchPodNetwork({ status })
  }

  events(): readonly KubeEvent[] {
    return (this.#send('GET', '/apis/events.k8s.io/v1/events') as { readonly items: readonly KubeEvent[] })
      .items
  }

  deletePodNetwork(): void {
    this.#send('DELETE', `${podNetworks}/default`)
  }

  record(name: string): NodeRoute | undefined {
    return this.records().find(({ metadata }) => metadata.name === name)
  }

  /** A NodeRoute as an earlier run of podway left it, its route written; or, with `intended`, just before the write. */
  addRecord(
    destination: string,
    node: { readonly name: string; readonly uid: string },
    target: string | Target,
    tables: readonly string[] = ['table-1'],
    stage: 'written' | 'intended' = 'written',
  ): void {
    const name = nodeRouteName(parseCidr(destination))
    this.#send('POST', nodeRoutes, {
      apiVersion: 'podway.dev/v1alpha1',
      kind: 'NodeRoute',
      metadata: { name, finalizers: [routeFinalizer] },
      spec: {
        destination,
        node,
        target: typeof target === 'string' ? { kind: 'instance', id: target } : target,
        tables,
      },
    })
    if (stage === 'intended') return
    const since = '2026-01-01T00:00:00Z'
    const programmed = { state: 'Programmed', reason: 'Programmed', message: '', since, written: true }
    this.#send(
      'PATCH',
      `${nodeRoutes}/${name}/status`,
      { status: { tables: tables.map((id) => ({ id, ...programmed })) } },
      'application/merge-patch+json',
    )
  }

  deleteRecord(name: string): void {
    this.#send('DELETE', `${nodeRoutes}/${name}`)
  }

  patchRecord(name: string, patch: unknown): void {
    this.#send('PATCH', `${nodeRoutes}/${name}`, patch, 'application/merge-patch+json')
  }

  /** Requests that were not the test's own. */
  get calls(): readonly Call[] {
    return this.simulator.calls.filter(({ userAgent }) => userAgent !== testAgent)
  }

  /** Those of them that changed something, or tried to: `PATCH nodes/node-1/status`. */
  get writes(): readonly string[] {
    return this.calls
      .filter(({ method }) => method !== 'GET')
      .map(
        ({ method, resource, name, subresource }) =>
          `${method} ${[resource, name, subresource].filter((part) => part !== '').join('/')}`,
      )
  }

  forgetCalls(): void {
    this.simulator.forgetCalls()
  }

  async close(): Promise<void> {
    this.simulator.close()
    await this.#server?.close()
  }

  #send(method: string, target: string, body?: unknown, contentType = 'application/json'): unknown {
    const reply = this.simulator.handle(
      {
        method,
        target,
        headers: { 'content-type': contentType, 'user-agent': testAgent },
        body: body === undefined ? '' : JSON.stringify(body),
      },
      this.#clock.now(),
    )
    if (reply.kind !== 'response' || reply.status >= 300)
      throw new Error(`${method} ${target}: ${JSON.stringify(reply)}`)
    return JSON.parse(reply.body)
  }
}
