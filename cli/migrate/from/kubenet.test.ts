import { expect, test } from 'vitest'
import {
  awsCloudControllerManager,
  ipMasqAgent,
  kubeadmControllerManager,
  kubeadmProxy,
} from '../testing/manifests.ts'
import { openMigrateWorld } from '../testing/migrate-world.ts'

test('routes first, then the agent takes over each node, and one thing masquerades', async () => {
  await using world = await openMigrateWorld('kubenet')
  const { addAgent, addNode, apply, cluster, examine, holdLease, kubectl, routeAll, run } = world
  const bridge = 'detectLocal:\n  bridgeInterface: "cbr0"\ndetectLocalMode: BridgeInterface'
  apply(awsCloudControllerManager(), kubeadmControllerManager('cp-1'), ipMasqAgent)
  apply(...kubeadmProxy('10.244.0.0/16', bridge))
  addNode('node-a', { podCIDRs: ['10.244.0.0/24'] })

  const before = await examine()
  expect(before.codes).toEqual([
    'RouteControllerAtWork',
    'AllocatorAtWork',
    'MasqueradedTwice',
    'ProxyBridge',
  ])
  expect(before.steps.map(({ name }) => name)).toEqual([
    ...['definitions', 'survey', 'route-controller', 'allocator', 'controller', 'adopt', 'routes'],
    ...['policies', 'kube-proxy', 'agent', 'masquerade'],
  ])
  await run('--do', 'definitions', '--yes')
  kubectl((await examine()).steps.find(({ name }) => name === 'route-controller')?.how[0] ?? '')
  holdLease()
  routeAll()
  const rest = ['--allocate-node-cidrs=false'] as const
  const proxy = await examine(...rest)
  expect(proxy).toMatchObject({ step: 'kube-proxy', codes: ['MasqueradedTwice', 'ProxyBridge'] })
  expect(proxy.steps.find(({ name }) => name === 'kube-proxy')?.how).toEqual([
    'kubectl -n kube-system edit configmap kube-proxy',
    '# in config.conf: detectLocalMode: NodeCIDR',
    'kubectl -n kube-system rollout restart daemonset kube-proxy',
  ])
  const [config] = kubeadmProxy('10.244.0.0/16', 'detectLocalMode: NodeCIDR')
  if (config === undefined) throw new Error('no ConfigMap')
  world.remove(config)
  apply(config)

  expect((await examine(...rest)).step).toBe('agent')
  addAgent('node-a')
  const masquerade = await examine(...rest)
  expect(masquerade.step).toBe('masquerade')
  kubectl(masquerade.steps.at(-1)?.how[1] ?? '')
  expect(await examine(...rest)).toMatchObject({ outcome: 'complete', code: 0, codes: [] })
  expect(cluster.node('node-a').spec.podCIDRs).toEqual(['10.244.0.0/24'])
})
