import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { adopt, four, openAdoptWorld as open, refOf, three } from './testing/adopt-world.ts'
import { now } from './testing/command-world.ts'
import type { Texts } from './testing/told.ts'

describe('listing', () => {
  test('what may be adopted, sorted; nothing is written', async () => {
    await using world = await open()
    await world.run()
    expect(world.output.rows).toEqual([
      ['TABLE', 'DESTINATION', 'NODE', 'TARGET'],
      ['table-1', '10.244.3.0/24', 'node-3', 'instance/node-3'],
      ['table-1', '10.244.4.0/24', 'node-4', 'instance/node-4'],
      ['table-2', '10.244.3.0/24', 'node-3', 'instance/node-3'],
      [''],
    ])
    expect(world.output.notes).toEqual(['3 routes can be adopted: run the command again with --yes.'])
    expect([world.cluster.writes, world.cloud.writes]).toEqual([[], []])
  })

  test('what may not, and why; routes to nobody’s podCIDR are not named', async () => {
    await using world = await open()
    world.write('table-1', '10.244.4.0/24', 'node-3')
    world.write('table-2', '10.244.4.0/24', 'node-4')
    world.write('table-2', '0.0.0.0/0', 'gateway')
    world.write('table-2', '10.244.0.0/16', 'node-3')
    await world.run()
    expect(world.output.text).toMatch(/table-2 +10\.244\.4\.0\/24 +node-4/)
    const refused = world.output.text.split('Not adopted:\n')[1]
    expect(refused).toMatch(
      /^TABLE +DESTINATION +NODE +TARGET +REASON +MESSAGE\ntable-1 +10\.244\.4\.0\/24 +node-4 +instance\/node-3 +OtherTarget +it points at instance\/node-3.*\n$/,
    )
    expect(world.output.text).not.toContain('0.0.0.0/0')
    expect(world.output.text).not.toContain('10.244.0.0/16')
  })

  test('as JSON', async () => {
    await using world = await open()
    world.cloud.terminate('node-4')
    await world.run([], { output: 'json', table: 'table-1' })
    expect(JSON.parse(world.output.text)).toEqual({
      apiVersion: 'podway.dev/v1alpha1',
      kind: 'AdoptionList',
      routes: [
        {
          table: 'table-1',
          destination: '10.244.3.0/24',
          nodes: ['node-3'],
          target: { kind: 'instance', id: 'node-3' },
          result: 'adoptable',
          reason: null,
          message: null,
        },
        {
          table: 'table-1',
          destination: '10.244.4.0/24',
          nodes: ['node-4'],
          target: { kind: 'instance', id: 'node-4' },
          result: 'refused',
          reason: 'TargetUnknown',
          message: expect.stringContaining('no running instance') as string,
        },
      ],
      unreadTables: [],
    })
  })

  test('a podCIDR of two Nodes is adopted for none, and nobody is looked up for it', async () => {
    await using world = await open()
    world.join('node-5', '10.244.3.0/24')
    await world.run(['10.244.3.0/24'])
    expect(world.output.text).toContain('Contested')
    expect(world.output.text).toContain('node-3,node-5')
    expect(world.cloud.calls.map(({ method }) => method)).not.toContain('targets')
  })

  test.each<[name: string, names: readonly string[], flags: Texts, rows: readonly string[]]>([
    ['by destination', ['10.244.4.0/24'], {}, ['table-1 10.244.4.0/24']],
    ['by table', [], { table: 'table-2' }, ['table-2 10.244.3.0/24']],
    ['by a table’s name', ['10.244.4.0/24'], { table: 'first' }, ['table-1 10.244.4.0/24']],
    [
      'by both tables',
      ['10.244.3.0/24'],
      { table: 'table-1,table-2' },
      ['table-1 10.244.3.0/24', 'table-2 10.244.3.0/24'],
    ],
  ])('restricted %s', async (_name, names, flags, rows) => {
    await using world = await open()
    await world.run(names, flags)
    expect(world.output.rows.slice(1, -1).map(([table, key]) => `${table} ${key}`)).toEqual(rows)
  })

  test('a table that was not asked for is not read', async () => {
    await using world = await open()
    await world.run([], { table: 'table-2' })
    expect(world.cloud.calls.filter(({ method }) => method === 'list')).toEqual([
      { method: 'list', table: 'table-2' },
    ])
  })

  test('a route that was asked for, to nobody’s podCIDR', async () => {
    await using world = await open()
    world.write('table-1', '10.244.9.0/24', 'node-3')
    await world.run(['10.244.9.0/24'])
    expect(world.output.text).toMatch(/table-1 +10\.244\.9\.0\/24 +- +instance\/node-3 +NoNode/)
  })

  test('what was asked for and is not there', async () => {
    await using world = await open()
    await world.run(['10.244.9.0/24'])
    expect(world.output.notes).toEqual(['No table has a route to 10.244.9.0/24.', 'Nothing to adopt.'])
  })
})

describe('adopting', () => {
  test('one record a destination, as if podway had written the routes; the cloud is not touched', async () => {
    await using world = await open()
    await world.run([], adopt)
    expect(world.cluster.record(three)).toMatchObject({
      metadata: { finalizers: ['podway.dev/route'] },
      spec: {
        destination: '10.244.3.0/24',
        node: refOf(world.nodes.three),
        target: { kind: 'instance', id: 'node-3' },
        tables: ['table-1', 'table-2'],
      },
      status: {
        tables: ['table-1', 'table-2'].map((id) => ({
          id,
          state: 'Programmed',
          reason: 'Adopted',
          message: '',
          since: now(),
          written: true,
        })),
      },
    })
    expect(world.cluster.record(four)?.spec.tables).toEqual(['table-1'])
    expect(world.cluster.writes.toSorted()).toEqual([
      `PATCH noderoutes/${three}/status`,
      `PATCH noderoutes/${four}/status`,
      'POST noderoutes',
      'POST noderoutes',
    ])
    expect(world.cloud.writes).toEqual([])
    expect(world.output.notes).toEqual(['3 routes adopted.'])
  })

  test('again: there is nothing to do, and nothing is written', async () => {
    await using world = await open()
    await world.run([], adopt)
    world.cluster.forgetCalls()
    world.output.notes.length = 0
    await world.run([], adopt)
    expect(world.output.notes).toEqual(["Nothing to adopt (3 routes recorded as podway's already)."])
    expect(world.cluster.writes).toEqual([])
    await world.run(['10.244.3.0/24'], adopt)
  })

  test('a table is added to the record that is there, which loses nothing', async () => {
    await using world = await open()
    const programmed = { state: 'Programmed', reason: 'Programmed', since: '2026-01-01T00:00:00Z' } as const
    world.cluster.addRecord('10.244.3.0/24', refOf(world.nodes.three), 'node-3', ['table-1', 'table-0'])
    await world.settle('10.244.3.0/24', { 'table-0': programmed, 'table-1': programmed })
    await world.run(['10.244.3.0/24'], adopt)
    const record = world.cluster.record(three)
    expect(record?.spec.tables).toEqual(['table-0', 'table-1', 'table-2'])
    expect(record?.status?.tables?.map(({ id, reason, since }) => [id, reason, since])).toEqual([
      ['table-0', 'Programmed', programmed.since],
      ['table-1', 'Programmed', programmed.since],
      ['table-2', 'Adopted', now()],
    ])
  })

  test('only what was asked for', async () => {
    await using world = await open()
    await world.run(['10.244.3.0/24'], { ...adopt, table: 'table-2' })
    expect(world.cluster.records().map(({ spec }) => [spec.destination, spec.tables])).toEqual([
      ['10.244.3.0/24', ['table-2']],
    ])
  })

  test('both families of a node', async () => {
    await using world = await open()
    world.join('node-5', '10.244.5.0/24', 'fd00:5::/64')
    world.write('table-1', 'fd00:5::/64', 'node-5')
    await world.run(['fd00:5::/64'], adopt)
    expect(world.cluster.record('v6-fd00-5---64')?.spec.tables).toEqual(['table-1'])
  })

  test('routes of a named destination that must stay foreign are a failure; the others are adopted', async () => {
    await using world = await open()
    world.write('table-2', '10.244.3.0/24', 'node-4')
    await expect(world.run(['10.244.3.0/24'], adopt)).rejects.toThrow('1 route could not be adopted')
    expect(world.cluster.record(three)?.spec.tables).toEqual(['table-1'])
    expect(world.output.text).toContain('OtherTarget')
  })

  test('foreign routes that nobody named are none', async () => {
    await using world = await open()
    world.write('table-2', '10.244.3.0/24', 'node-4')
    await world.run([], adopt)
    expect(world.cluster.record(three)?.spec.tables).toEqual(['table-1'])
  })

  test('a named destination without a route is a failure', async () => {
    await using world = await open()
    const adopted = world.run(['10.244.9.0/24', '10.244.4.0/24'], adopt)
    await expect(adopted).rejects.toThrow('1 route could not be adopted')
    expect(world.cluster.record(four)).toBeDefined()
  })
})

describe('with a state file', () => {
  const stateFile = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'podway-adopt-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    return join(folder, 'routes.json')
  }

  test('adopts into it, and needs no NodeRoutes', async () => {
    const state = stateFile()
    await using world = await open({ defined: false })
    await world.run([], { state })
    expect(world.output.notes).toEqual(['3 routes can be adopted: run the command again with --yes.'])
    expect(() => readFileSync(state)).toThrow('ENOENT')
    await world.run([], { ...adopt, state })
    expect(JSON.parse(readFileSync(state, 'utf8'))).toMatchObject({
      kind: 'RouteState',
      routes: [
        {
          metadata: { name: three },
          spec: { node: refOf(world.nodes.three), tables: ['table-1', 'table-2'] },
          status: { tables: [{ reason: 'Adopted', written: true }, {}] },
        },
        { metadata: { name: four } },
      ],
    })
    expect(world.cluster.writes).toEqual([])
  })

  test('a later table is added, and then there is nothing more', async () => {
    const state = stateFile()
    await using world = await open()
    await world.run([], { ...adopt, state, table: 'table-2' })
    await world.run([], { ...adopt, state })
    world.output.notes.length = 0
    await world.run([], { state })
    expect(world.output.notes).toEqual(["Nothing to adopt (3 routes recorded as podway's already)."])
  })
})
