import { describe, expect, test } from 'vitest'
import { releaseAnnotation } from '../reconciler/node-route/node-route.ts'
import { readReleaseConfig } from './release-config.ts'
import { runRelease } from './run-release.ts'
import type { Asker } from './terminal/confirm.ts'
import { CommandWorld, nobody, personSaying, signal, waits } from './testing/command-world.ts'
import { type Texts, told } from './testing/told.ts'
import { UsageError } from './usage.ts'

const held = { state: 'Held', reason: 'DeleteBrake' } as const
const three = 'v4-10-244-3-0-24'
const four = 'v4-10-244-4-0-24'
const five = 'v6-fd00-5---64'

/** Three destinations of nodes that are gone: two held by the brake, one in a table only, and one that is not held. */
async function open() {
  const world = await CommandWorld.open()
  const { cluster } = world
  cluster.addRecord('10.244.3.0/24', { name: 'node-3', uid: 'uid-3' }, 'i-3', ['table-1', 'table-2'])
  cluster.addRecord('10.244.4.0/24', { name: 'node-4', uid: 'uid-4' }, 'i-4')
  cluster.addRecord('fd00:5::/64', { name: 'node-5', uid: 'uid-5' }, 'i-5', ['table-1', 'table-2'])
  await world.settle('10.244.3.0/24', {
    'table-2': { ...held, since: '2026-01-02T00:00:00Z' },
    'table-1': { ...held, since: '2026-01-01T12:00:00Z' },
  })
  await world.settle('fd00:5::/64', {
    'table-1': { ...held, since: '2026-01-03T00:00:00Z' },
    'table-2': { state: 'Deleting', reason: 'Unwanted' },
  })
  const run = (names: readonly string[] = [], flags: Texts = {}, asker: Asker = nobody): Promise<void> =>
    runRelease(
      told('release', { yes: true, ...flags }, (settings) => readReleaseConfig(names, settings)),
      { routes: world.routes, output: world.output, waits, asker },
      signal,
    )
  const releasedOf = (name: string): string | undefined =>
    cluster.record(name)?.metadata.annotations?.[releaseAnnotation]
  return Object.assign(world, { run, releasedOf })
}

describe('listing', () => {
  test('what is held, and since when; nothing is written', async () => {
    await using world = await open()
    await world.run()
    expect(world.output.rows).toEqual([
      ['NAME', 'DESTINATION', 'NODE', 'TARGET', 'TABLES', 'SINCE'],
      [three, '10.244.3.0/24', 'node-3', 'instance/i-3', 'table-1,table-2', '2026-01-01T12:00:00Z'],
      [five, 'fd00:5::/64', 'node-5', 'instance/i-5', 'table-1', '2026-01-03T00:00:00Z'],
      [''],
    ])
    expect(world.output.notes).toEqual(['2 destinations held: name those to release, or all by --all.'])
    expect(world.cluster.writes).toEqual([])
  })

  test('as JSON', async () => {
    await using world = await open()
    await world.run([], { output: 'json' })
    expect(JSON.parse(world.output.text)).toMatchObject({
      routes: [
        {
          name: three,
          destination: '10.244.3.0/24',
          node: { name: 'node-3', uid: 'uid-3' },
          target: { kind: 'instance', id: 'i-3' },
          tables: ['table-1', 'table-2'],
          since: '2026-01-01T12:00:00Z',
          released: false,
        },
        { name: five },
      ],
    })
  })

  test('nothing is held', async () => {
    await using world = await CommandWorld.open()
    const parts = { routes: world.routes, output: world.output, waits, asker: nobody }
    await runRelease({ targets: undefined, yes: false, output: 'table' }, parts, signal)
    expect([world.output.text, world.output.notes]).toEqual(['', ['Nothing is held.']])
  })

  test('other holds are not for a person to release', async () => {
    await using world = await open()
    await world.settle('10.244.4.0/24', { 'table-1': { state: 'Held', reason: 'PolicyUpsertOnly' } })
    await world.run()
    expect(world.output.text).not.toContain(four)
  })

  test('a NodeRoute whose status is yet to be written is not held', async () => {
    await using world = await CommandWorld.open()
    world.cluster.addRecord('10.244.3.0/24', { name: 'n', uid: 'u' }, 'i', ['table-1'], 'intended')
    const parts = { routes: world.routes, output: world.output, waits, asker: nobody }
    await runRelease({ targets: undefined, yes: false, output: 'table' }, parts, signal)
    expect(world.output.notes).toEqual(['Nothing is held.'])
  })

  test('what is released already is told, and counts for that node only', async () => {
    await using world = await open()
    world.cluster.patchRecord(three, { metadata: { annotations: { [releaseAnnotation]: 'uid-3' } } })
    world.cluster.patchRecord(five, { metadata: { annotations: { [releaseAnnotation]: 'uid-0' } } })
    await world.run()
    expect(world.output.notes[0]).toContain('1 destination released already')
    world.output.text = ''
    await world.run([], { output: 'json' })
    expect(JSON.parse(world.output.text)).toMatchObject({
      routes: [{ released: true }, { released: false }],
    })
  })
})

describe('releasing', () => {
  test.each<[name: string, names: readonly string[], flags: Texts, released: string[]]>([
    ['by name', [three], {}, [three]],
    ['by destination', ['10.244.3.0/24'], {}, [three]],
    ['by both, once', [three, '10.244.3.0/24'], {}, [three]],
    ['IPv6, however it is written', ['FD00:5:0::/64'], {}, [five]],
    ['all', [], { all: true }, [three, five]],
  ])('%s', async (_name, names, flags, released) => {
    await using world = await open()
    await world.run(names, flags)
    expect(world.cluster.writes).toEqual(released.map((name) => `PATCH noderoutes/${name}`))
    for (const name of released) expect(world.releasedOf(name)).toBe(name === three ? 'uid-3' : 'uid-5')
    expect(world.output.rows.slice(1, -1).map(([name]) => name)).toEqual(released)
    expect(world.output.notes[0]).toMatch(/^\d destinations? released\.$/)
  })

  test('other annotations, spec and status stay', async () => {
    await using world = await open()
    world.cluster.patchRecord(three, { metadata: { annotations: { mine: 'yes' } } })
    const before = world.cluster.record(three)
    await world.run([three])
    const after = world.cluster.record(three)
    expect(after).toMatchObject({ spec: before?.spec, status: before?.status })
    expect(after?.metadata.annotations).toEqual({ mine: 'yes', [releaseAnnotation]: 'uid-3' })
  })

  test('again: nothing is written', async () => {
    await using world = await open()
    await world.run([three])
    world.cluster.forgetCalls()
    await world.run([three])
    expect(world.cluster.writes).toEqual([])
  })

  test('all, if nothing is held', async () => {
    await using world = await CommandWorld.open()
    const parts = { routes: world.routes, output: world.output, waits, asker: nobody }
    await runRelease({ targets: 'all', yes: true, output: 'json' }, parts, signal)
    expect(JSON.parse(world.output.text)).toEqual({
      apiVersion: 'podway.dev/v1alpha1',
      kind: 'HeldRouteList',
      routes: [],
    })
    expect(world.output.notes).toEqual(['Nothing is held.'])
  })
})

describe('refused before anything is written', () => {
  test.each<[name: string, names: readonly string[], message: string]>([
    ['what is not held', [four], `${four} is not held by the brake: nothing was released`],
    ['one of several', [three, '10.244.4.0/24'], '10.244.4.0/24 is not held by the brake'],
    ['what is not there', ['10.244.9.0/24'], 'there is no NodeRoute for 10.244.9.0/24'],
    ['a misspelt name', ['v4-10-244-3-0'], 'there is no NodeRoute for v4-10-244-3-0'],
  ])('%s', async (_name, names, message) => {
    await using world = await open()
    await expect(world.run(names)).rejects.toThrow(message)
    expect(world.cluster.writes).toEqual([])
    expect(world.output.text).toBe('')
  })
})

describe('failures', () => {
  test('a server that is busy is asked again', async () => {
    await using world = await open()
    world.cluster.simulator.faults.add({ fault: { kind: 'status', code: 429 } })
    world.cluster.simulator.faults.add({ match: { method: 'PATCH' }, fault: { kind: 'status', code: 503 } })
    await world.run([three])
    expect(world.releasedOf(three)).toBe('uid-3')
  })

  test('the others are released, and those that are not are named', async () => {
    await using world = await open()
    const match = { method: 'PATCH', name: three }
    world.cluster.simulator.faults.add({ match, fault: { kind: 'status', code: 403 } })
    await expect(world.run([], { all: true })).rejects.toThrow('1 of 2 destinations could not be released')
    expect(world.output.notes).toEqual([expect.stringMatching(`^${three}: PATCH .*forbidden`)])
    expect(world.output.rows.slice(1, -1).map(([name]) => name)).toEqual([five])
    expect([world.releasedOf(three), world.releasedOf(five)]).toEqual([undefined, 'uid-5'])
  })

  test('what is gone meanwhile is what was wanted', async () => {
    await using world = await open()
    const match = { method: 'PATCH', name: three }
    world.cluster.simulator.faults.add({ match, fault: { kind: 'status', code: 404 } })
    await world.run([], { all: true })
    expect(world.output.notes).toEqual(['2 destinations released.'])
  })

  test('a cluster without NodeRoutes: the message says which command to run', async () => {
    await using world = await CommandWorld.open({ defined: false })
    const parts = { routes: world.routes, output: world.output, waits, asker: nobody }
    const released = runRelease({ targets: 'all', yes: true, output: 'table' }, parts, signal)
    await expect(released).rejects.toThrow('podway crds | kubectl apply -f -')
  })

  test('an abort', async () => {
    await using world = await open()
    const stop = AbortSignal.abort(new Error('stopped'))
    const parts = { routes: world.routes, output: world.output, waits, asker: nobody }
    await expect(runRelease({ targets: 'all', yes: true, output: 'table' }, parts, stop)).rejects.toThrow(
      'stopped',
    )
  })
})

test.each<[names: readonly string[], flags: Texts, message: string]>([
  [[three], { all: true }, '--all releases everything'],
  [['10.244.3.7/24'], {}, 'the range is 10.244.3.0/24'],
  [['10.244.3.0/x'], {}, 'destination: invalid address'],
  [[''], {}, 'a name is empty'],
  [[], { output: 'xml' }, '--output=xml: expected one of table, json, yaml'],
])('wrong usage: %j %j', (names, flags, message) => {
  const read = () => told('release', flags, (settings) => readReleaseConfig(names, settings))
  expect(read).toThrow(UsageError)
  expect(read).toThrow(message)
})

describe('the question', () => {
  test.each([
    ['yes', ['uid-3']],
    ['no', [undefined]],
  ])('what is to go is shown; the answer is %j', async (answer, released) => {
    await using world = await open()
    const person = personSaying(answer)
    const run = world.run([three], { yes: undefined }, person)
    await (answer === 'yes' ? run : expect(run).rejects.toThrow('the answer was not yes'))
    expect(world.output.notes[0]).toContain('10.244.3.0/24')
    expect(person.questions).toEqual([
      'Do you want the routes of 1 destination to be deleted, of which instances may still run? Only "yes" is taken for it: ',
    ])
    expect([world.releasedOf(three)]).toEqual(released)
  })

  test('without a terminal and without --yes nothing is released', async () => {
    await using world = await open()
    await expect(world.run([], { all: true, yes: undefined })).rejects.toThrow(
      'there is no terminal to ask at. If it is meant, run the command again with --yes',
    )
    expect(world.cluster.writes).toEqual([])
  })
})
