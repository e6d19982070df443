import type { KubeClient } from '../../kube/client.ts'
import { isNotFound } from '../../kube/errors.ts'
import { type Lease, leaseType } from '../../kube/lease.ts'
import type { KubeObject } from '../../kube/objects.ts'
import { Resource, type ResourceType } from '../../kube/resource.ts'
import { type ConfigMap, configMapType } from '../../reconciler/ipam/config-map-pools.ts'
import { type NodeRoute, nodeRouteType } from '../../reconciler/node-route/node-route.ts'
import { type ClusterReading, type Pod, orRefusal, podType, readCluster } from '../doctor/cluster.ts'
import type { Found } from '../find-adoptable.ts'
import { listAll } from '../list-all.ts'
import { type ClusterFacts, type NodePool, type ServerVersion, valueOr } from './cluster-facts.ts'
import { type Definition, definitionType, isEstablished } from './definition.ts'
import { flannelNamespace } from './from/flannel-facts.ts'
import { controllerLease, podwayNamespace } from './places.ts'

const policyType: ResourceType = {
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'networkpolicies',
  namespaced: true,
}
const nodePoolType: ResourceType = {
  group: 'karpenter.sh',
  version: 'v1',
  plural: 'nodepools',
  namespaced: false,
}

type Attempt = <T>(work: () => Promise<T>) => Promise<T>

/**
 * Reads everything once, and writes nothing. Without Nodes and version there is nothing to say; all else may be forbidden.
 * @throws KubeError
 */
export async function readClusterFacts(
  kube: KubeClient,
  {
    attempt,
    now,
    routes,
  }: { readonly attempt: Attempt; readonly now: number; readonly routes: Found | undefined },
  signal: AbortSignal,
): Promise<ClusterFacts> {
  const all = <T extends KubeObject>(type: ResourceType, namespace?: string): Promise<readonly T[]> =>
    attempt(() => listAll(new Resource<T>(kube, type), signal, namespace))
  const allOrNone = <T extends KubeObject>(type: ResourceType): Promise<readonly T[]> =>
    orWithout(all<T>(type), [])
  const one = <T extends KubeObject>(
    type: ResourceType,
    name: string,
    namespace: string,
  ): Promise<ClusterReading<T | undefined>> =>
    orRefusal(
      orWithout<T | undefined>(
        attempt(() => new Resource<T>(kube, type).get(name, { namespace, signal })),
        undefined,
      ),
    )

  const [cluster, version] = await Promise.all([
    readCluster(kube, attempt, signal),
    attempt(() => readVersion(kube, signal)),
  ])
  const flannel = flannelNamespace(valueOr(cluster.daemonSets, []))
  const [definitions, lease, nodeRoutes, podwayPods, proxyConfig, flannelConfig, policies, nodePools] =
    await Promise.all([
      orRefusal(all<Definition>(definitionType).then(established)),
      one<Lease>(leaseType, controllerLease, podwayNamespace),
      orRefusal(allOrNone<NodeRoute>(nodeRouteType)),
      orRefusal(all<Pod>(podType, podwayNamespace)),
      one<ConfigMap>(configMapType, 'kube-proxy', 'kube-system'),
      one<ConfigMap>(configMapType, 'kube-flannel-cfg', flannel),
      orRefusal(all<KubeObject>(policyType)),
      orRefusal(allOrNone<NodePool>(nodePoolType)),
    ])
  const read = { definitions, lease, nodeRoutes, podwayPods, proxyConfig, flannelConfig, policies, nodePools }
  return { ...cluster, ...read, now, version, routes }
}

/** What is there, or what stands for it where there is no such thing. */
async function orWithout<T>(reading: Promise<T>, other: T): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if (isNotFound(error)) return other
    throw error
  }
}

async function readVersion(kube: KubeClient, signal: AbortSignal): Promise<ServerVersion> {
  const { major, minor } = await kube.request<{ readonly major: string; readonly minor: string }>({
    method: 'GET',
    path: '/version',
    signal,
  })
  return { major: Number.parseInt(major, 10), minor: Number.parseInt(minor, 10) }
}

const established = (definitions: readonly Definition[]): readonly string[] =>
  definitions
    .filter(({ spec }) => spec.group === nodeRouteType.group)
    .filter(isEstablished)
    .map(({ metadata }) => metadata.name)
