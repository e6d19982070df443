import { expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import { MemoryCloud } from '../providers/memory/memory-cloud.ts'
import { memoryProvider } from '../providers/memory/memory-provider.ts'
import { silentLogger } from '../kube/log.ts'
import { NodeRouteStore } from '../reconciler/node-route/node-route-store.ts'
import { withdrawPodNetwork } from '../reconciler/pod-network/pod-network-store.ts'
import { runCleanup } from './run-cleanup.ts'
import { CommandWorld, nobody, personSaying, signal, waits } from './testing/command-world.ts'

/** Two routes of podway's, in a table that is not tagged any more too, and what is others'. */
async function makeWorld() {
  const world = await CommandWorld.open()
  const cloud = new MemoryCloud()
  for (const id of ['table-1', 'table-2']) cloud.addTable(id)
  const put = (table: string, destination: string, id: string): void =>
    void cloud.putRoute(table, { destination: parseCidr(destination), target: { kind: 'instance', id } })
  put('table-1', '10.244.1.0/24', 'node-1')
  put('table-2', '10.244.1.0/24', 'node-1')
  put('table-1', '10.244.2.0/24', 'changed by hand')
  put('table-1', '10.0.0.0/8', 'foreign')
  world.cluster.addRecord('10.244.1.0/24', { name: 'node-1', uid: 'u1' }, 'node-1', [
    'table-1',
    'table-2',
    'gone',
  ])
  world.cluster.addRecord('10.244.2.0/24', { name: 'node-2', uid: 'u2' }, 'node-2', ['table-1'])
  const parts = {
    provider: memoryProvider(cloud),
    store: new NodeRouteStore(world.routes, silentLogger),
    withdraw: (term: AbortSignal) => withdrawPodNetwork(world.podNetworks, term),
    output: world.output,
    waits,
    asker: nobody,
    alone: (work: (term: AbortSignal) => Promise<void>) => work(signal),
  }
  return { world, cloud, parts }
}

// https://github.com/gardener/gardener-extension-provider-gcp/issues/1187
test('routes leak when the mode changes or the cluster goes: here all of ours go, and what is foreign stays', async () => {
  const { world, cloud, parts } = await makeWorld()
  await using _ = world
  await runCleanup({ yes: true, output: 'table' }, parts, signal)
  expect(cloud.routes('table-1').map(({ target }) => target.id)).toEqual(['changed by hand', 'foreign'])
  expect(cloud.routes('table-2')).toEqual([])
  expect(world.cluster.records()).toEqual([])
  expect(world.output.notes).toEqual(['2 routes deleted.'])
})

test('agents are told before, and if they can’t be, nothing is deleted; without a PodNetwork there is nobody to tell', async () => {
  const { world, cloud, parts } = await makeWorld()
  await using _ = world
  const { cluster } = world
  const families = [{ family: 'IPv4', pools: ['10.244.0.0/16'], nativeRanges: ['10.0.0.0/24'] }] as const
  cluster.addPodNetwork({ provider: 'aws', cluster: 'prod', families, since: '2026-01-01T00:00:00Z' })
  cluster.simulator.faults.add({
    match: { method: 'DELETE', resource: 'podnetworks' },
    fault: { kind: 'status', code: 403 },
  })
  await expect(runCleanup({ yes: true, output: 'json' }, parts, signal)).rejects.toMatchObject({
    status: 403,
  })
  expect(cloud.writes).toEqual([])
  await runCleanup({ yes: true, output: 'json' }, parts, signal)
  expect(cluster.podNetworks()).toEqual([])
  expect(cloud.routes('table-2')).toEqual([])
  await runCleanup({ yes: true, output: 'json' }, parts, signal)
})

test('without --yes they are listed, and nothing is written', async () => {
  const { world, cloud, parts } = await makeWorld()
  await using _ = world
  await runCleanup({ yes: false, output: 'table' }, parts, signal)
  expect(world.output.rows.slice(0, 3)).toEqual([
    ['TABLE', 'DESTINATION', 'NODE', 'TARGET'],
    ['table-1', '10.244.1.0/24', 'node-1', 'instance/node-1'],
    ['table-2', '10.244.1.0/24', 'node-1', 'instance/node-1'],
  ])
  expect(world.output.notes).toEqual([
    '2 routes would be deleted: stop the controller, and run the command again with --yes.',
  ])
  expect(cloud.writes).toEqual([])
  expect(world.cluster.records()).toHaveLength(2)
})

test('what can’t be deleted stays recorded, and running it again is enough', async () => {
  const { world, cloud, parts } = await makeWorld()
  await using _ = world
  cloud.fail({ at: 'delete', table: 'table-2', class: 'unauthorized' })
  await expect(runCleanup({ yes: true, output: 'json' }, parts, signal)).rejects.toThrow(
    '1 route could not be deleted',
  )
  expect(world.cluster.records().map(({ spec }) => spec.destination)).toEqual(['10.244.1.0/24'])
  await runCleanup({ yes: true, output: 'json' }, parts, signal)
  expect(world.cluster.records()).toEqual([])
  expect(cloud.routes('table-2')).toEqual([])
})

test('a table that can’t be read: nothing is deleted', async () => {
  const { world, cloud, parts } = await makeWorld()
  await using _ = world
  cloud.fail({ at: 'list', table: 'table-2', class: 'unauthorized' })
  await expect(runCleanup({ yes: true, output: 'table' }, parts, signal)).rejects.toThrow('unauthorized')
  expect(cloud.writes).toEqual([])
})

test('a controller at work: nothing is deleted', async () => {
  const { world, cloud, parts } = await makeWorld()
  await using _ = world
  const busy = { ...parts, alone: () => Promise.reject(new Error('a controller is at work')) }
  await expect(runCleanup({ yes: true, output: 'table' }, busy, signal)).rejects.toThrow('at work')
  expect(cloud.writes).toEqual([])
})

test.each([
  ['yes', 0],
  ['y', 3],
  ['', 3],
])('a person is shown them and asked; the answer is %j', async (answer, left) => {
  const { world, cloud, parts } = await makeWorld()
  await using _ = world
  const person = personSaying(answer)
  const run = runCleanup({ yes: false, output: 'table' }, { ...parts, asker: person }, signal)
  await (answer === 'yes' ? run : expect(run).rejects.toThrow('nothing was done: the answer was not yes'))
  expect(person.questions).toEqual(['Do you want 2 routes to be deleted? Only "yes" is taken for it: '])
  expect(world.output.rows).toHaveLength(4)
  const isOurs = ({ target }: { readonly target: { readonly id: string } }): boolean => target.id === 'node-1'
  expect([...cloud.routes('table-1'), ...cloud.routes('table-2')].filter(isOurs)).toHaveLength(
    left === 0 ? 0 : 2,
  )
})

test('what has changed behind the question is not deleted', async () => {
  const { world, cloud, parts } = await makeWorld()
  await using _ = world
  const person = personSaying('yes', () => cloud.removeRoute('table-2', parseCidr('10.244.1.0/24')))
  await expect(
    runCleanup({ yes: false, output: 'table' }, { ...parts, asker: person }, signal),
  ).rejects.toThrow('has changed since it was shown')
  expect(cloud.writes).toEqual([])
})
