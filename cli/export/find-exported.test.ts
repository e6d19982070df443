import { expect, test } from 'vitest'
import { nodeType } from '../../kube/node-type.ts'
import type { Node } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import type { DescribedRoute } from '../../providers/described-table.ts'
import { MemoryCloud } from '../../providers/memory/memory-cloud.ts'
import { memoryProvider } from '../../providers/memory/memory-provider.ts'
import type { RouteProvider } from '../../providers/provider.ts'
import type { Target } from '../../providers/route.ts'
import { listAll } from '../list-all.ts'
import { clusterLedger } from '../survey/ledger-source.ts'
import { look } from '../survey/open-survey.ts'
import { CommandWorld, RecordedOutput, signal, waits } from '../testing/command-world.ts'
import { type Exportable, findExported } from './find-exported.ts'

const destination = '10.244.1.0/24'
const instance = (id: string): Target => ({ kind: 'instance', id })

async function makeWorld() {
  const world = await CommandWorld.open()
  const cloud = new MemoryCloud()
  cloud.addTable('table-1')
  const join = (name: string, ...podCIDRs: readonly string[]): Node => {
    const { providerID } = cloud.addInstance(name)
    return world.cluster.addNode(name, { providerID, podCIDRs })
  }
  const put = (range: string, target: Target): void =>
    void cloud.putRoute('table-1', { destination: parseCidr(range), target })
  const record = (range: string, { metadata }: Node, target: string): void =>
    world.cluster.addRecord(range, { name: metadata.name, uid: metadata.uid }, target, ['table-1'])
  const find = async (describe?: RouteProvider['describe']): Promise<Exportable> => {
    const provider: RouteProvider = {
      ...memoryProvider(cloud),
      ...(describe === undefined ? {} : { describe }),
    }
    const nodes = (term: AbortSignal) => listAll(new Resource<Node>(world.kube, nodeType), term)
    const ledger = clusterLedger(world.kube, new RecordedOutput())
    const survey = await look({ policy: 'sync' }, { provider, nodes, ledger }, { waits }, signal)
    const canLeadTo = ({ kind }: Target): boolean => kind === 'instance'
    return findExported(survey, { provider, waits, canLeadTo }, signal)
  }
  return Object.assign(world, { cloud, join, put, record, find })
}

/** `10.244.1.0/24 owned node-1 -> node-1` */
const linesOf = ({ routes }: Exportable): readonly string[] =>
  routes.map((one) => `${formatCidr(one.destination)} ${one.standing} ${one.node} -> ${one.target.id}`)

test('a route that podway is to move: as it is, and that is told', async () => {
  await using world = await makeWorld()
  world.cloud.addInstance('before')
  const node = world.join('node-1', destination)
  world.put(destination, instance('before'))
  world.record(destination, node, 'before')
  const found = await world.find()
  expect(linesOf(found)).toEqual(['10.244.1.0/24 owned node-1 -> before'])
  expect(found.notes).toEqual([
    '10.244.1.0/24 in table-1 is exported as it is, and podway is to lead it from instance/before to instance/node-1: export again when it has.',
  ])
})

test('one of podway’s that somebody has led to where no resource can say: where it is to lead', async () => {
  await using world = await makeWorld()
  const node = world.join('node-1', destination)
  world.put(destination, { kind: 'other', id: 'gateway' })
  world.record(destination, node, 'node-1')
  const found = await world.find()
  expect(linesOf(found)).toEqual(['10.244.1.0/24 owned node-1 -> node-1'])
})

test('a Node whose instance nobody knows now: what is there is not left out', async () => {
  await using world = await makeWorld()
  const node = world.cluster.addNode('node-1', { podCIDRs: [destination, 'fd00:1::/64'] })
  world.put(destination, instance('before'))
  world.record(destination, node, 'before')
  const found = await world.find()
  expect(linesOf(found)).toEqual(['10.244.1.0/24 owned node-1 -> before'])
  expect(found.notes.join('\n')).toContain('Node node-1: ')
})

test('what no Node wants any more is told, and not exported', async () => {
  await using world = await makeWorld()
  world.join('node-1', destination)
  const gone = world.join('node-9', '10.244.9.0/24')
  world.put('10.244.9.0/24', instance('node-9'))
  world.record('10.244.9.0/24', gone, 'node-9')
  world.cluster.deleteNode('node-9')
  const found = await world.find()
  expect(linesOf(found)).toEqual(['10.244.1.0/24 missing node-1 -> node-1'])
  expect(found.notes).toEqual([
    '10.244.9.0/24 is not exported: podway made it, no Node wants it any more, and podway is to delete it.',
  ])
})

test('of several that lead to the same place, the one that is used first; spelled as the cloud spells it', async () => {
  await using world = await makeWorld()
  world.join('node-1', destination)
  world.put(destination, instance('node-1'))
  const route = (name: string, priority: number, target = 'node-1'): DescribedRoute => ({
    destination: parseCidr(destination),
    target: instance(target),
    range: destination,
    nextHop: target,
    name,
    priority,
  })
  const routes = [route('c', 900), route('b', 900), route('a', 1000), route('better', 1, 'else')]
  const found = await world.find(() => Promise.resolve({ id: 'Table-1', routes }))
  expect(found.routes.map(({ described, table }) => [described?.name, table])).toEqual([['b', 'Table-1']])
})

test('a table that changes meanwhile: nothing is told of it', async () => {
  await using world = await makeWorld()
  world.join('node-1', destination)
  world.put(destination, instance('node-1'))
  await expect(world.find(({ id }) => Promise.resolve({ id, routes: [] }))).rejects.toThrow(
    '10.244.1.0/24 in table table-1 has changed meanwhile: run the command again',
  )
})

test('a table that can’t be read: an error that names it', async () => {
  await using world = await makeWorld()
  world.join('node-1', destination)
  world.cloud.fail({ at: 'list', table: 'table-1', class: 'unauthorized' })
  await expect(world.find()).rejects.toThrow('table table-1 could not be read: ')
})
