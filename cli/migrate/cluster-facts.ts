import type { KubeObject, Taint } from '../../kube/objects.ts'
import type { Lease } from '../../kube/lease.ts'
import type { ConfigMap } from '../../reconciler/ipam/config-map-pools.ts'
import type { NodeRoute } from '../../reconciler/node-route/node-route.ts'
import type { ClusterPicture, ClusterReading, Pod } from '../doctor/cluster.ts'
import type { Found } from '../find-adoptable.ts'

/** A karpenter.sh/v1 NodePool, as far as it is looked at. */
export interface NodePool extends KubeObject {
  readonly spec?: { readonly template?: { readonly spec?: { readonly startupTaints?: readonly Taint[] } } }
}

/** What `/version` says: `36+` is 36. */
export interface ServerVersion {
  readonly major: number
  readonly minor: number
}

/** A ConfigMap, or undefined where there is none. */
type OneMap = ClusterReading<ConfigMap | undefined>

/** The cluster at one moment, read once: whatever is found and whichever step is due follows from it alone. */
export interface ClusterFacts extends ClusterPicture {
  /** Milliseconds since the epoch, by this machine's clock. */
  readonly now: number
  readonly version: ServerVersion
  /** Names of podway's definitions that are established. */
  readonly definitions: ClusterReading<readonly string[]>
  /** Of the controllers; undefined where there is none. */
  readonly lease: ClusterReading<Lease | undefined>
  /** None where they are not defined. */
  readonly nodeRoutes: ClusterReading<readonly NodeRoute[]>
  /** Of the namespace podway-system. */
  readonly podwayPods: ClusterReading<readonly Pod[]>
  /** kube-system/kube-proxy, which kubeadm makes. */
  readonly proxyConfig: OneMap
  /** kube-flannel-cfg beside flannel's DaemonSet. */
  readonly flannelConfig: OneMap
  /** networking.k8s.io/v1 NetworkPolicies of all namespaces. */
  readonly policies: ClusterReading<readonly KubeObject[]>
  /** None where Karpenter is not installed. */
  readonly nodePools: ClusterReading<readonly NodePool[]>
  /** What the cloud's tables have for podCIDRs; undefined where the cloud was not named. */
  readonly routes: Found | undefined
}

/** What was read, and where it was refused, what stands for it. */
export const valueOr = <T>(reading: ClusterReading<T>, other: NoInfer<T>): T =>
  'value' in reading ? reading.value : other
