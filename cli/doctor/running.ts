import type { ClusterPicture, Container } from './cluster.ts'
import { flagOf, isControllerOn, isOn, runs } from './command-line.ts'
import type { ObjectMeta } from '../../kube/objects.ts'
import type { FindingObject } from '../../providers/finding.ts'

/** A container, and whose it is. */
export interface Running {
  readonly container: Container
  /** Its place among the containers of the pod, from 0. */
  readonly index: number
  readonly object: FindingObject
  /** Undefined for what is of no namespace. */
  readonly namespace: string | undefined
  readonly name: string
  /** Of the object. */
  readonly uid: string
}

/** A DaemonSet or Deployment once, not each of its pods; a pod that is of none of them (a static one) by itself. */
export function everythingRunning({
  daemonSets,
  deployments,
  systemPods,
}: Pick<ClusterPicture, 'daemonSets' | 'deployments' | 'systemPods'>): readonly Running[] {
  const workloads = [
    ['DaemonSet', daemonSets],
    ['Deployment', deployments],
  ] as const
  const ofWorkloads = workloads.flatMap(([kind, reading]) =>
    ('value' in reading ? reading.value : []).flatMap(({ metadata, spec }) =>
      containersOf(kind, metadata, spec?.template?.spec?.containers),
    ),
  )
  const seenAsWhole = new Set([
    ...('value' in daemonSets ? ['DaemonSet'] : []),
    ...('value' in deployments ? ['ReplicaSet'] : []),
  ])
  const pods = ('value' in systemPods ? systemPods.value : []).filter(
    ({ metadata }) => metadata.ownerReferences?.some(({ kind }) => seenAsWhole.has(kind)) !== true,
  )
  return [
    ...ofWorkloads,
    ...pods.flatMap(({ metadata, spec }) => containersOf('Pod', metadata, spec?.containers)),
  ]
}

const containersOf = (
  kind: string,
  { name, namespace, uid }: Pick<ObjectMeta, 'name' | 'namespace' | 'uid'>,
  containers: readonly Container[] = [],
): readonly Running[] =>
  containers.map((container, index) => ({
    container,
    index,
    namespace,
    name,
    uid,
    object: { kind, name: `${namespace ?? ''}/${name}` },
  }))

const isManager = (container: Container): boolean => runs(container, 'kube-controller-manager')
const isCloudManager = (container: Container): boolean => runs(container, 'cloud-controller-manager')

/** Whether it is a controller manager of Kubernetes or of a cloud whose route controller runs. */
export function writesRoutes(container: Container): boolean {
  // Since the in-tree clouds are gone, only the cloud's own manager has a route controller.
  const inTree = isManager(container) && !['', 'external'].includes(flagOf(container, 'cloud-provider') ?? '')
  return (
    (isCloudManager(container) || inTree) &&
    isOn(container, 'configure-cloud-routes', true) &&
    isControllerOn(container, ['route', 'route-controller'])
  )
}

/** Whether it is a controller manager of Kubernetes or of a cloud that gives Nodes their podCIDRs. */
export const givesRanges = (container: Container): boolean =>
  (isManager(container) || isCloudManager(container)) &&
  isOn(container, 'allocate-node-cidrs', false) &&
  isControllerOn(container, ['nodeipam', 'node-ipam-controller'])
