import { readFileSync, writeFileSync } from 'node:fs'
import {
  ApiextensionsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  type V1CustomResourceDefinition,
  type V1Node,
  loadYaml,
} from '@kubernetes/client-node'
import { createKubernetesSimulator } from '../simulators/kubernetes/kubernetes-simulator.ts'
import { serve } from '../simulators/http-server.ts'
import type { DemoInstance } from './vpc.ts'

/** A Kubernetes API that runs in the world, and the nodes that the demo registers there as kubelets would. */
export class Cluster {
  readonly kubeconfig: string
  readonly #core: CoreV1Api
  readonly #extensions: ApiextensionsV1Api
  readonly #custom: CustomObjectsApi
  readonly #close: () => Promise<void>

  private constructor(url: string, kubeconfig: string, close: () => Promise<void>) {
    const config = new KubeConfig()
    config.loadFromOptions({
      clusters: [{ name: 'demo', server: url, skipTLSVerify: true }],
      users: [{ name: 'demo' }],
      contexts: [{ name: 'demo', cluster: 'demo', user: 'demo' }],
      currentContext: 'demo',
    })
    writeFileSync(kubeconfig, config.exportConfig())
    this.kubeconfig = kubeconfig
    this.#core = config.makeApiClient(CoreV1Api)
    this.#extensions = config.makeApiClient(ApiextensionsV1Api)
    this.#custom = config.makeApiClient(CustomObjectsApi)
    this.#close = close
  }

  /** Starts the API and writes the kubeconfig to that path. */
  static async start(kubeconfig: string): Promise<Cluster> {
    const simulator = createKubernetesSimulator()
    const server = await serve(simulator)
    return new Cluster(server.url, kubeconfig, async () => {
      simulator.close()
      await server.close()
    })
  }

  /** What `kubectl apply -f noderoutes.yaml` does. */
  async define(file: string): Promise<void> {
    const body = loadYaml<V1CustomResourceDefinition>(readFileSync(file, 'utf8'))
    await this.#extensions.createCustomResourceDefinition({ body })
  }

  /** Registers a Node as its kubelet and the cloud's node controller do, without podCIDRs. */
  async register(name: string, instance: DemoInstance): Promise<void> {
    const body: V1Node = {
      metadata: { name },
      spec: { providerID: `aws:///${instance.zone}/${instance.id}` },
      status: {
        addresses: [
          { type: 'InternalIP', address: instance.ipv4 },
          { type: 'InternalIP', address: instance.ipv6 },
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
    const list = (await this.#custom.listClusterCustomObject({
      group: 'podway.dev',
      version: 'v1alpha1',
      plural: 'noderoutes',
    })) as { readonly items: readonly { readonly metadata: { readonly name: string } }[] }
    return list.items.map(({ metadata }) => metadata.name)
  }

  close(): Promise<void> {
    return this.#close()
  }
}

/** Whether the routes to the node are there, by what its condition says. */
export const isRouted = (node: V1Node): boolean =>
  node.status?.conditions?.some(({ type, status }) => type === 'NetworkUnavailable' && status === 'False') ??
  false
