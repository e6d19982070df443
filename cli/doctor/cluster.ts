import type { KubeClient } from '../../kube/client.ts'
import { type KubeError, isKubeError } from '../../kube/errors.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { KubeObject, Node } from '../../kube/objects.ts'
import { Resource, type ResourceType } from '../../kube/resource.ts'
import { listAll } from '../list-all.ts'

/** What a container runs. */
export interface Container {
  readonly name: string
  readonly image?: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
}

export interface PodSpec {
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly { readonly name: string; readonly hostPath?: { readonly path: string } }[]
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly affinity?: unknown
  /** Absent until the pod is scheduled. */
  readonly nodeName?: string
}

export interface Pod extends KubeObject {
  readonly spec?: PodSpec
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

/** A DaemonSet or a Deployment. */
export interface Workload extends KubeObject {
  readonly spec?: { readonly template?: { readonly spec?: PodSpec } }
}

export const podType: ResourceType = { group: '', version: 'v1', plural: 'pods', namespaced: true }
const daemonSetType: ResourceType = { group: 'apps', version: 'v1', plural: 'daemonsets', namespaced: true }
const deploymentType: ResourceType = { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true }

/** What was read, or the refusal of whoever may not read it. */
export type ClusterReading<T> = { readonly value: T } | { readonly unread: KubeError }

/** The cluster at one moment, as far as it could be read. */
export interface ClusterPicture {
  readonly nodes: readonly Node[]
  /** Of the namespace kube-system: static pods, which are nobody else's, are only there. */
  readonly systemPods: ClusterReading<readonly Pod[]>
  /** Of all namespaces. */
  readonly daemonSets: ClusterReading<readonly Workload[]>
  /** Of all namespaces. */
  readonly deployments: ClusterReading<readonly Workload[]>
}

/**
 * Reads what the checks look at, none of podway's own objects among it. Without the Nodes there is nothing to examine;
 * the rest may be forbidden.
 * @throws KubeError
 */
export async function readCluster(
  kube: KubeClient,
  attempt: <T>(work: () => Promise<T>) => Promise<T>,
  signal: AbortSignal,
): Promise<ClusterPicture> {
  const list = <T extends KubeObject>(type: ResourceType, namespace?: string): Promise<readonly T[]> =>
    attempt(() => listAll(new Resource<T>(kube, type), signal, namespace))
  const nodes = await list<Node>(nodeType)
  const [systemPods, daemonSets, deployments] = await Promise.all([
    orRefusal(list<Pod>(podType, 'kube-system')),
    orRefusal(list<Workload>(daemonSetType)),
    orRefusal(list<Workload>(deploymentType)),
  ])
  return { nodes, systemPods, daemonSets, deployments }
}

/** @throws whatever is no refusal */
export async function orRefusal<T>(reading: Promise<T>): Promise<ClusterReading<T>> {
  try {
    return { value: await reading }
  } catch (error) {
    if (isKubeError(error) && error.status === 403) return { unread: error }
    throw error
  }
}
