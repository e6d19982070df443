import type { Node } from '../../kube/objects.ts'

/** Who made the cluster, as far as its Nodes tell. It overwrites what is edited behind its back. */
export interface Platform {
  readonly name: string
  /** Its control plane, or its nodes' network, can't be changed by their users. */
  readonly managed: boolean
  /** What is edited instead of workloads in the cluster. */
  readonly edit: string
}

interface Mark extends Platform {
  /** A label or an annotation that all its Nodes have. */
  readonly key: string
}

/** The first that fits; those that manage the control plane stand first. */
const marks: readonly Mark[] = [
  {
    key: 'eks.amazonaws.com/nodegroup',
    name: 'EKS',
    managed: true,
    edit: 'the EKS cluster',
  },
  {
    key: 'cloud.google.com/gke-nodepool',
    name: 'GKE',
    managed: true,
    edit: 'the GKE cluster',
  },
  {
    key: 'kubernetes.azure.com/cluster',
    name: 'AKS',
    managed: true,
    edit: 'the AKS cluster',
  },
  {
    // https://github.com/kubernetes/kops/blob/master/pkg/nodelabels/builder.go
    key: 'kops.k8s.io/instancegroup',
    name: 'kops',
    managed: false,
    edit: 'the kops Cluster (kops edit cluster, kops update cluster --yes, kops rolling-update cluster --yes)',
  },
  {
    // https://cluster-api.sigs.k8s.io/reference/api/labels-and-annotations
    key: 'cluster.x-k8s.io/cluster-name',
    name: 'Cluster API',
    managed: false,
    edit: 'the KubeadmControlPlane of the management cluster',
  },
]

export function platformOf(nodes: readonly Node[]): Platform | undefined {
  return marks.find(({ key }) =>
    nodes.some(({ metadata }) => key in { ...metadata.labels, ...metadata.annotations }),
  )
}
