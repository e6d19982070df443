import { expect, test } from 'vitest'
import type { KubeClient } from '../../kube/client.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Node } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { MemoryCloud } from '../../providers/memory/memory-cloud.ts'
import { memoryProvider } from '../../providers/memory/memory-provider.ts'
import { Pool } from '../../reconciler/ipam/pool.ts'
import { listAll } from '../list-all.ts'
import { CommandWorld, RecordedOutput, signal, waits } from '../testing/command-world.ts'
import { clusterLedger, readOnlyStore } from './ledger-source.ts'
import { type RouteSurvey, type SurveyRequest, surveyRoutes } from './survey.ts'

async function makeWorld(nodes: number) {
  const world = await CommandWorld.open()
  const cloud = new MemoryCloud()
  for (const id of ['table-1', 'table-2']) cloud.addTable(id)
  const join = (name: string, ...podCIDRs: readonly string[]): Node => {
    const { providerID } = cloud.addInstance(name)
    return world.cluster.addNode(name, { providerID, podCIDRs })
  }
  const joined = Array.from({ length: nodes }, (_, index) => join(`node-${index}`, `10.244.${index}.0/24`))
  const put = (table: string, destination: string, id: string): void =>
    void cloud.putRoute(table, { destination: parseCidr(destination), target: { kind: 'instance', id } })
  const own = (
    destination: string,
    node: { readonly name: string; readonly uid: string },
    ...tables: readonly string[]
  ): void => {
    for (const table of tables) put(table, destination, node.name)
    world.cluster.addRecord(destination, node, node.name, tables)
  }
  const look = (request: Partial<SurveyRequest> = {}): Promise<RouteSurvey> =>
    surveyRoutes({ policy: 'sync', ...request }, partsOf(world.kube, cloud), signal)
  return Object.assign(world, { cloud, join, joined, put, own, look })
}

function partsOf(kube: KubeClient, cloud: MemoryCloud) {
  const ledger = clusterLedger(kube, new RecordedOutput())
  return {
    provider: memoryProvider(cloud),
    nodes: (term: AbortSignal) => listAll(new Resource<Node>(kube, nodeType), term),
    store: { ...readOnlyStore([]), load: ledger.read },
    waits,
  }
}

/** `10.244.0.0/24 table-1 create` and the like, with what holds it. */
const itemsOf = ({ destinations }: RouteSurvey): readonly string[] =>
  destinations.flatMap(({ key, work }) =>
    work.map(({ hold, item, table }) =>
      [key, table.id, item.op, ...(hold === undefined ? [] : [hold.reason])].join(' '),
    ),
  )

const uidOf = ({ metadata }: Node) => ({ name: metadata.name, uid: metadata.uid })

test('what is there, what is missing, what is foreign, and what is nobody’s any more', async () => {
  await using world = await makeWorld(3)
  const { cloud, joined, look, own, put } = world
  const [first, second] = joined
  if (first === undefined || second === undefined) throw new Error('no nodes')
  own('10.244.0.0/24', uidOf(first), 'table-1', 'table-2')
  own('10.244.9.0/24', { name: 'gone', uid: 'gone' }, 'table-1')
  put('table-1', '10.244.1.0/24', 'node-1')
  put('table-2', '10.244.1.0/24', 'somebody')
  world.cluster.forgetCalls()
  const survey = await look()
  expect(itemsOf(survey)).toEqual([
    '10.244.0.0/24 table-1 keep',
    '10.244.0.0/24 table-2 keep',
    '10.244.1.0/24 table-1 satisfied',
    '10.244.1.0/24 table-2 disputed',
    '10.244.2.0/24 table-1 create',
    '10.244.2.0/24 table-2 create',
    '10.244.9.0/24 table-1 delete',
    '10.244.9.0/24 table-2 none',
  ])
  expect(survey.destinations.map(({ adoptable }) => adoptable)).toEqual([[], ['table-1'], [], []])
  expect(survey.destinations.map(({ holder }) => holder?.name)).toEqual([
    'node-0',
    'node-1',
    'node-2',
    undefined,
  ])
  expect(survey.destinations[2]?.target).toEqual({ kind: 'instance', id: 'node-2' })
  expect(survey.troubles.map(({ node, reason }) => [node, reason])).toEqual([['node-1', 'ForeignRoute']])
  // It looks, and does nothing else.
  expect(world.cluster.writes).toEqual([])
  expect(new Set(cloud.calls.map(({ method }) => method))).toEqual(
    new Set(['tables', 'list', 'targets', 'running']),
  )
  expect(cloud.writes).toEqual([])
})

test('the policy, and a brake that sees the wave as one, as the controller does', async () => {
  await using world = await makeWorld(12)
  const { cloud, joined, look, own } = world
  for (const [index, node] of joined.entries()) {
    own(`10.244.${index}.0/24`, uidOf(node), 'table-1')
    if (index < 11) world.cluster.deleteNode(node.metadata.name)
  }
  const holds = async (request: Partial<SurveyRequest>): Promise<readonly (string | undefined)[]> =>
    (await look(request)).destinations.slice(0, 11).map(({ work }) => work[0]?.hold?.reason)
  expect(await holds({})).toEqual(Array.from({ length: 11 }, () => 'DeleteBrake'))
  expect(await holds({ policy: 'upsert-only' })).toEqual(Array.from({ length: 11 }, () => 'PolicyUpsertOnly'))
  // Those whose instance is gone don't count, and the other ten are no wave.
  cloud.terminate('node-0')
  expect(await holds({})).toEqual(Array.from({ length: 11 }, () => undefined))
})

test('a table that can’t be read: of the others everything is told', async () => {
  await using world = await makeWorld(1)
  world.cloud.fail({ at: 'list', table: 'table-1', class: 'unauthorized' })
  const survey = await world.look()
  expect(survey.tables.map(({ table, error }) => [table.id, error?.class])).toEqual([
    ['table-1', 'unauthorized'],
    ['table-2', undefined],
  ])
  expect(itemsOf(survey)).toEqual(['10.244.0.0/24 table-2 create'])
})

test('what passes by itself is asked again; what does not, and no table at all, is an error', async () => {
  await using world = await makeWorld(1)
  world.cloud.fail({ at: 'targets', class: 'throttled' })
  world.cloud.fail({ at: 'tables', class: 'transient' })
  expect(itemsOf(await world.look())).toHaveLength(2)
  world.cloud.fail({ at: 'targets', class: 'unauthorized' })
  await expect(world.look()).rejects.toMatchObject({ class: 'unauthorized' })
  for (const id of ['table-1', 'table-2']) world.cloud.removeTable(id)
  await expect(world.look()).rejects.toThrow('no route table belongs to the cluster')
})

test('a Node without podCIDRs waits; with pools it is told what it gets, and that is routed', async () => {
  await using world = await makeWorld(1)
  const { cluster, join, look, own } = world
  join('late')
  const late = cluster.node('late')
  const waiting = await look()
  expect(waiting.troubles).toEqual([
    { node: 'late', reason: 'NoPodCIDR', message: 'it has no podCIDR yet: there is nothing to route to it' },
  ])
  const pools = [new Pool(parseCidr('10.244.0.0/22'), 24)]
  const planned = await look({ pools, serviceRanges: [parseCidr('10.244.1.0/24')] })
  expect(planned.planned).toEqual([
    { node: 'late', result: 'allocated', cidrs: [parseCidr('10.244.2.0/24')] },
  ])
  expect(planned.troubles).toEqual([])
  expect(itemsOf(planned).slice(2)).toEqual(['10.244.2.0/24 table-1 create', '10.244.2.0/24 table-2 create'])
  // Once it is recorded, it stays.
  own('10.244.3.0/24', uidOf(late), 'table-1')
  const again = await look({ pools })
  expect(
    again.planned.flatMap((one) => (one.result === 'allocated' ? one.cidrs.map(formatCidr) : [])),
  ).toEqual(['10.244.3.0/24'])
  expect(itemsOf(again).slice(2)).toEqual(['10.244.3.0/24 table-1 keep', '10.244.3.0/24 table-2 create'])
  // Without pools its record waits for it.
  expect(itemsOf(await look()).slice(2)).toEqual([])
  join('too-many')
  join('one-more')
  join('more')
  const full = await look({ pools })
  expect(full.planned.map(({ node, result }) => [node, result])).toEqual([
    ['late', 'allocated'],
    ['more', 'allocated'],
    ['one-more', 'allocated'],
    ['too-many', 'refused'],
  ])
  expect(full.troubles).toMatchObject([
    { node: 'too-many', reason: 'NoPodCIDR', message: expect.stringContaining('10.244.0.0/22') as string },
  ])
})

test('a foreign route in the pool is given to nobody', async () => {
  await using world = await makeWorld(0)
  world.join('late')
  world.put('table-1', '10.244.0.0/24', 'vpn')
  const { planned } = await world.look({ pools: [new Pool(parseCidr('10.244.0.0/22'), 24)] })
  expect(planned).toEqual([{ node: 'late', result: 'allocated', cidrs: [parseCidr('10.244.1.0/24')] }])
})

test('a Node whose instance the cloud does not know waits, and its routes stay as they are', async () => {
  await using world = await makeWorld(1)
  world.cluster.addNode('stranger', { podCIDRs: ['10.244.7.0/24'], addresses: ['10.0.0.9'] })
  const survey = await world.look()
  expect(itemsOf(survey).slice(2)).toEqual(['10.244.7.0/24 table-1 keep', '10.244.7.0/24 table-2 keep'])
  expect(survey.destinations[1]?.target).toMatchObject({ problem: 'waiting' })
  expect(survey.troubles).toMatchObject([{ node: 'stranger', reason: 'NoRouteCreated' }])
})
