import { expect, test } from 'vitest'
import { load } from 'js-yaml'
import { runMain } from '../testing/run-main.ts'
import { daemonSet, flannel, kubeadmControllerManager, kubeadmProxy } from './testing/manifests.ts'
import { openMigrateWorld } from './testing/migrate-world.ts'

test.each<[flags: readonly string[], says: string]>([
  [[], '--from <predecessor>'],
  [['--from', 'weave'], '--from=weave: expected one of cloud-controller-manager, kubenet, kindnet, flannel'],
  [
    ['--from', 'flannel', '--assume', 'survey,nonsense'],
    '--assume=survey,nonsense: expected some of definitions, survey',
  ],
  [['--from', 'flannel', '--do', 'nodes'], '--do=nodes: expected one of definitions, adopt'],
  [['--from', 'flannel', '--do', 'adopt'], '--do adopt: say with --provider and --cluster-name'],
  [['--from', 'flannel', '--provider', 'aws'], '--cluster-name is missing'],
  [['--from', 'flannel', '--cluster-name', 'prod'], '--provider is missing'],
  [['--from', 'flannel', '--yes'], '--yes: there is nothing to confirm without --do'],
  [['--from', 'flannel', '-o', 'xml'], '--output=xml: expected one of table, json, yaml'],
])('wrong usage: %j', async (flags, says) => {
  const { code, stderr, stdout } = await runMain(['migrate', ...flags])
  expect(stderr).toContain(says)
  expect([code, stdout]).toEqual([64, ''])
})

test('people see findings, steps, and what to type for the next one', async () => {
  await using world = await openMigrateWorld('flannel')
  world.apply(...flannel(), ...kubeadmProxy('10.244.0.0/16'), kubeadmControllerManager('cp-1'))
  const { code, stderr, stdout } = await world.run()
  expect([code, stderr]).toEqual([2, 'Next: definitions. Run this again when it is done.\n'])
  expect(stdout).toBe(`warning  AllocatorAtWork  Pod/kube-system/kube-controller-manager-cp-1
         Pod kube-system/kube-controller-manager-cp-1 gives Nodes their podCIDRs.
         Fix: Turn it off, as the step tells, or leave it on and say \`--allocate-node-cidrs=false\`.

From flannel to podway, 5 of 13 steps done:

next     definitions       Define NodeRoutes and PodNetworks
         Not defined: noderoutes.podway.dev, podnetworks.podway.dev.
         podway records in them which routes are its own. They change nothing by themselves.
             podway migrate --from flannel --do definitions
             # or: podway crds | kubectl apply -f -
         Back: Delete the definitions, as long as no NodeRoute is there.
done     route-controller  Turn off the route controller of before
later    allocator         Turn off the allocator of podCIDRs of before
later    controller        Start podway’s controller
later    adopt             Take over the routes that there are
later    routes            Wait until all routes are in all tables
done     policies          Have NetworkPolicies enforced by something that stays
done     kube-proxy        Let kube-proxy tell pods by their node’s podCIDR
later    hold              Keep flannel on the nodes that have it, and off all others
later    agent             Run the node agent where the predecessor is not
done     nodes             Lead over node by node
done     masquerade        Leave masquerading to one of the two
later    remove            Remove flannel
`)
})

test('programs get the same in JSON and YAML, of one form', async () => {
  await using world = await openMigrateWorld('flannel')
  world.apply(...flannel())
  const json = JSON.parse((await world.run('-o', 'json')).stdout) as object
  expect(load((await world.run('-o', 'yaml')).stdout)).toEqual(json)
  expect(json).toMatchObject({
    ...{ apiVersion: 'podway.dev/v1alpha1', kind: 'Migration' },
    ...{ from: 'flannel', outcome: 'steps-left', step: 'definitions' },
  })
})

test('it is read only, however often it runs', async () => {
  await using world = await openMigrateWorld('flannel')
  world.apply(...flannel())
  const first = await world.run()
  expect(await world.run()).toEqual(first)
  expect(world.cluster.writes).toEqual([])
})

test('without a terminal nothing is done unasked', async () => {
  await using world = await openMigrateWorld('flannel')
  world.apply(...flannel())
  const { code, stderr } = await world.run('--do', 'definitions')
  expect([code, stderr]).toEqual([
    1,
    'podway: nothing was done: there is no terminal to ask at. If it is meant, run the command again with --yes\n',
  ])
  expect(world.cluster.writes).toEqual([])
})

test('a step is not done out of its turn, and not twice', async () => {
  await using world = await openMigrateWorld('flannel')
  world.apply(...flannel(), daemonSet('cilium'))
  const blocked = await world.run('--do', 'definitions', '--yes')
  expect([blocked.code, blocked.stdout]).toEqual([1, ''])
  expect(blocked.stderr).toMatch(/^podway: definitions can't be done now: OtherPodNetwork: /)
  world.remove(daemonSet('cilium'))
  expect((await world.run('--do', 'definitions', '--yes')).stderr).toMatch(
    'noderoutes.podway.dev defined.\npodnetworks.podway.dev defined.\n',
  )
  expect((await world.run('--do', 'definitions', '--yes')).stderr).toMatch(
    'definitions is done already: podway’s definitions are established.',
  )
})

test('one definition that is there is left as it is', async () => {
  await using world = await openMigrateWorld('flannel')
  world.apply(...flannel())
  world.cluster.define('podnetworks')
  const { stderr } = await world.run('--do', 'definitions', '--yes')
  expect(stderr).toMatch(
    'noderoutes.podway.dev defined.\npodnetworks.podway.dev is defined already, and left as it is.\n',
  )
})

test('what may not be read is told, and what follows from it is not guessed', async () => {
  await using world = await openMigrateWorld('flannel')
  world.apply(...flannel())
  world.addNode('node-a', { podCIDRs: ['10.244.0.0/24'] })
  for (const resource of [
    'pods',
    'daemonsets',
    'deployments',
    'customresourcedefinitions',
    'leases',
    'networkpolicies',
    'configmaps',
  ])
    world.forbid(resource)
  const { findings, states } = await world.examine()
  const unread = findings.filter(({ code }) => code === 'Unread').map(({ object }) => object.name)
  expect(unread).toEqual([
    ...['pods in kube-system', 'daemonsets in all namespaces', 'deployments in all namespaces'],
    ...['customresourcedefinitions', 'lease podway-system/podway-controller', 'pods in podway-system'],
    ...[
      'configmap kube-system/kube-proxy',
      'configmap kube-flannel-cfg',
      'networkpolicies in all namespaces',
    ],
  ])
  expect(states).toEqual([
    'definitions unclear',
    ...['route-controller later', 'allocator later', 'controller later'],
    // NodeRoutes may be read, and the only Node has no route of anybody's.
    ...['adopt done', 'routes later', 'policies later', 'kube-proxy later'],
    ...['hold later', 'agent later', 'nodes later', 'masquerade later', 'remove later'],
  ])
})

test('a cluster that does not answer is an error, and no finding', async () => {
  await using world = await openMigrateWorld('flannel')
  world.forbid('nodes')
  const { code, stderr, stdout } = await world.run()
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^podway: GET \/api\/v1\/nodes: /)
})
