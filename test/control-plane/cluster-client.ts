import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type KubernetesObject, KubernetesObjectApi, loadAllYaml } from '@kubernetes/client-node'
import { type KubeClient, createKubeClient } from '../../kube/client.ts'
import { loadKubeConfig } from '../../kube/config.ts'
import { isNotFound } from '../../kube/errors.ts'
import type { KubeObject } from '../../kube/objects.ts'
import { Resource, type ResourceType } from '../../kube/resource.ts'
import { nodeRouteType } from '../../reconciler/node-route/node-route.ts'
import { podNetworkType } from '../../reconciler/pod-network/pod-network.ts'
import type { Account } from './accounts.ts'

/** The project's own client, as the controller makes it from its kubeconfig. Closing it is the caller's. */
export function clientOf({ kubeconfig }: Account): KubeClient {
  return createKubeClient(loadKubeConfig({ kubeconfig, env: {} }), { userAgent: 'podway/test', env: {} })
}

function manifest(name: string): string {
  return fileURLToPath(new URL(`../../deploy/manifests/${name}.yaml`, import.meta.url))
}

export const manifests = {
  nodeRoutes: fileURLToPath(new URL('../../deploy/crds/noderoutes.yaml', import.meta.url)),
  podNetworks: fileURLToPath(new URL('../../deploy/crds/podnetworks.yaml', import.meta.url)),
  namespace: manifest('namespace'),
  rbac: manifest('controller-rbac'),
  agentRbac: manifest('agent-rbac'),
  agentPolicy: manifest('agent-admission'),
} as const

/** What `kubectl create -f` does; the client is a stranger's. */
export async function create({ kubeconfig }: Account, ...files: readonly string[]): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(loadKubeConfig({ kubeconfig, env: {} }))
  for (const file of files) {
    for (const object of loadAllYaml(readFileSync(file, 'utf8')) as KubernetesObject[])
      await api.create(object)
  }
}

interface Definition extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

const definitionType: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  namespaced: false,
}

/** Makes everything that the manifests of `deploy/` hold, and waits until what they define is served. */
export async function deploy(admin: Account): Promise<void> {
  await create(admin, manifests.nodeRoutes, manifests.podNetworks, manifests.namespace, manifests.rbac)
  const client = clientOf(admin)
  try {
    const signal = AbortSignal.timeout(30_000)
    const definitions = new Resource<Definition>(client, definitionType)
    const awaited = new Set(['noderoutes.podway.dev', 'podnetworks.podway.dev'])
    const watch = definitions.watch({ resourceVersion: '0', signal })
    for await (const event of watch) {
      const definition = event.object as Definition
      if (isEstablished(definition)) awaited.delete(definition.metadata.name)
      if (awaited.size === 0) break
    }
    for (const type of [nodeRouteType, podNetworkType])
      await served(new Resource<KubeObject>(client, type), signal)
  } finally {
    await client.close()
  }
}

const isEstablished = ({ status }: Definition): boolean =>
  (status?.conditions ?? []).some((entry) => entry.type === 'Established' && entry.status === 'True')

/** An API server opens a new group a moment after it says Established: each look takes it a millisecond. */
async function served(resource: Resource<KubeObject>, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await resource.list({ limit: 1 }, { signal })
      return
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}
