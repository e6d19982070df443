import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type SimulatedAzure,
  createSimulatedAzure,
  group,
  subscription,
} from '../../test/conformance/simulated-azure.ts'
import type { Table } from '../route.ts'
import { groupId, tableId } from './resource-ids.ts'

const signal = new AbortController().signal
const base = groupId(subscription, group)
let world: SimulatedAzure
beforeEach(async () => (world = await createSimulatedAzure()))
afterEach(() => world.close())

const ids = (tables: readonly Table[]): readonly string[] => tables.map(({ id }) => id)

test('by tag: whatever its value and the case of its name, and no other cluster’s', async () => {
  const table = await world.addTable('a')
  const tags = { [`Kubernetes.io_cluster_${world.clusterName.toUpperCase()}`]: '' }
  world.send('PUT', tableId(base, 'b'), { location: 'westeurope', tags })
  world.send('PUT', tableId(base, 'c'), {
    location: 'westeurope',
    tags: { [`kubernetes.io_cluster_${world.clusterName}2`]: 'owned' },
  })
  expect(await world.provider.tables(signal)).toEqual([table, { id: tableId(base, 'b'), name: 'b' }])
})

test('by name: of any subscription, and whether or not it is there', async () => {
  const other = tableId(groupId('00000000-0000-0000-0000-0000000000bb', 'NET'), 'Far')
  const provider = world.providerWith({ routeTables: [other], extraRouteTableIds: [tableId(base, 'gone')] })
  world.send('PUT', other, { location: 'westeurope' })
  const tables = await provider.tables(signal)
  expect(ids(tables)).toEqual([tableId(base, 'gone'), other].sort())
  expect(world.calls()).toEqual([])
  expect(await provider.list({ id: other }, signal)).toEqual({ routes: [] })
  await expect(provider.list({ id: tableId(base, 'gone') }, signal)).rejects.toMatchObject({
    class: 'not-found',
  })
})

describe('by the subnets of the nodes', () => {
  // https://github.com/Azure/AKS/issues/718, https://github.com/Azure/AKS/issues/1460
  test('the table that they follow, once one is there', async () => {
    const provider = world.providerWith({ routeTables: 'auto' })
    const [table, unused] = [await world.addTable('used'), await world.addTable('unused')]
    const node = world.addMachine('node-1')
    expect(await provider.tables(signal, [node.view])).toEqual([])
    world.send('PUT', world.nodeSubnet, {
      properties: { addressPrefixes: ['10.0.1.0/24', 'fd00:10::/64'], routeTable: { id: table.id } },
    })
    expect(ids(await provider.tables(signal, [node.view]))).toEqual([table.id])
    expect(unused.name).toBe('unused')
  })

  test('a node in another subnet makes them outdated', async () => {
    const provider = world.providerWith({ routeTables: 'auto' })
    const node = world.addMachine('node-1')
    await provider.tables(signal, [node.view])
    expect(provider.tablesOutdated?.()).toBe(false)
    const second = world.nodeSubnet.replace(/nodes$/, 'more')
    world.send('PUT', second, { properties: { addressPrefixes: ['10.0.2.0/24'] } })
    const machine = world.simulator.machines.add({ subscription, group, name: 'far', subnet: second })
    await provider.targets(
      [{ node: { name: 'far', providerID: `azure://${machine.id}`, addresses: [] }, family: 4 }],
      signal,
    )
    expect(provider.tablesOutdated?.()).toBe(true)
  })
})

test('a page without list is never "there is nothing"', async () => {
  const answers = (body: unknown) => ({ send: () => Promise.resolve({ status: 200, headers: {}, body }) })
  for (const body of [{}, [], 'text', undefined])
    await expect(world.providerWith({ arm: answers(body) }).tables(signal)).rejects.toMatchObject({
      class: 'transient',
    })
})
