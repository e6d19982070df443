import { expect, test } from 'vitest'
import type { MigrateCode } from './findings/migrate-findings.ts'
import { migrateFindings } from './findings/migrate-findings.ts'
import type { Predecessor } from './predecessor.ts'
import {
  awsCloudControllerManager,
  azureCloudControllerManager,
  daemonSet,
  flannel,
  flannelAnnotations,
  flannelCondition,
  gcpCloudControllerManager,
  ipMasqAgent,
  karpenterDefinition,
  kindnetd,
  kubeadmControllerManager,
  kubeadmProxy,
  networkPolicy,
  nodePool,
} from './testing/manifests.ts'
import { type MigrateWorld, openMigrateWorld } from './testing/migrate-world.ts'

interface Case {
  readonly from?: Predecessor
  readonly provoke: (world: MigrateWorld) => unknown
  /** Other flags. */
  readonly flags?: readonly string[]
  readonly about: string
  readonly says: string
}

/** Those that only a cloud's answer shows have tests beside it. */
type Elsewhere = 'RoutesContested' | 'TableUnread' | 'NothingInTheWay'

/** What else is in the cluster: nothing but what the predecessor consists of, and kubeadm's control plane. */
const base: Readonly<Record<Predecessor, (world: MigrateWorld) => void>> = {
  'cloud-controller-manager': ({ apply }) =>
    apply(awsCloudControllerManager('--configure-cloud-routes=false')),
  kubenet: () => undefined,
  kindnet: ({ apply }) => apply(kindnetd),
  flannel: ({ apply }) => apply(...flannel()),
}

const cases: Readonly<Record<Exclude<MigrateCode, Elsewhere>, Case>> = {
  RouteControllerAtWork: {
    provoke: ({ apply }) => apply(azureCloudControllerManager),
    about: 'Deployment/kube-system/cloud-controller-manager',
    says: 'writes routes for Nodes: it runs without --configure-cloud-routes=false',
  },
  AllocatorAtWork: {
    provoke: ({ apply }) => apply(gcpCloudControllerManager),
    about: 'DaemonSet/kube-system/cloud-controller-manager',
    says: 'gives Nodes their podCIDRs',
  },
  SeveralAllocators: {
    provoke: ({ apply, remove }) => {
      remove(kubeadmControllerManager('cp-1'))
      apply(kubeadmControllerManager('cp-1'), kubeadmControllerManager('cp-2'), gcpCloudControllerManager)
    },
    flags: ['--no-allocate-node-cidrs'],
    about: 'cluster/',
    says: 'Nodes get podCIDRs from DaemonSet kube-system/cloud-controller-manager, Pod kube-system/kube-controller-manager-cp-1',
  },
  NoAllocator: {
    provoke: () => undefined,
    flags: ['--allocate-node-cidrs=false'],
    about: 'cluster/',
    says: 'Nothing is seen to give Nodes their podCIDRs.',
  },
  ControllerManagerUnseen: {
    provoke: ({ remove }) => remove(kubeadmControllerManager('cp-1')),
    about: 'cluster/',
    says: 'No pod in kube-system runs kube-controller-manager',
  },
  ManagedControlPlane: {
    provoke: ({ addNode }) => addNode('n', {}, { labels: { 'eks.amazonaws.com/nodegroup': 'a' } }),
    about: 'cluster/EKS',
    says: 'this is a cluster of EKS',
  },
  PlatformOverwrites: {
    provoke: ({ addNode }) => addNode('n', {}, { annotations: { 'cluster.x-k8s.io/cluster-name': 'a' } }),
    about: 'cluster/Cluster API',
    says: 'Cluster API made this cluster',
  },
  OtherPodNetwork: {
    from: 'kindnet',
    provoke: ({ apply }) => apply(daemonSet('cilium')),
    about: 'DaemonSet/kube-system/cilium',
    says: 'is Cilium',
  },
  PredecessorNotFound: {
    from: 'kindnet',
    provoke: ({ remove }) => remove(kindnetd),
    about: 'cluster/kindnet',
    says: 'Nothing of kindnet is seen in this cluster, and no podway either.',
  },
  KubernetesTooOld: {
    from: 'kindnet',
    provoke: ({ cluster }) => {
      // The simulator is of one version.
      const { simulator } = cluster
      const original = simulator.handle.bind(simulator)
      simulator.handle = (request, now) => {
        const reply = original(request, now)
        return request.target === '/version' && reply.kind === 'response'
          ? { ...reply, body: JSON.stringify({ major: '1', minor: '31+' }) }
          : reply
      }
    },
    about: 'cluster/1.31',
    says: 'The API server is Kubernetes 1.31, and the node agent needs 1.32.',
  },
  NodesWithoutPodCidrs: {
    provoke: ({ addNode }) => addNode('n'),
    about: 'Node/n',
    says: 'Node n has no podCIDRs.',
  },
  ProxyClusterCidr: {
    provoke: ({ addNode }) => addNode('n', { podCIDRs: ['10.245.0.0/24'] }),
    about: 'ConfigMap/kube-system/kube-proxy',
    says: 'kube-proxy’s clusterCIDR is 10.244.0.0/16, and podCIDRs of Node n are outside of it.',
  },
  ProxyBridge: {
    from: 'flannel',
    provoke: ({ apply, remove }) => {
      remove(...kubeadmProxy(''))
      apply(
        ...kubeadmProxy('', 'detectLocalMode: InterfaceNamePrefix\ndetectLocal: {interfaceNamePrefix: cni}'),
      )
    },
    about: 'ConfigMap/kube-system/kube-proxy',
    says: 'kube-proxy tells pods by interfaces named cni…, and podway’s are named veth….',
  },
  ProxyUnseen: {
    provoke: ({ remove }) => remove(...kubeadmProxy('')),
    about: 'cluster/kube-proxy',
    says: 'Neither the ConfigMap kube-system/kube-proxy nor flags of kube-proxy are seen.',
  },
  PoliciesLoseEnforcer: {
    from: 'flannel',
    provoke: ({ apply, remove }) => {
      remove(...flannel())
      apply(...flannel('vxlan', { netpol: true }), networkPolicy('shop', 'a'), networkPolicy('shop', 'b'))
    },
    about: 'NetworkPolicy/shop/a',
    says: '2 NetworkPolicies (shop/a, shop/b) are enforced by kube-network-policies today, and by nothing when that is gone.',
  },
  PoliciesUnenforced: {
    from: 'flannel',
    provoke: ({ apply }) => apply(networkPolicy('shop', 'a')),
    about: 'NetworkPolicy/shop/a',
    says: 'NetworkPolicy shop/a is enforced by nothing that is seen.',
  },
  KarpenterStartupTaint: {
    provoke: ({ apply }) => apply(karpenterDefinition, nodePool('default')),
    about: 'NodePool/default',
    says: 'has no startupTaint node.kubernetes.io/network-unavailable',
  },
  KarpenterTaintStays: {
    provoke: ({ apply }) =>
      apply(
        karpenterDefinition,
        nodePool('default', { key: 'node.cilium.io/agent-not-ready', value: 'true', effect: 'NoExecute' }),
      ),
    about: 'NodePool/default',
    says: 'has the startupTaint node.cilium.io/agent-not-ready, which only Cilium takes away',
  },
  MasqueradedTwice: {
    from: 'kubenet',
    provoke: ({ apply }) => apply(ipMasqAgent),
    about: 'DaemonSet/kube-system/ip-masq-agent',
    says: 'masquerades what pods send, and podway’s agent does too',
  },
  ConditionOfPredecessor: {
    from: 'flannel',
    provoke: ({ addNode }) => addNode('n', { podCIDRs: ['10.244.0.0/24'], conditions: [flannelCondition] }),
    about: 'Node/n',
    says: 'NetworkUnavailable of Node n has the reason FlannelIsUp.',
  },
  FlannelBackend: {
    from: 'flannel',
    provoke: ({ addNode }) =>
      addNode('n', { podCIDRs: ['10.244.0.0/24'] }, { annotations: flannelAnnotations }),
    about: 'ConfigMap/kube-flannel-cfg',
    says: 'flannel’s backend is vxlan: packets between two Nodes that both have flannel go through its tunnel',
  },
  FlannelMasquerades: {
    from: 'flannel',
    provoke: ({ addNode }) =>
      addNode('n', { podCIDRs: ['10.99.0.0/24'] }, { annotations: flannelAnnotations }),
    about: 'ConfigMap/kube-flannel-cfg',
    says: 'podCIDRs of Node n are outside of flannel’s Network 10.244.0.0/16.',
  },
  Unread: {
    provoke: ({ forbid }) => forbid('networkpolicies'),
    about: 'permission/networkpolicies in all namespaces',
    says: 'may not list networkpolicies',
  },
}

test.each(Object.entries(cases))(
  '%s',
  async (code, { about, flags = [], from = 'cloud-controller-manager', provoke, says }) => {
    await using world = await openMigrateWorld(from)
    world.apply(
      kubeadmControllerManager('cp-1', '--allocate-node-cidrs=false'),
      ...kubeadmProxy('10.244.0.0/16'),
    )
    base[from](world)
    expect((await world.examine()).codes).not.toContain(code)
    await provoke(world)
    const { code: exitCode, findings, outcome } = await world.examine(...flags)
    const found = findings.filter((one) => one.code === code)
    expect(found.map(({ object }) => `${object.kind}/${object.name}`)).toContain(about)
    expect(found.map(({ message }) => message).join('\n')).toContain(says)
    const { severity } = migrateFindings[code as MigrateCode]
    expect(found[0]).toMatchObject({ severity, fix: expect.stringMatching(/\w.*\.$/) as unknown })
    // An error holds up everything, and nothing else does.
    const isError = findings.some((one) => one.severity === 'error')
    expect([exitCode, outcome]).toEqual(isError ? [1, 'blocked'] : [2, 'steps-left'])
  },
)

test('nothing to be told where nothing is in the way', async () => {
  await using world = await openMigrateWorld('kubenet')
  world.apply(
    kubeadmControllerManager('cp-1', '--allocate-node-cidrs=false'),
    ...kubeadmProxy('10.244.0.0/16'),
  )
  const { findings } = await world.examine()
  expect(findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    'NothingInTheWay: Nothing that has to be known before was found at a cluster without Nodes.',
  ])
})

test('every code is told in whole sentences', () => {
  for (const [code, { meaning, remedy }] of Object.entries(migrateFindings)) {
    expect(code).toMatch(/^([A-Z][a-z]+)+$/)
    for (const sentence of [meaning, remedy])
      expect(sentence).toMatch(/^([A-Z`]|podway |podCIDRs |kube-proxy |ip-masq-agent |flannel ).*\.$/)
  }
})
