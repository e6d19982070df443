import { describe, expect, test } from 'vitest'
import { KubeError } from '../../kube/errors.ts'
import type { Node, ObjectMeta } from '../../kube/objects.ts'
import { type ControllersInput, checkControllers } from './check-controllers.ts'
import type { Container, Pod, Workload } from './cluster.ts'

const meta = (name: string, more: Partial<ObjectMeta> = {}): ObjectMeta => ({
  ...{ name, namespace: 'kube-system', uid: name, resourceVersion: '1' },
  ...more,
})
const pod = (container: Partial<Container>, more: Partial<ObjectMeta> = {}): Pod => ({
  metadata: meta('pod', more),
  spec: { containers: [{ name: 'c', ...container }] },
})
const workload = (name: string, container: Partial<Container> = {}): Workload => ({
  metadata: meta(name),
  spec: { template: { spec: { containers: [{ name: 'c', ...container }] } } },
})
const quiet = pod({ command: ['kube-controller-manager', '--cloud-provider=external'] })
const check = (more: Partial<ControllersInput>): readonly string[] =>
  checkControllers({
    clusterName: 'prod',
    allocates: true,
    nodes: [],
    systemPods: { value: [quiet] },
    daemonSets: { value: [] },
    deployments: { value: [] },
    ...more,
  }).map(({ code, object }) => `${code} ${object.kind}/${object.name}`)

const ccm = 'aws-cloud-controller-manager'

describe('controllers', () => {
  test.each<[what: string, more: Partial<ControllersInput>, codes: readonly string[]]>([
    ['nothing else', {}, ['NoOtherController cluster/prod']],
    [
      'a cloud-controller-manager without routes',
      { daemonSets: { value: [workload('ccm', { args: [ccm, '--configure-cloud-routes=false'] })] } },
      ['NoOtherController cluster/prod'],
    ],
    [
      'one whose route controller is out of its list',
      { daemonSets: { value: [workload('ccm', { args: [ccm, '--controllers=*,-route-controller'] })] } },
      ['NoOtherController cluster/prod'],
    ],
    [
      'one that does both, as a Deployment',
      { deployments: { value: [workload('ccm', { args: [ccm, '--allocate-node-cidrs'] })] } },
      ['AnotherRouteController Deployment/kube-system/ccm', 'AnotherAllocator Deployment/kube-system/ccm'],
    ],
    [
      'podway does not allocate: somebody has to',
      {
        allocates: false,
        systemPods: { value: [pod({ command: ['kube-controller-manager', '--allocate-node-cidrs=true'] })] },
      },
      ['NoOtherController cluster/prod'],
    ],
    [
      'kube-controller-manager with an in-tree cloud',
      { systemPods: { value: [pod({ command: ['kube-controller-manager', '--cloud-provider=aws'] })] } },
      ['AnotherRouteController Pod/kube-system/pod'],
    ],
    [
      'gardener’s',
      { deployments: { value: [workload('arc', { image: 'x/aws-custom-route-controller:1' })] } },
      ['AnotherRouteController Deployment/kube-system/arc'],
    ],
    [
      'the node IPAM controller of kubernetes-sigs',
      { deployments: { value: [workload('nic', { image: 'registry.k8s.io/node-ipam-controller:v1' })] } },
      ['AnotherAllocator Deployment/kube-system/nic'],
    ],
    [
      'a pod of a DaemonSet is told as the DaemonSet',
      {
        systemPods: {
          value: [
            quiet,
            pod(
              { args: [ccm] },
              { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'ccm', uid: 'u' }] },
            ),
          ],
        },
        daemonSets: { value: [workload('ccm', { args: [ccm] })] },
      },
      ['AnotherRouteController DaemonSet/kube-system/ccm'],
    ],
  ])('%s', (_, more, codes) => {
    expect(check(more)).toEqual(codes)
  })

  test('a DaemonSet that may not be read is seen by its pods', () => {
    const unread = new KubeError('may not', { status: 403, reason: 'Forbidden' })
    const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'ccm', uid: 'u' }
    expect(
      check({
        daemonSets: { unread },
        systemPods: { value: [quiet, pod({ args: [ccm] }, { name: 'ccm-x', ownerReferences: [owner] })] },
      }),
    ).toEqual([
      'AnotherRouteController Pod/kube-system/ccm-x',
      'ControllersUnknown permission/list daemonsets in all namespaces',
    ])
  })
})

test.each(['kindnet', 'kube-flannel-ds', 'calico-node', 'canal', 'cilium', 'aws-node', 'kube-router'])(
  'the network %s',
  (name) => {
    expect(check({ daemonSets: { value: [workload(name)] } })).toEqual([
      `AnotherPodNetwork DaemonSet/kube-system/${name}`,
    ])
  },
)

test('conditions: what is podway’s to change is nobody else’s', () => {
  const node = (name: string, reason?: string): Node => ({
    metadata: meta(name),
    spec: {},
    status: {
      conditions: [
        { type: 'NetworkUnavailable', status: 'False', ...(reason === undefined ? {} : { reason }) },
      ],
    },
  })
  const nodes = [node('a', 'RouteCreated'), node('b', 'CiliumIsUp'), node('c'), node('d', 'CiliumIsUp')]
  expect(check({ nodes })).toEqual(['ConditionOfOthers Node/b'])
})
