import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stage } from '../testing/stage.ts'
import { type SampleMachine, podAddresses, podRanges, sampleMachines } from '../testing/sample-pods.ts'
import { ownAddresses, port, route, routesTo, sampleFabric } from './sample-network.ts'
import type { StaticRoute } from './network-state.ts'

let stage: Stage

beforeAll(async () => {
  stage = await Stage.create(
    'gcp',
    sampleFabric(),
    sampleMachines.map((name) => ({
      name,
      port: port(name),
      addresses: ownAddresses(name),
      pod: podAddresses(name),
    })),
  )
})

afterAll(() => stage.close())

const passes = ['ok', 'ok']
const dropped = ['timeout', 'timeout']

/** Routes of both families to one's pods that lead to another instance. */
const astray = (
  pods: SampleMachine,
  to: SampleMachine,
  change: Partial<StaticRoute> = {},
): readonly StaticRoute[] => podRanges(pods).map((range) => route(range, to, change))

test('pods reach pods of every region by the one table, and instances by no static route at all', async () => {
  await stage.fabric.apply(sampleFabric())
  expect(await stage.probe('a1/pod', 'a2/pod')).toEqual(passes)
  expect(await stage.probe('b1/pod', 'a1/pod')).toEqual(passes)
  expect(await stage.probe('db', 'b1/pod')).toEqual(passes)
  await stage.fabric.apply(sampleFabric([]))
  expect(await stage.probe('a1', 'b1')).toEqual(passes)
  expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(dropped)
})

test('a second route of the same priority takes a share of the connections, one less good takes none', async () => {
  const right = routesTo('a1', 'b1')
  // `db` takes what Google sends there, and does not forward it.
  const forwards = { db: { canIpForward: true } }
  await stage.fabric.apply(sampleFabric([...right, ...astray('b1', 'db')], forwards))
  const shared = await stage.probeOften('a1/pod', 'b1/pod', 40, 300)
  for (const family of [4, 6] as const) {
    const its = shared.results.filter(({ probe }) => probe.family === family)
    const arrived = its.filter(({ verdict }) => verdict.kind === 'ok').length
    expect(arrived, `IPv${family}`).toBeGreaterThan(0)
    expect(arrived, `IPv${family}`).toBeLessThan(its.length)
  }
  await stage.fabric.apply(sampleFabric([...right, ...astray('b1', 'db', { priority: 1001 })], forwards))
  expect(await stage.probeOften('a1/pod', 'b1/pod', 40)).toMatchObject({ sent: 80, ok: 80 })
  await stage.fabric.apply(sampleFabric([...right, ...astray('b1', 'db', { priority: 999 })], forwards))
  expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(dropped)
  await stage.fabric.apply(sampleFabric(right))
  expect(await stage.probeOften('a1/pod', 'b1/pod', 40)).toMatchObject({ sent: 80, ok: 80 })
})

test('an instance that may not forward swallows its share of the connections', async () => {
  await stage.fabric.apply(sampleFabric([...routesTo('a1', 'b1'), ...astray('b1', 'db')]))
  const { ok, sent } = await stage.probeOften('a1/pod', 'b1/pod', 40, 300)
  expect(ok).toBeGreaterThan(0)
  expect(ok).toBeLessThan(sent)
})

test('with canIpForward off, pods neither send nor receive; the instance itself does', async () => {
  await stage.fabric.apply(sampleFabric(undefined, { b1: { canIpForward: false } }))
  expect(await stage.probe('b1/pod', 'a1/pod')).toEqual(dropped)
  expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(dropped)
  expect(await stage.probe('b1', 'a1')).toEqual(passes)
})

test('an alias range needs neither a route nor canIpForward', async () => {
  // What is an alias range here is what pods have: in real networks it lies in a secondary range.
  const aliases = (
    name: SampleMachine,
  ): { readonly ranges: readonly string[]; readonly canIpForward: boolean } => ({
    ranges: [podRanges(name)[0]],
    canIpForward: false,
  })
  const both = { a1: aliases('a1'), b1: aliases('b1') }
  await stage.fabric.apply(sampleFabric([], both))
  expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(['ok', 'timeout'])
  expect(await stage.probe('db', 'b1/pod')).toEqual(['ok', 'timeout'])
  await stage.fabric.apply(sampleFabric([], { ...both, b1: { ...both.b1, ranges: [] } }))
  expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(dropped)
  await stage.fabric.apply(sampleFabric([], { ...both, a1: { ...both.a1, ranges: [] } }))
  expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(dropped)
})

test('a route with tags is for the instances that have them', async () => {
  const tagged = routesTo('a1', 'b1').map((one) => ({ ...one, tags: ['node'] }))
  const tags = { tags: ['node'] }
  await stage.fabric.apply(sampleFabric(tagged, { a1: tags, b1: tags }))
  expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(passes)
  expect(await stage.probe('db', 'b1/pod')).toEqual(dropped)
  await stage.fabric.apply(sampleFabric(tagged, { a1: tags, b1: tags, db: tags }))
  expect(await stage.probe('db', 'b1/pod')).toEqual(passes)
})

test('a stopped instance is no next hop, if another route leads there', async () => {
  const routes = [...routesTo('a1', 'b1'), ...astray('b1', 'a2', { priority: 10 })]
  await stage.fabric.apply(sampleFabric(routes, { a2: { isRunning: false } }))
  expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(passes)
  await stage.fabric.apply(sampleFabric(routes))
  expect(await stage.probe('a1/pod', 'b1/pod')).not.toEqual(passes)
})
