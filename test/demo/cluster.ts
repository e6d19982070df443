import { readFileSync } from 'node:fs'
import {
  CoreV1Api,
  CustomObjectsApi,
  type KubernetesObject,
  KubernetesObjectApi,
  type V1Node,
  loadAllYaml,
} from '@kubernetes/client-node'
import pRetry from 'p-retry'
import type { KubernetesApi } from './kubernetes-api.ts'
import type { DemoInstance } from './clouds/demo-cloud.ts'

const nodeRoutes = { group: 'podway.dev', version: 'v1alpha1', plural: 'noderoutes' }
const podNetworks = { ...nodeRoutes, plural: 'podnetworks' }

/** What the demo does with the Kubernetes API, as kubelets, kubectl and a user would. */
export class Cluster {
  readonly #core: CoreV1Api
  readonly #custom: CustomObjectsApi
  readonly #objects: KubernetesObjectApi

  constructor({ admin }: KubernetesApi) {
    this.#core = admin.makeApiClient(CoreV1Api)
    this.#custom = admin.makeApiClient(CustomObjectsApi)
    this.#objects = KubernetesObjectApi.makeApiClient(admin)
  }

  /** What `kubectl create -f` does with a manifest of one or several objects. */
  async create(manifest: string): Promise<void> {
    for (const object of loadAllYaml(readFileSync(manifest, 'utf8')) as KubernetesObject[])
      await this.#objects.create(object)
  }

  /** Resolves when the API server knows podway's types: a definition takes a moment to be served. */
  async knowsDefinitions(): Promise<void> {
    const known = async (): Promise<void> => {
      await this.nodeRoutes()
      await this.podNetwork()
    }
    await pRetry(known, { retries: 500, factor: 1, minTimeout: 20 })
  }

  /** Registers a Node as its kubelet and the cloud's node controller do; without podCIDRs, unless it had some before. */
  async register(
    { addresses, name, providerID }: DemoInstance,
    podCidrs: readonly string[] = [],
  ): Promise<void> {
    const [podCIDR] = podCidrs
    const body: V1Node = {
      metadata: { name },
      spec: { providerID, ...(podCIDR === undefined ? {} : { podCIDR, podCIDRs: [...podCidrs] }) },
      status: {
        addresses: [
          { type: 'InternalIP', address: addresses[4] },
          { type: 'InternalIP', address: addresses[6] },
          { type: 'Hostname', address: name },
        ],
      },
    }
    await this.#core.createNode({ body })
  }

  async unregister(name: string): Promise<void> {
    await this.#core.deleteNode({ name })
  }

  async nodes(): Promise<readonly V1Node[]> {
    return (await this.#core.listNode()).items
  }

  async node(name: string): Promise<V1Node> {
    return this.#core.readNode({ name })
  }

  /** Names of the NodeRoutes that there are. */
  async nodeRoutes(): Promise<readonly string[]> {
    const list = (await this.#custom.listClusterCustomObject(nodeRoutes)) as {
      readonly items: readonly { readonly metadata: { readonly name: string } }[]
    }
    return list.items.map(({ metadata }) => metadata.name)
  }

  /** What agents are told; nothing as long as nothing is published. */
  async podNetwork(): Promise<readonly PublishedFamily[]> {
    const list = (await this.#custom.listClusterCustomObject(podNetworks)) as {
      readonly items: readonly { readonly status?: { readonly families: readonly PublishedFamily[] } }[]
    }
    return list.items.flatMap(({ status }) => status?.families ?? [])
  }
}

export interface PublishedFamily {
  readonly family: string
  readonly pools: readonly string[]
  readonly nativeRanges: readonly string[]
}

/** Whether the routes to the node are there, by what its condition says. */
export const isRouted = (node: V1Node): boolean =>
  node.status?.conditions?.some(({ type, status }) => type === 'NetworkUnavailable' && status === 'False') ??
  false
