import { expect, test } from 'vitest'
import { parseAddress } from '../../net/address.ts'
import { parseCidr } from '../../net/cidr.ts'
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
    addTable: (name) => Promise.resolve(cloud.addTable(`table-${name}`, { name })),
    removeTable: (table) => {
      cloud.removeTable(table.id)
      return Promise.resolve()
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
  expect(await run(one)).toEqual([done, failure('throttled')])
  expect(await run(one)).toEqual([done, done])
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
