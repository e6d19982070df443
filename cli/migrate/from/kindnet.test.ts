import { expect, test } from 'vitest'
import {
  daemonSet,
  kindnetd,
  kopsKindnet,
  kopsProxy,
  kubeadmControllerManager,
  kubeadmProxy,
  kubeNetworkPolicies,
  networkPolicy,
} from '../testing/manifests.ts'
import { openMigrateWorld } from '../testing/migrate-world.ts'

const off = kubeadmControllerManager('cp-1', '--allocate-node-cidrs=false')

test('kind’s is taken over in place', async () => {
  await using world = await openMigrateWorld('kindnet')
  const { addAgent, addNode, apply, examine, holdLease, kubectl, routeAll, run } = world
  apply(kindnetd, off, ...kubeadmProxy('10.244.0.0/16'))
  for (const index of [0, 1]) addNode(`node-${index}`, { podCIDRs: [`10.244.${index}.0/24`] })
  await run('--do', 'definitions', '--yes')
  holdLease()
  routeAll()

  const agent = await examine()
  expect(agent.states.slice(5)).toEqual([
    'routes done',
    'policies done',
    'kube-proxy done',
    'agent next',
    'masquerade done',
    'remove later',
  ])
  expect(agent.steps.find(({ name }) => name === 'agent')?.how.join('\n')).toMatch('cni-ipam-state')
  addAgent('node-0')
  addAgent('node-1', 'True', 'False')
  expect((await examine()).steps.find(({ name }) => name === 'agent')?.message).toBe(
    'No agent is ready on Node node-1.',
  )
  // kindnet must not go as long as a node lives by it.
  expect((await examine()).states.at(-1)).toBe('remove later')
  world.cluster.simulator.handle(
    {
      ...{ method: 'PATCH', target: '/api/v1/namespaces/podway-system/pods/podway-agent-node-1/status' },
      headers: { 'content-type': 'application/merge-patch+json', 'user-agent': 'test' },
      body: JSON.stringify({ status: { conditions: [{ type: 'Ready', status: 'True' }] } }),
    },
    0,
  )
  const remove = await examine()
  expect(remove.step).toBe('remove')
  kubectl(remove.steps.at(-1)?.how[0] ?? '')
  expect(await examine()).toMatchObject({ outcome: 'complete', code: 0, codes: [] })
})

test('that of kops, with a database of its own, leaves node by node', async () => {
  await using world = await openMigrateWorld('kindnet')
  const { addAgent, addNode, apply, cluster, examine, holdLease, kubectl, remove, routeAll, run } = world
  apply(
    kopsKindnet(),
    off,
    kopsProxy('node-0', '--cluster-cidr=100.64.0.0/10'),
    networkPolicy('shop', 'deny-all'),
  )
  addNode(
    'node-0',
    { podCIDRs: ['10.244.0.0/24'] },
    { labels: { 'kops.k8s.io/instancegroup': 'cp', 'node-role.kubernetes.io/control-plane': '' } },
  )
  cluster.patchNode('node-0', {
    spec: { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] },
  })
  await run('--do', 'definitions', '--yes')
  holdLease()
  routeAll()

  const policies = await examine()
  expect(policies.codes).toEqual(['PlatformOverwrites', 'ProxyClusterCidr', 'PoliciesLoseEnforcer'])
  expect(policies).toMatchObject({ step: 'policies', code: 2 })
  expect(policies.steps.find(({ name }) => name === 'policies')?.message).toBe(
    '1 NetworkPolicies are enforced by kindnet alone, which goes: shop/deny-all.',
  )
  // Either something else enforces them, or the user says that they may go.
  expect((await examine('--assume', 'policies')).step).toBe('kube-proxy')
  apply(kubeNetworkPolicies)
  const proxy = await examine()
  expect(proxy).toMatchObject({ step: 'kube-proxy', codes: ['PlatformOverwrites', 'ProxyClusterCidr'] })
  expect(proxy.steps.find(({ name }) => name === 'kube-proxy')?.how.at(-1)).toMatch(
    '--detect-local-mode=NodeCIDR',
  )
  remove(kopsProxy('node-0'))
  apply(kopsProxy('node-0', '--cluster-cidr=100.64.0.0/10', '--detect-local-mode=NodeCIDR'))

  for (const line of (await examine()).steps.find(({ name }) => name === 'hold')?.how ?? []) kubectl(line)
  apply({
    ...daemonSet('podway-agent', 'podway-system'),
    spec: { template: { spec: { affinity: { key: 'podway.dev/predecessor' } } } },
  })
  const nodes = await examine()
  expect(nodes.step).toBe('nodes')
  // What a control plane's kubelet does not say of itself when it registers has to be given back.
  expect(nodes.steps.find(({ name }) => name === 'nodes')?.how.slice(4, 6)).toEqual([
    'kubectl label node node-0 node-role.kubernetes.io/control-plane=',
    'kubectl taint node node-0 node-role.kubernetes.io/control-plane:NoSchedule',
  ])
  kubectl('kubectl delete node node-0')
  cluster.deleteRecord('v4-10-244-0-0-24')
  cluster.patchRecord('v4-10-244-0-0-24', { metadata: { finalizers: [] } })
  addNode('node-0', { podCIDRs: ['10.244.0.0/24'] })
  routeAll()
  addAgent('node-0')
  const after = await examine()
  expect(after.step).toBe('remove')
  kubectl(after.steps.at(-1)?.how[0] ?? '')
  expect(await examine()).toMatchObject({ outcome: 'complete', code: 0, codes: [] })
})
