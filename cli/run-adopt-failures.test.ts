import { describe, expect, test } from 'vitest'
import { adopt, type AdoptWorld, four, openAdoptWorld as open, refOf, three } from './testing/adopt-world.ts'

describe('a controller that works meanwhile', () => {
  /** Lets somebody else act after the ledger was read, before it is written. */
  async function openWithRival(act: (world: AdoptWorld) => void) {
    const world: AdoptWorld = await open({
      cloud: {
        before: ({ method }) => {
          if (method === 'targets') act(world)
          return Promise.resolve()
        },
      },
    })
    return world
  }

  test('has made the record: the table is added to it', async () => {
    await using world = await openWithRival(({ cluster, nodes }) =>
      cluster.addRecord('10.244.3.0/24', refOf(nodes.three), 'node-3', ['table-0']),
    )
    await world.run([], adopt)
    const record = world.cluster.record(three)
    expect(record?.spec.tables).toEqual(['table-0', 'table-1', 'table-2'])
    expect(record?.status?.tables?.map(({ id }) => id)).toEqual(['table-0', 'table-1', 'table-2'])
  })

  test('has added a table: both are there', async () => {
    await using world = await openWithRival(({ cluster }) =>
      cluster.patchRecord(three, { spec: { tables: ['table-0', 'table-9'] } }),
    )
    world.cluster.addRecord('10.244.3.0/24', refOf(world.nodes.three), 'node-3', ['table-0'])
    await world.run(['10.244.3.0/24'], adopt)
    const tables = ['table-0', 'table-1', 'table-2', 'table-9']
    expect(world.cluster.record(three)?.spec.tables).toEqual(tables)
  })

  test('has given the destination to another node: nothing is overwritten, and it is said', async () => {
    const other = { name: 'node-9', uid: 'uid-9' }
    await using world = await openWithRival(({ cluster }) =>
      cluster.addRecord('10.244.3.0/24', other, 'node-9', ['table-0']),
    )
    await expect(world.run([], adopt)).rejects.toThrow('2 routes could not be adopted')
    expect(world.cluster.record(three)?.spec).toMatchObject({ node: other, tables: ['table-0'] })
    expect(world.output.text).toContain('recorded for Node node-9')
    expect(world.cluster.record(four)?.spec.tables).toEqual(['table-1'])
  })

  test('has adopted it itself, and more: nothing is left to write', async () => {
    const tables = ['table-0', 'table-1', 'table-2']
    await using world = await openWithRival(({ cluster, nodes }) =>
      cluster.addRecord('10.244.3.0/24', refOf(nodes.three), 'node-3', tables),
    )
    await world.run(['10.244.3.0/24'], adopt)
    expect(world.cluster.record(three)).toMatchObject({
      spec: { tables },
      status: { tables: tables.map((id) => ({ id, reason: 'Programmed' })) },
    })
  })
})

describe('failures', () => {
  test('a table that can’t be read: the others are listed, and adopted', async () => {
    await using world = await open()
    world.cloud.fail({ at: 'list', table: 'table-1', class: 'unauthorized' })
    await expect(world.run([], adopt)).rejects.toThrow('1 of the tables could not be read')
    expect(world.cluster.record(three)?.spec.tables).toEqual(['table-2'])
    expect(world.output.notes[0]).toMatch(/^Table table-1 could not be read: .*unauthorized/)
  })

  test('a table that can’t be read is in the JSON', async () => {
    await using world = await open()
    world.cloud.fail({ at: 'list', table: 'table-1', class: 'not-found' })
    await expect(world.run([], { output: 'json' })).rejects.toThrow('could not be read')
    expect(JSON.parse(world.output.text)).toMatchObject({
      routes: [{ table: 'table-2' }],
      unreadTables: [{ table: 'table-1', message: expect.stringContaining('not-found') as string }],
    })
  })

  test('what goes better in a moment is asked again', async () => {
    await using world = await open()
    for (const at of ['tables', 'list', 'targets'] as const) world.cloud.fail({ at, class: 'throttled' })
    world.cloud.fail({ at: 'list', class: 'transient' })
    const { faults } = world.cluster.simulator
    faults.add({ match: { resource: 'nodes' }, fault: { kind: 'status', code: 503 } })
    faults.add({ match: { resource: 'noderoutes' }, fault: { kind: 'status', code: 410 } })
    faults.add({ match: { method: 'POST' }, fault: { kind: 'status', code: 429 } })
    faults.add({ match: { subresource: 'status' }, fault: { kind: 'status', code: 500 } })
    await world.run([], adopt)
    expect(world.output.notes).toEqual(['3 routes adopted.'])
    expect([faults.pending, world.cloud.struck.length]).toEqual([0, 4])
  })

  test('one record is refused: the others are written, and it is said which', async () => {
    await using world = await open()
    const match = { method: 'PATCH', name: three, subresource: 'status' }
    world.cluster.simulator.faults.add({ match, fault: { kind: 'status', code: 403 } })
    await expect(world.run([], adopt)).rejects.toThrow('2 routes could not be adopted')
    const [good, bad] = world.output.text.split('Not adopted:')
    expect(good).toMatch(/10\.244\.4\.0\/24/)
    expect(bad?.match(/10\.244\.3\.0\/24.*NotRecorded.*forbidden/g)).toHaveLength(2)
    expect(world.output.notes).toEqual(['1 route adopted.'])
  })

  test('a table that is not the cluster’s', async () => {
    await using world = await open()
    const message = '"table-7" is no table of the cluster, which has table-1 (first), table-2'
    await expect(world.run([], { table: 'table-1,table-7' })).rejects.toThrow(message)
  })

  test('no table belongs to the cluster', async () => {
    await using world = await open()
    for (const { id } of world.cloud.tables()) world.cloud.removeTable(id)
    await expect(world.run()).rejects.toThrow('no route table belongs to the cluster')
  })

  test('a cluster without NodeRoutes: the message says which command to run', async () => {
    await using world = await open({ defined: false })
    await expect(world.run()).rejects.toThrow('podway crds | kubectl apply -f -')
  })

  test('a NodeRoute that can’t be read is named', async () => {
    await using world = await open()
    world.cluster.addRecord('10.244.3.0/24', refOf(world.nodes.three), 'node-3')
    world.cluster.patchRecord(three, { spec: { destination: 'garbage' } })
    await world.run(['10.244.4.0/24'])
    expect(world.output.notes[0]).toContain(three)
  })
})
