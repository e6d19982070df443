import { createHash } from 'node:crypto'

/** As the kubelet reports them at most, by its `--node-status-max-images`. */
const imageCount = 50

/** A Node as the bench registers it. */
export interface BareNode {
  readonly apiVersion: 'v1'
  readonly kind: 'Node'
  readonly metadata: { readonly name: string }
  readonly spec: object
  readonly status: object
}

/**
 * The Node with what a kubelet and a few DaemonSets put into one besides what podway reads: 14 kB, most of it the names
 * of the images on the node.
 */
export function asKubeletReports(node: BareNode): object {
  const { name } = node.metadata
  return {
    ...node,
    metadata: {
      ...node.metadata,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'node.kubernetes.io/instance-type': 'm6i.large',
        'topology.kubernetes.io/region': 'eu-central-1',
        'topology.kubernetes.io/zone': 'eu-central-1a',
      },
      annotations: {
        'csi.volume.kubernetes.io/nodeid': JSON.stringify({ 'ebs.csi.aws.com': name }),
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
    },
    status: {
      ...node.status,
      allocatable: capacity,
      capacity,
      conditions: ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => ({
        type,
        status: type === 'Ready' ? 'True' : 'False',
        reason: 'Kubelet',
      })),
      images: Array.from({ length: imageCount }, (_, index) => imageOf(`${name}/${index}`)),
      nodeInfo,
    },
  }
}

function imageOf(seed: string): { names: string[]; sizeBytes: number } {
  const digest = createHash('sha256').update(seed).digest('hex')
  const repository = '123456789012.dkr.ecr.eu-central-1.amazonaws.com/platform/some-team/some-service'
  return { names: [`${repository}@sha256:${digest}`, `${repository}:${digest.slice(0, 12)}`], sizeBytes: 1e8 }
}

const capacity = {
  cpu: '2',
  'ephemeral-storage': '83873772Ki',
  'hugepages-1Gi': '0',
  'hugepages-2Mi': '0',
  memory: '7866256Ki',
  pods: '110',
}

const nodeInfo = {
  architecture: 'amd64',
  bootID: '5f0e5a0c-6f5c-4a5b-8f46-4b6f3f1f6f6f',
  containerRuntimeVersion: 'containerd://2.2.0',
  kernelVersion: '6.12.55-74.119.amzn2023.x86_64',
  kubeProxyVersion: '',
  kubeletVersion: 'v1.36.3',
  machineID: 'ec2f0e5a0c6f5c4a5b8f464b6f3f1f6f',
  operatingSystem: 'linux',
  osImage: 'Amazon Linux 2023.9.20251110',
  systemUUID: 'ec2f0e5a-0c6f-5c4a-5b8f-464b6f3f1f6f',
}
