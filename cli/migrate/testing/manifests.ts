/**
 * Predecessors as they are really deployed: names, namespaces, labels, commands and arguments of upstream manifests, as far as
 * an examination could look at them. The sources stand at each.
 */

/** An object that can be sent to an API server. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly [field: string]: unknown
}

interface PodParts {
  readonly containers: readonly object[]
  readonly [field: string]: unknown
}

export function workload(
  kind: 'DaemonSet' | 'Deployment',
  namespace: string,
  name: string,
  labels: Readonly<Record<string, string>>,
  spec: PodParts,
): Manifest {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace, labels },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  }
}

/** A static pod's mirror: `command` is the whole command line, as kubeadm and kops write it. */
const staticPod = (name: string, container: string, command: readonly string[]): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'kube-system', labels: { component: container, tier: 'control-plane' } },
  spec: {
    hostNetwork: true,
    containers: [{ name: container, image: `registry.k8s.io/${container}:v1.34.2`, command }],
  },
})

/** cmd/kubeadm/app/phases/controlplane/manifests.go, with a podSubnet; `more` stands before and loses to what is given twice. */
export const kubeadmControllerManager = (node: string, ...more: readonly string[]): Manifest =>
  staticPod(`kube-controller-manager-${node}`, 'kube-controller-manager', [
    'kube-controller-manager',
    '--allocate-node-cidrs=true',
    '--authentication-kubeconfig=/etc/kubernetes/controller-manager.conf',
    '--bind-address=127.0.0.1',
    '--cluster-cidr=10.244.0.0/16',
    '--cluster-name=kubernetes',
    '--controllers=*,bootstrapsigner,tokencleaner',
    '--kubeconfig=/etc/kubernetes/controller-manager.conf',
    '--leader-elect=true',
    '--service-cluster-ip-range=10.96.0.0/12',
    '--use-service-account-credentials=true',
    ...more,
  ])

/** cmd/kubeadm/app/phases/addons/proxy/manifests.go, with the configuration that kubeadm makes of its podSubnet. */
export const kubeadmProxy = (clusterCidr: string, more = ''): readonly Manifest[] => [
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-proxy', namespace: 'kube-system', labels: { app: 'kube-proxy' } },
    data: {
      'config.conf': `apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
clusterCIDR: "${clusterCidr}"
configSyncPeriod: 0s
${more === '' ? 'detectLocal:\n  bridgeInterface: ""\n  interfaceNamePrefix: ""\ndetectLocalMode: ""' : more}
kind: KubeProxyConfiguration
mode: ""
`,
    },
  },
  workload(
    'DaemonSet',
    'kube-system',
    'kube-proxy',
    { 'k8s-app': 'kube-proxy' },
    {
      containers: [
        {
          name: 'kube-proxy',
          image: 'registry.k8s.io/kube-proxy:v1.34.2',
          command: [
            '/usr/local/bin/kube-proxy',
            '--config=/var/lib/kube-proxy/config.conf',
            '--hostname-override=$(NODE_NAME)',
          ],
        },
      ],
    },
  ),
]

/** nodeup/pkg/model/kube_proxy.go of kops: a static pod on each node, without a ConfigMap. */
export const kopsProxy = (node: string, ...flags: readonly string[]): Manifest =>
  staticPod(`kube-proxy-${node}`, 'kube-proxy', [
    '/usr/local/bin/kube-proxy',
    '--conntrack-max-per-core=131072',
    `--hostname-override=${node}`,
    '--kubeconfig=/var/lib/kube-proxy/kubeconfig',
    ...flags,
  ])

/** examples/existing-cluster/base of kubernetes/cloud-provider-aws, which says to turn routes on where the CNI needs them. */
export const awsCloudControllerManager = (routes = '--configure-cloud-routes=true'): Manifest =>
  workload(
    'DaemonSet',
    'kube-system',
    'aws-cloud-controller-manager',
    { 'k8s-app': 'aws-cloud-controller-manager' },
    {
      serviceAccountName: 'cloud-controller-manager',
      hostNetwork: true,
      containers: [
        {
          name: 'aws-cloud-controller-manager',
          image: 'registry.k8s.io/provider-aws/cloud-controller-manager:v1.34.0',
          args: ['--v=2', '--cloud-provider=aws', '--use-service-account-credentials=true', routes],
        },
      ],
    },
  )

/** examples/out-of-tree/cloud-controller-manager.yaml of kubernetes-sigs/cloud-provider-azure. */
export const azureCloudControllerManager: Manifest = workload(
  'Deployment',
  'kube-system',
  'cloud-controller-manager',
  { tier: 'control-plane', component: 'cloud-controller-manager' },
  {
    hostNetwork: true,
    containers: [
      {
        name: 'cloud-controller-manager',
        image: 'mcr.microsoft.com/oss/kubernetes/azure-cloud-controller-manager:v1.34.1',
        command: ['cloud-controller-manager'],
        args: [
          '--allocate-node-cidrs=true',
          '--cloud-config=/etc/kubernetes/cloud-config/azure.json',
          '--cloud-provider=azure',
          '--cluster-cidr=10.244.0.0/16',
          '--cluster-name=k8s',
          '--controllers=*,-cloud-node',
          '--configure-cloud-routes=true',
          '--leader-elect=true',
          '--route-reconciliation-period=10s',
          '--v=4',
        ],
      },
    ],
  },
)

/** deploy/packages/default/manifest.yaml of kubernetes/cloud-provider-gcp, with the arguments that kops gives it. */
export const gcpCloudControllerManager: Manifest = workload(
  'DaemonSet',
  'kube-system',
  'cloud-controller-manager',
  { component: 'cloud-controller-manager' },
  {
    hostNetwork: true,
    containers: [
      {
        name: 'cloud-controller-manager',
        image: 'registry.k8s.io/cloud-provider-gcp/cloud-controller-manager:v32.2.5',
        args: [
          '--allocate-node-cidrs=true',
          '--cidr-allocator-type=CloudAllocator',
          '--cluster-cidr=100.96.0.0/11',
          '--cloud-provider=gce',
          '--configure-cloud-routes=false',
        ],
      },
    ],
  },
)

/** Documentation/kube-flannel.yml of flannel-io/flannel, v0.28; `netpol` is what its chart adds with netpol.enabled. */
export function flannel(backend = 'vxlan', { netpol = false, nodeSelector = {} } = {}): readonly Manifest[] {
  const labels = { app: 'flannel', tier: 'node' }
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-flannel-cfg', namespace: 'kube-flannel', labels },
      data: {
        'cni-conf.json':
          '{"name":"cbr0","cniVersion":"0.3.1","plugins":[{"type":"flannel","delegate":{"hairpinMode":true,"isDefaultGateway":true}},{"type":"portmap","capabilities":{"portMappings":true}}]}',
        'net-conf.json': `{\n  "Network": "10.244.0.0/16",\n  "EnableNFTables": false,\n  "Backend": {\n    "Type": "${backend}"\n  }\n}\n`,
      },
    },
    workload('DaemonSet', 'kube-flannel', 'kube-flannel-ds', labels, {
      hostNetwork: true,
      nodeSelector,
      serviceAccountName: 'flannel',
      initContainers: [
        {
          name: 'install-cni-plugin',
          image: 'ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel2',
          command: ['cp'],
          args: ['-f', '/flannel', '/opt/cni/bin/flannel'],
        },
        {
          name: 'install-cni',
          image: 'ghcr.io/flannel-io/flannel:v0.28.9',
          command: ['/opt/bin/install-conf'],
          args: ['/etc/kube-flannel/cni-conf.json', '/etc/cni/net.d/10-flannel.conflist'],
        },
      ],
      containers: [
        {
          name: 'kube-flannel',
          image: 'ghcr.io/flannel-io/flannel:v0.28.9',
          command: ['/opt/bin/flanneld'],
          args: ['--ip-masq', '--kube-subnet-mgr'],
        },
        ...(netpol
          ? [
              {
                name: 'kube-network-policies',
                image: 'registry.k8s.io/networking/kube-network-policies:v1.0.0',
                command: ['/bin/netpol', '--hostname-override=$(MY_NODE_NAME)', '--v=2'],
              },
            ]
          : []),
      ],
      volumes: [
        { name: 'cni', hostPath: { path: '/etc/cni/net.d' } },
        { name: 'flannel-cfg', configMap: { name: 'kube-flannel-cfg' } },
      ],
    }),
  ]
}

/** What flannel writes on a Node that it serves (pkg/subnet/kube/annotations.go). */
export const flannelAnnotations: Readonly<Record<string, string>> = {
  'flannel.alpha.coreos.com/backend-data': '{"VNI":1,"VtepMAC":"16:05:4a:ed:ac:85"}',
  'flannel.alpha.coreos.com/backend-type': 'vxlan',
  'flannel.alpha.coreos.com/kube-subnet-manager': 'true',
  'flannel.alpha.coreos.com/public-ip': '10.0.1.4',
}

/** And of its condition (pkg/subnet/kube/kube.go). */
export const flannelCondition = {
  type: 'NetworkUnavailable',
  status: 'False',
  reason: 'FlannelIsUp',
  message: 'Flannel is running on this node',
} as const

const kindnetLabels = { tier: 'node', app: 'kindnet', 'k8s-app': 'kindnet' }

/** pkg/build/nodeimage/const_cni.go of kubernetes-sigs/kind. */
export const kindnetd: Manifest = workload('DaemonSet', 'kube-system', 'kindnet', kindnetLabels, {
  hostNetwork: true,
  serviceAccountName: 'kindnet',
  containers: [
    {
      name: 'kindnet-cni',
      image: 'docker.io/kindest/kindnetd:v20250512-df8de77b',
      env: [{ name: 'POD_SUBNET', value: '10.244.0.0/16' }],
    },
  ],
  volumes: [
    { name: 'cni-cfg', hostPath: { path: '/etc/cni/net.d' } },
    { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock' } },
    { name: 'lib-modules', hostPath: { path: '/lib/modules' } },
  ],
})

/** upup/models/cloudup/resources/addons/networking.kindnet/k8s-1.32.yaml.template of kops. */
export const kopsKindnet = ({
  nodeSelector = {},
  policies = 'true',
}: {
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly policies?: string
} = {}): Manifest =>
  workload('DaemonSet', 'kube-system', 'kindnet', kindnetLabels, {
    hostNetwork: true,
    nodeSelector,
    serviceAccountName: 'kindnet',
    initContainers: [
      {
        name: 'install-cni-bin',
        image: 'ghcr.io/aojea/kindnetd:v1.8.6',
        command: ['sh', '-c', 'cat /opt/cni/bin/cni-kindnet > /cni/cni-kindnet ; chmod +x /cni/cni-kindnet'],
      },
    ],
    containers: [
      {
        name: 'kindnet-cni',
        image: 'ghcr.io/aojea/kindnetd:v1.8.6',
        command: [
          '/bin/kindnetd',
          '--hostname-override=$(NODE_NAME)',
          '--v=2',
          `--network-policy=${policies}`,
          '--dns-caching=true',
          '--nat64=false',
        ],
      },
    ],
    volumes: [
      { name: 'cni-cfg', hostPath: { path: '/etc/cni/net.d', type: 'DirectoryOrCreate' } },
      { name: 'var-lib-kindnet', hostPath: { path: '/var/lib/cni-kindnet', type: 'DirectoryOrCreate' } },
    ],
  })

/** ip-masq-agent.yaml of kubernetes-sigs/ip-masq-agent. */
export const ipMasqAgent: Manifest = workload(
  'DaemonSet',
  'kube-system',
  'ip-masq-agent',
  { 'k8s-app': 'ip-masq-agent' },
  {
    hostNetwork: true,
    containers: [
      {
        name: 'ip-masq-agent',
        image: 'registry.k8s.io/networking/ip-masq-agent:v2.12.4',
        args: ['--masq-chain=IP-MASQ', '--nomasq-all-reserved-ranges'],
      },
    ],
  },
)

/** By its own name alone; what is looked at of other networks. */
export const daemonSet = (name: string, namespace = 'kube-system'): Manifest =>
  workload(
    'DaemonSet',
    namespace,
    name,
    { 'k8s-app': name },
    {
      containers: [{ name, image: `example.org/${name}:v1` }],
    },
  )

/** install.yaml of kubernetes-sigs/kube-network-policies. */
export const kubeNetworkPolicies: Manifest = workload(
  'DaemonSet',
  'kube-system',
  'kube-network-policies',
  { app: 'kube-network-policies' },
  {
    hostNetwork: true,
    containers: [
      {
        name: 'kube-network-policies',
        image: 'registry.k8s.io/networking/kube-network-policies:v1.0.0',
        args: ['/bin/netpol', '--hostname-override=$(MY_NODE_NAME)'],
      },
    ],
  },
)

export const networkPolicy = (namespace: string, name: string): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace },
  spec: { podSelector: {}, policyTypes: ['Ingress'] },
})

/** pkg/apis/crds/karpenter.sh_nodepools.yaml of kubernetes-sigs/karpenter, as far as a server needs it to serve one. */
export const karpenterDefinition: Manifest = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'nodepools.karpenter.sh' },
  spec: {
    group: 'karpenter.sh',
    names: { kind: 'NodePool', listKind: 'NodePoolList', plural: 'nodepools', singular: 'nodepool' },
    scope: 'Cluster',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}

export const nodePool = (name: string, ...startupTaints: readonly object[]): Manifest => ({
  apiVersion: 'karpenter.sh/v1',
  kind: 'NodePool',
  metadata: { name },
  spec: {
    template: {
      spec: {
        nodeClassRef: { group: 'karpenter.k8s.aws', kind: 'EC2NodeClass', name: 'default' },
        startupTaints,
      },
    },
  },
})
