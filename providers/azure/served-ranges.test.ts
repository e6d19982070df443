import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../kube/clock.ts'
import { compareCidrs, formatCidr } from '../../net/cidr.ts'
import {
  type SimulatedAzure,
  createSimulatedAzure,
  group,
  subscription,
} from '../../test/conformance/simulated-azure.ts'
import type { RouteProvider } from '../provider.ts'
import { groupId, networkOf, tableId } from './resource-ids.ts'

const signal = new AbortController().signal
const base = groupId(subscription, group)

let world: SimulatedAzure
beforeEach(async () => (world = await createSimulatedAzure()))
afterEach(() => world.close())

/** `range table`, of the tables that the provider finds now. */
async function served(provider: RouteProvider = world.provider): Promise<readonly string[]> {
  const tables = await provider.tables(signal, [])
  const ranges = (await provider.servedRanges?.(tables, signal)) ?? []
  return ranges
    .toSorted((a, b) => compareCidrs(a.range, b.range))
    .map(({ range, table }) => `${formatCidr(range)} ${table.split('/').at(-1)}`)
}

function addNetwork(name: string, range: string, inGroup = base): string {
  const id = `${inGroup}/providers/Microsoft.Network/virtualNetworks/${name}`
  world.send('PUT', id, {
    location: 'westeurope',
    properties: { addressSpace: { addressPrefixes: [range] } },
  })
  return id
}

function addSubnet(name: string, ranges: readonly string[], table?: string, network?: string): string {
  const id = `${network ?? networkOf(world.nodeSubnet)}/subnets/${name}`
  // One range has a name of its own.
  const prefixes = ranges.length === 1 ? { addressPrefix: ranges[0] } : { addressPrefixes: ranges }
  world.send('PUT', id, {
    properties: { ...prefixes, ...(table !== undefined && { routeTable: { id: table } }) },
  })
  return id
}

/** A table that is not the cluster's. */
function addStranger(name = 'stranger'): string {
  const id = tableId(base, name)
  world.send('PUT', id, { location: 'westeurope' })
  return id
}

test('a subnet that is associated with a table of ours is served by it, in all its ranges; all others are not', async () => {
  const [a, b] = [await world.addTable('a'), await world.addTable('b')]
  await world.serve(a)
  addSubnet('b', ['10.0.32.0/24'], b.id.toUpperCase())
  addSubnet('theirs', ['10.0.33.0/24'], addStranger())
  addSubnet('none', ['10.0.34.0/24'])
  expect(await served()).toEqual(['10.0.0.0/20 a', '10.0.32.0/24 b', 'fd00:10::/64 a'])
})

test('subnets of another network that follow the table are served too: a peered one reaches the nodes', async () => {
  const table = await world.addTable('a')
  await world.serve(table)
  const peer = addNetwork('peer', '10.9.0.0/16', groupId(subscription, 'elsewhere'))
  addSubnet('hosts', ['10.9.1.0/24'], table.id, peer)
  addSubnet('others', ['10.9.2.0/24'], undefined, peer)
  expect(await served()).toEqual(['10.0.0.0/20 a', '10.9.1.0/24 a', 'fd00:10::/64 a'])
})

test('two networks with the same range are one range', async () => {
  const table = await world.addTable('a')
  for (const name of ['one', 'two'])
    addSubnet('hosts', ['10.9.1.0/24'], table.id, addNetwork(name, '10.9.0.0/16'))
  expect(await served()).toEqual(['10.9.1.0/24 a'])
})

test('an association that is changed, dropped and made anew is followed', async () => {
  const [a, b] = [await world.addTable('a'), await world.addTable('b')]
  const move = (table?: string): string => addSubnet('hosts', ['10.0.32.0/24'], table)
  move(a.id)
  expect(await served()).toEqual(['10.0.32.0/24 a'])
  move(b.id)
  expect(await served()).toEqual(['10.0.32.0/24 b'])
  move(addStranger())
  expect(await served()).toEqual([])
  move()
  expect(await served()).toEqual([])
  move(a.id)
  expect(await served()).toEqual(['10.0.32.0/24 a'])
})

test('what moved since the tables were read counts as the subnet itself says', async () => {
  const [a, b] = [await world.addTable('a'), await world.addTable('b')]
  addSubnet('hosts', ['10.0.32.0/24'], a.id)
  const tables = await world.provider.tables(signal)
  addSubnet('hosts', ['10.0.32.0/24'], b.id)
  expect(await world.provider.servedRanges?.(tables, signal)).toMatchObject([{ table: b.id }])
  expect(await world.provider.servedRanges?.([a], signal)).toEqual([])
})

test('a table that is named by its id serves once it was read, and nothing once it is gone', async () => {
  const id = addStranger()
  addSubnet('hosts', ['10.0.32.0/24'], id)
  const provider = world.providerWith({ routeTables: [id] })
  expect(await served(provider)).toEqual([])
  await provider.list({ id }, signal)
  expect(await served(provider)).toEqual(['10.0.32.0/24 stranger'])
  addSubnet('hosts', ['10.0.32.0/24'])
  world.send('DELETE', id)
  await expect(provider.list({ id }, signal)).rejects.toMatchObject({ class: 'not-found' })
  expect(await served(provider)).toEqual([])
})

test('costs one reading for each network, and none where no subnet follows a table', async () => {
  const [a, b] = [await world.addTable('a'), await world.addTable('b')]
  const asked = async (): Promise<readonly string[]> => {
    const tables = await world.provider.tables(signal)
    const before = world.calls().length
    await world.provider.servedRanges?.(tables, signal)
    return world
      .calls()
      .slice(before)
      .map(({ operation }) => operation)
  }
  expect(await asked()).toEqual([])
  addSubnet('a', ['10.0.32.0/24'], a.id)
  addSubnet('b', ['10.0.33.0/24'], b.id)
  expect(await asked()).toEqual(['Subnets_List'])
  addSubnet('far', ['10.9.1.0/24'], b.id, addNetwork('peer', '10.9.0.0/16'))
  expect(await asked()).toEqual(['Subnets_List', 'Subnets_List'])
})

test('that may not be read is told as the permission that is missing', async () => {
  await world.serve(await world.addTable('a'))
  const tables = await world.provider.tables(signal)
  world.simulator.faults.inject({
    operation: 'Subnets_List',
    fault: { kind: 'error', status: 403, code: 'AuthorizationFailed' },
  })
  await expect(world.provider.servedRanges?.(tables, signal)).rejects.toMatchObject({
    class: 'unauthorized',
    action: 'Subnets_List',
  })
})

test('subnets are read again when another one follows a table of ours, or after a quarter of an hour, and not else', async () => {
  let now = 0
  const provider = world.providerWith({ clock: { ...systemClock, monotonic: () => now } })
  const [a, b] = [await world.addTable('a'), await world.addTable('b')]
  addSubnet('hosts', ['10.0.32.0/24'], a.id)
  const look = async (): Promise<readonly [readings: number, ranges: readonly string[]]> => {
    const before = world.calls().length
    const ranges = await served(provider)
    const readings = world
      .calls()
      .slice(before)
      .filter(({ operation }) => operation === 'Subnets_List')
    return [readings.length, ranges]
  }
  expect(await look()).toEqual([1, ['10.0.32.0/24 a']])
  now += 14 * 60_000
  expect(await look()).toEqual([0, ['10.0.32.0/24 a']])
  addSubnet('more', ['10.0.33.0/24'], a.id)
  expect(await look()).toEqual([1, ['10.0.32.0/24 a', '10.0.33.0/24 a']])
  addSubnet('more', ['10.0.33.0/24'], b.id)
  expect(await look(), 'one that moves from table to table').toEqual([
    1,
    ['10.0.32.0/24 a', '10.0.33.0/24 b'],
  ])
  addSubnet('hosts', ['10.0.32.0/24', '10.0.34.0/24'], a.id)
  expect(await look(), 'no table says what ranges its subnets have').toMatchObject([0, { length: 2 }])
  now += 15 * 60_000
  expect(await look()).toEqual([1, ['10.0.32.0/24 a', '10.0.33.0/24 b', '10.0.34.0/24 a']])
})

test('a reading that fails is made again', async () => {
  await world.serve(await world.addTable('a'))
  world.simulator.faults.inject({
    operation: 'Subnets_List',
    times: 1,
    fault: { kind: 'error', status: 500, code: 'InternalServerError' },
  })
  await expect(served()).rejects.toMatchObject({ class: 'transient' })
  expect(await served()).toEqual(['10.0.0.0/20 a', 'fd00:10::/64 a'])
})
