import { expect, test } from 'vitest'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { parseAddress } from '../../net/address.ts'
import { parseCidr } from '../../net/cidr.ts'
import { ApiBudget } from '../budget.ts'
import type { ErrorClass } from '../errors.ts'
import type { Change } from '../provider.ts'
import { describeProvider } from '../../test/conformance/provider.case.ts'
import type { Failure, ProviderWorld } from '../../test/conformance/provider-world.ts'
import { MemoryCloud } from './memory-cloud.ts'
import { memoryProvider } from './memory-provider.ts'

describeProvider({ name: 'memory', make: () => Promise.resolve(memoryWorld()) })

const classes: Readonly<Record<Failure, ErrorClass>> = {
  throttled: 'throttled',
  unauthorized: 'unauthorized',
  quota: 'quota',
  lost: 'unknown-outcome',
}

function memoryWorld(): ProviderWorld {
  let nodes = 0
  const cloud = new MemoryCloud()
  return {
    provider: memoryProvider(cloud),
    addTable: (name) => Promise.resolve(cloud.addTable(`table-${name}`, { name, routeLimit: 500 })),
    removeTable: (table) => {
      cloud.removeTable(table.id)
      return Promise.resolve()
    },
    serve: (table) => {
      const ranges = ['10.0.0.0/16', 'fd00::/64'].map(parseCidr)
      for (const range of ranges) cloud.serve(range, table.id)
      return Promise.resolve(ranges)
    },
    addNode: (name) => {
      nodes++
      const addresses = [parseAddress(`10.0.0.${nodes}`), parseAddress(`fd00::${nodes}`)]
      const { providerID, target } = cloud.addInstance(name, addresses)
      return Promise.resolve({ view: { name, providerID, addresses }, target })
    },
    terminate: (node) => {
      cloud.terminate(node.target.id)
      return Promise.resolve()
    },
    unknownProviderID: () => 'memory:///nobody',
    addForeignRoute: (table, destination) => {
      const target = { kind: 'other', id: 'gateway' } as const
      cloud.putRoute(table.id, { destination, target })
      return Promise.resolve({ destination, target })
    },
    stealRoute: (table, destination, { target }) => {
      cloud.putRoute(table.id, { destination, target })
      return Promise.resolve()
    },
    forwards: (node) => Promise.resolve(cloud.forwards(node.target)),
    writes: () =>
      cloud.writes.length + cloud.struck.filter((f) => f.at !== 'list' && f.carriedOut !== true).length,
    failNext: (at, failure) => {
      cloud.fail({ at, class: classes[failure], carriedOut: failure === 'lost' })
    },
    close: () => Promise.resolve(),
  }
}

const never = new AbortController().signal
const a = parseCidr('10.244.1.0/24')
const b = parseCidr('10.244.2.0/24')
const to = (id: string, destination = a): Change => ({
  op: 'create',
  destination,
  target: { kind: 'instance', id },
})
const failure = (errorClass: ErrorClass): unknown => ({
  result: 'failed',
  error: expect.objectContaining({ class: errorClass }) as unknown,
})

test('a fault strikes as often as told, only at its table and destination', async () => {
  const cloud = new MemoryCloud()
  const [one, two] = [cloud.addTable('one'), cloud.addTable('two')]
  const provider = memoryProvider(cloud)
  cloud.fail({ at: 'create', class: 'throttled', times: 2, table: 'one', destination: b })
  const run = (table: typeof one): Promise<unknown> =>
    provider.apply(table, { changes: [to('x', a), to('x', b)] }, never)
  const done = { result: 'done' }
  expect(await run(two)).toEqual([done, done])
  expect(await run(one)).toEqual([done, failure('throttled')])
  expect(await run(one)).toMatchObject([done, failure('throttled')])
  expect(await run(one)).toMatchObject([done, done])
})

test('a full table refuses routes of that family only', async () => {
  const cloud = new MemoryCloud()
  const table = cloud.addTable('t', { routeLimit: 1 })
  const changes = [to('x', a), to('x', b), to('x', parseCidr('fd00::/64'))]
  const outcomes = await memoryProvider(cloud).apply(table, { changes }, never)
  expect(outcomes).toEqual([{ result: 'done' }, failure('quota'), { result: 'done' }])
})

test('what runs at the same time is ordered by the test', async () => {
  const gate = Promise.withResolvers<undefined>()
  const cloud = new MemoryCloud({
    before: (call) => (call.method === 'apply' ? gate.promise : Promise.resolve()),
  })
  const table = cloud.addTable('t')
  const provider = memoryProvider(cloud)
  const applied = provider.apply(table, { changes: [to('x')] }, never)
  expect((await provider.list(table, never)).routes).toEqual([])
  gate.resolve(undefined)
  await applied
  expect(cloud.routes('t')).toHaveLength(1)
  expect(cloud.calls.map((call) => call.method)).toEqual(['apply', 'list'])
})

test('a table is full by the quota when it refuses the next route; without a limit there is none', async () => {
  const cloud = new MemoryCloud()
  const [small, endless] = [cloud.addTable('small', { routeLimit: 2 }), cloud.addTable('endless')]
  const provider = memoryProvider(cloud)
  await provider.apply(small, { changes: [to('x', a), to('x', parseCidr('fd00::/64'))] }, never)
  expect(provider.quota?.(small, await provider.list(small, never))).toEqual({
    families: [
      { family: 4, used: 1, limit: 2 },
      { family: 6, used: 1, limit: 2 },
    ],
  })
  expect(provider.quota?.(endless, await provider.list(endless, never))).toBeUndefined()
})

test('a budget: each change of a batch has its turn, and what waits shows', async () => {
  const clock = new ManualClock()
  const limits = { byAction: {}, others: { burst: 1, perSecond: 1 } }
  const cloud = new MemoryCloud({ budget: new ApiBudget({ clock, limits, share: 1 }) })
  const table = cloud.addTable('t')
  const provider = memoryProvider(cloud)
  expect(provider.readyInMs?.('create')).toBe(0)
  const applied = provider.apply(table, { changes: [to('x', a), to('x', b)] }, never)
  await clock.advance(999)
  expect(cloud.routes('t')).toHaveLength(1)
  expect(provider.readyInMs?.('create')).toBe(1_001)
  expect(provider.readyInMs?.('delete')).toBe(0)
  await clock.advance(1)
  expect(await applied).toEqual([{ result: 'done' }, { result: 'done' }])
})

test('a budget learns from the throttling of the cloud', async () => {
  const clock = new ManualClock()
  const limits = { byAction: {}, others: { burst: 10, perSecond: 1 } }
  const cloud = new MemoryCloud({ budget: new ApiBudget({ clock, limits, share: 1 }) })
  const table = cloud.addTable('t')
  const provider = memoryProvider(cloud)
  cloud.fail({ at: 'create', class: 'throttled', retryAfterMs: 5_000 })
  expect(await provider.apply(table, { changes: [to('x')] }, never)).toEqual([failure('throttled')])
  expect(provider.readyInMs?.('create')).toBeGreaterThan(5_000)
  expect(provider.readyInMs?.('replace')).toBe(0)
})
