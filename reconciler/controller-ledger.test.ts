import { describe, expect, test } from 'vitest'
import { ControllerWorld } from './testing/controller-world.ts'

/** What others do to NodeRoutes while the controller runs. */

const name = 'v4-10-244-0-0-24'
const podCIDRs = ['10.244.0.0/24']

async function worldWithRoute(): Promise<ControllerWorld> {
  const world = await ControllerWorld.open()
  world.join('node-1', { podCIDRs })
  await world.settled()
  expect(world.records).toEqual(['10.244.0.0/24 node-1 table-1'])
  world.forgetCalls()
  return world
}

describe('a NodeRoute deleted by hand', () => {
  test('comes back if a node needs it, with all that it said; the route is not touched', async () => {
    await using world = await worldWithRoute()
    const { uid } = world.cluster.record(name)?.metadata ?? {}
    world.cluster.deleteRecord(name)
    await world.quiet()
    const record = world.cluster.record(name)
    expect(record?.metadata.deletionTimestamp).toBeUndefined()
    expect(record?.metadata.uid).not.toBe(uid)
    expect(record?.status?.tables).toMatchObject([{ id: 'table-1', state: 'Programmed', written: true }])
    expect(world.routeWrites).toEqual([])
  })

  test('comes back though somebody took its finalizer away first', async () => {
    await using world = await worldWithRoute()
    world.cluster.patchRecord(name, { metadata: { finalizers: [] } })
    world.cluster.deleteRecord(name)
    await world.quiet()
    expect(world.records).toEqual(['10.244.0.0/24 node-1 table-1'])
    expect(world.cluster.record(name)?.status?.tables).toMatchObject([{ state: 'Programmed' }])
    expect(world.routeWrites).toEqual([])
  })

  test('goes if nothing needs it, and so does its route', async () => {
    await using world = await worldWithRoute()
    world.cloud.fail({ at: 'delete', class: 'invalid', times: 1 })
    world.leave('node-1')
    await world.quiet()
    expect(world.records).toHaveLength(1)
    world.cluster.deleteRecord(name)
    await world.quiet()
    expect(world.records).toEqual([])
    expect(world.routes()).toEqual([])
  })
})

test('a table that is added to a record is taken up: so podway adopt works beside a running controller', async () => {
  await using world = await ControllerWorld.open({ tables: ['table-1', 'table-2'] })
  world.cloud.putRoute('table-2', {
    destination: { family: 4, network: 0x0af40000n, prefixLength: 24 },
    target: { kind: 'instance', id: 'node-1' },
  })
  world.join('node-1', { podCIDRs })
  await world.settled()
  expect(world.records).toEqual(['10.244.0.0/24 node-1 table-1'])
  world.cluster.patchRecord(name, { spec: { tables: ['table-1', 'table-2'] } })
  await world.quiet()
  world.leave('node-1')
  await world.quiet()
  expect(world.routes('table-2')).toEqual([])
})

test('a record that somebody makes is taken up, and withdrawn if nothing needs it', async () => {
  await using world = await worldWithRoute()
  world.cloud.putRoute('table-1', {
    destination: { family: 4, network: 0x0af40100n, prefixLength: 24 },
    target: { kind: 'instance', id: 'old' },
  })
  world.cluster.addRecord('10.244.1.0/24', { name: 'old', uid: 'uid of old' }, 'old')
  await world.quiet()
  expect(world.routes()).toEqual(['10.244.0.0/24 node-1'])
  expect(world.records).toEqual(['10.244.0.0/24 node-1 table-1'])
})

test('an edit that comes between is not overwritten unseen', async () => {
  await using world = await ControllerWorld.open({ tables: ['table-1', 'table-2'] })
  world.join('node-1', { podCIDRs })
  let edited = false
  // Between what the controller has read and what it is about to write.
  world.start({
    tap: {
      before: (call) => {
        if (edited || !call.startsWith('PATCH') || call.endsWith('/status') || !call.includes('noderoutes'))
          return
        edited = true
        world.cluster.patchRecord(name, { spec: { tables: ['table-1', 'table-2', 'table-9'] } })
      },
    },
  })
  await world.quiet()
  world.cloud.addInstance('i-new')
  world.cluster.deleteNode('node-1')
  world.cluster.addNode('node-1', { podCIDRs, providerID: 'memory:///i-new' })
  await world.pass(5_000)
  expect(edited).toBe(true)
  expect(world.routes()).toEqual(['10.244.0.0/24 i-new'])
  expect(world.cluster.record(name)?.spec).toMatchObject({
    target: { id: 'i-new' },
    tables: ['table-1', 'table-2', 'table-9'],
  })
})

// What was last read of the table does not have the route: without a new reading, nobody would know whose it is.
test('a route whose create got no answer goes with its node, though the node goes before the table is read again', async () => {
  let slow = false
  await using world = await ControllerWorld.open({
    latency: ({ method }) => (slow && method === 'list' ? 1_000 : 0),
  })
  world.join('node-1', { podCIDRs })
  world.cloud.fail({ at: 'create', class: 'unknown-outcome', carriedOut: true })
  world.start({
    tap: {
      after: (call) => {
        if (slow || !call.startsWith('provider.create')) return
        slow = true
        world.leave('node-1')
      },
    },
  })
  await world.pass(20_000)
  expect(world.routeWrites).toEqual(['create table-1 10.244.0.0/24', 'delete table-1 10.244.0.0/24'])
  expect(world.routes()).toEqual([])
  expect(world.records).toEqual([])
})

test('our own writes, as the watch repeats them, cause nothing', async () => {
  await using world = await worldWithRoute()
  world.cluster.patchRecord(name, { metadata: { labels: { a: 'b' } } })
  await world.quiet()
  expect(world.cluster.writes).toEqual([])
})
