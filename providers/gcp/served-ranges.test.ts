import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../kube/clock.ts'
import { compareCidrs, formatCidr } from '../../net/cidr.ts'
import { type GcpWorld, createGcpWorld } from '../../test/conformance/gcp-world.ts'
import type { RouteProvider } from '../provider.ts'
import { aliasTableOf } from './alias-table.ts'
import type { GcpMode } from './mode.ts'

const signal = new AbortController().signal

let world: GcpWorld
let now: number
/** Of the only network, with one subnet of that name. */
let network: string
beforeEach(async () => {
  world = await createGcpWorld()
  now = 0
  network = (await world.addTable('net')).id
  addSubnet('first', '10.9.1.0/24')
})
afterEach(() => world.close())

const providerIn = (mode: GcpMode): RouteProvider =>
  world.providerWith({ mode, clock: { ...systemClock, now: () => 59_999, monotonic: () => now } })

const addSubnet = (name: string, range: string): string =>
  world.simulator.estate.addSubnetwork({ network, name, region: 'europe-west1', range })

/** `range table`, of the tables that the provider finds now. */
async function served(provider: RouteProvider): Promise<readonly string[]> {
  const tables = await provider.tables(signal, [])
  const ranges = (await provider.servedRanges?.(tables, signal)) ?? []
  return ranges
    .toSorted((a, b) => compareCidrs(a.range, b.range))
    .map(({ range, table }) => `${formatCidr(range)} ${table}`)
}

const readings = (): number => world.callsOf('subnetworks.aggregatedList').length

test('all subnets of the network are read again after a quarter of an hour, and not else: its routes tell nothing of them', async () => {
  const provider = providerIn('routes')
  expect(await served(provider)).toEqual([`10.9.1.0/24 ${network}`])
  addSubnet('second', '10.9.2.0/24')
  now += 14 * 60_000
  expect(await served(provider)).toEqual([`10.9.1.0/24 ${network}`])
  expect(readings()).toBe(1)
  now += 60_000
  expect(await served(provider)).toEqual([`10.9.1.0/24 ${network}`, `10.9.2.0/24 ${network}`])
  expect(readings()).toBe(2)
})

test('where pods have alias ranges the tables tell of a new subnet, and it is served at once', async () => {
  const provider = providerIn('alias-ip')
  const table = aliasTableOf(network)
  expect(await served(provider)).toEqual([`10.9.1.0/24 ${table}`])
  expect(readings(), 'one for the tables').toBe(2)
  expect(await served(provider)).toEqual([`10.9.1.0/24 ${table}`])
  expect(readings(), 'for the tables alone').toBe(3)
  addSubnet('second', '10.9.2.0/24')
  expect(await served(provider)).toEqual([`10.9.1.0/24 ${table}`, `10.9.2.0/24 ${table}`])
})

test('another network is read at once', async () => {
  const provider = providerIn('routes')
  await served(provider)
  const other = (await world.addTable('other')).id
  world.simulator.estate.addSubnetwork({
    network: other,
    name: 'theirs',
    region: 'europe-west1',
    range: '10.8.1.0/24',
  })
  expect(await served(provider)).toEqual([`10.8.1.0/24 ${other}`, `10.9.1.0/24 ${network}`])
})

test('a reading that fails is made again', async () => {
  const provider = providerIn('routes')
  world.simulator.faults.inject({
    method: 'subnetworks.aggregatedList',
    times: 1,
    fault: { kind: 'error', status: 500, reason: 'backendError' },
  })
  await expect(served(provider)).rejects.toMatchObject({ class: 'transient' })
  expect(await served(provider)).toEqual([`10.9.1.0/24 ${network}`])
})

test('that may not be read is told as the permission that is missing', async () => {
  world.simulator.faults.inject({
    method: 'subnetworks.aggregatedList',
    fault: { kind: 'error', status: 403, reason: 'forbidden' },
  })
  await expect(served(providerIn('routes'))).rejects.toMatchObject({
    class: 'unauthorized',
    message: expect.stringContaining('compute.subnetworks.list') as string,
  })
})
