import { expect, test } from 'vitest'
import {
  daemonSet,
  flannel,
  flannelAnnotations,
  flannelCondition,
  kubeadmControllerManager,
  kubeadmProxy,
  networkPolicy,
} from '../testing/manifests.ts'
import { type MigrateWorld, openMigrateWorld } from '../testing/migrate-world.ts'

/** Two nodes of kubeadm's with flannel, as its manifest has it. */
async function flannelWorld(): Promise<MigrateWorld> {
  const world = await openMigrateWorld('flannel')
  world.apply(
    ...flannel(),
    ...kubeadmProxy('10.244.0.0/16'),
    kubeadmControllerManager('cp-1', '--allocate-node-cidrs=false'),
  )
  for (const [index, name] of ['node-a', 'node-b'].entries())
    world.addNode(
      name,
      { podCIDRs: [`10.244.${index}.0/24`], conditions: [flannelCondition] },
      { annotations: flannelAnnotations },
    )
  return world
}

test('from flannel, step by step, each by what the step before says to type', async () => {
  await using world = await flannelWorld()
  const { addAgent, apply, cluster, examine, holdLease, kubectl, routeAll, run } = world

  const before = await examine()
  expect(before.code).toBe(2)
  expect(before.states).toEqual([
    'definitions next',
    'route-controller done',
    'allocator done',
    'controller later',
    'adopt later',
    'routes later',
    'policies done',
    'kube-proxy done',
    'hold later',
    'agent later',
    'nodes later',
    'masquerade done',
    'remove later',
  ])
  expect(before.codes).toEqual(['ConditionOfPredecessor', 'FlannelBackend'])

  expect(await run('--do', 'definitions', '--yes')).toMatchObject({ code: 2 })
  expect((await examine()).step).toBe('controller')
  holdLease()
  expect((await examine()).step).toBe('routes')
  routeAll()

  // First the marks, then the selector.
  const hold = await examine()
  expect(hold.step).toBe('hold')
  const commands = hold.steps.find(({ name }) => name === 'hold')?.how ?? []
  expect(commands[0]).toBe('kubectl label node node-a node-b podway.dev/predecessor=flannel')
  for (const command of commands) kubectl(command)
  expect((await examine()).states).toContain('hold done')

  // The agent's DaemonSet as deploy/ has it goes to nodes of flannel's too.
  apply(daemonSet('podway-agent', 'podway-system'))
  const agent = await examine()
  expect(agent.step).toBe('agent')
  const patch = /-p '(.*)' \| kubectl apply/.exec(
    agent.steps.find(({ name }) => name === 'agent')?.how.at(-1) ?? '',
  )?.[1]
  kubectl(`kubectl -n podway-system patch daemonset podway-agent --type merge -p '${patch ?? ''}'`)

  const nodes = await examine()
  expect(nodes.step).toBe('nodes')
  const first = nodes.steps.find(({ name }) => name === 'nodes')
  expect(first?.message).toBe('2 of 2 Nodes still have flannel: 2 Nodes (node-a, node-b).')
  expect(first?.how).toEqual([
    'kubectl drain node-a --ignore-daemonsets --delete-emptydir-data',
    '# on node-a: rm /etc/cni/net.d/10-flannel.conflist',
    'kubectl delete node node-a',
    '# on node-a: reboot, which takes cni0, flannel.1 and its rules along; its kubelet registers it anew',
    'kubectl wait --for=condition=Ready node/node-a --timeout=10m',
    '# then run this command again: it tells the next node',
  ])
  cluster.deleteRecord('v4-10-244-0-0-24')
  cluster.patchRecord('v4-10-244-0-0-24', { metadata: { finalizers: [] } })
  kubectl('kubectl delete node node-a')
  // Its kubelet registers it anew; the same machine has the same range again, and no route yet.
  world.addNode('node-a', { podCIDRs: ['10.244.0.0/24'] })
  expect(await examine()).toMatchObject({ step: 'routes', code: 2 })
  const { uid } = cluster.node('node-a').metadata
  cluster.addRecord('10.244.0.0/24', { name: 'node-a', uid }, 'node-a')
  cluster.patchNode(
    'node-a',
    { status: { conditions: [{ type: 'NetworkUnavailable', status: 'False', reason: 'RouteCreated' }] } },
    '/status',
  )

  const waits = await examine()
  expect(waits).toMatchObject({ step: 'nodes', outcome: 'blocked', code: 1 })
  expect(waits.steps.find(({ name }) => name === 'nodes')?.blockers).toEqual([
    'No agent is ready on Node node-a: not before it is should the next node follow.',
  ])
  addAgent('node-a')
  const second = (await examine()).steps.find(({ name }) => name === 'nodes')
  expect(second).toMatchObject({ state: 'next', message: '1 of 2 Nodes still have flannel: Node node-b.' })

  cluster.deleteRecord('v4-10-244-1-0-24')
  cluster.patchRecord('v4-10-244-1-0-24', { metadata: { finalizers: [] } })
  kubectl('kubectl delete node node-b')
  world.addNode('node-b', { podCIDRs: ['10.244.1.0/24'] })
  const other = cluster.node('node-b').metadata.uid
  cluster.addRecord('10.244.1.0/24', { name: 'node-b', uid: other }, 'node-b')
  cluster.patchNode(
    'node-b',
    { status: { conditions: [{ type: 'NetworkUnavailable', status: 'False', reason: 'RouteCreated' }] } },
    '/status',
  )
  addAgent('node-b')

  const remove = await examine()
  expect(remove).toMatchObject({ step: 'remove', codes: [] })
  for (const command of remove.steps.find(({ name }) => name === 'remove')?.how ?? [])
    if (!command.includes('clusterrole')) kubectl(command)
  const after = await examine()
  expect(after).toMatchObject({ outcome: 'complete', step: null, code: 0, codes: [] })
  expect(after.stderr).toBe('The migration is complete.\n')
  expect(cluster.writes).toEqual(['POST customresourcedefinitions', 'POST customresourcedefinitions'])
})

test('a node that is cut off holds back the next', async () => {
  await using world = await flannelWorld()
  world.apply(networkPolicy('shop', 'deny-all'))
  await world.run('--do', 'definitions', '--yes')
  world.holdLease()
  world.routeAll()
  for (const command of (await world.examine()).steps.find(({ name }) => name === 'hold')?.how ?? [])
    world.kubectl(command)
  world.apply({
    ...daemonSet('podway-agent', 'podway-system'),
    spec: { template: { spec: { affinity: { key: 'podway.dev/predecessor' } } } },
  })
  world.addAgent('node-b', 'False')
  const { outcome, steps } = await world.examine()
  expect(outcome).toBe('blocked')
  expect(steps.find(({ name }) => name === 'nodes')?.blockers).toEqual([
    'Other nodes don’t answer Node node-b over the pod network: not before they do should the next node follow.',
  ])
})
