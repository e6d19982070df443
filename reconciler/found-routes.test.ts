import { expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import type { Change } from '../providers/provider.ts'
import type { Table } from '../providers/route.ts'
import { FoundRoutes } from './found-routes.ts'
import { destination, instance, observed } from './testing/values.ts'

const table = { id: 't' }
const key = '10.244.3.0/24'
const other = parseCidr('10.244.4.0/24')
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Wait {
  readonly table: Table
  readonly changes: readonly Change[]
  readonly over: () => void
  readonly fail: (reason: Error) => void
}

function make() {
  const waits: Wait[] = []
  const told: string[] = []
  const found = new FoundRoutes({
    provider: {
      untilEffective: (of, changes) =>
        new Promise((resolve, reject) => {
          waits.push({ table: of, changes, over: () => resolve(), fail: reject })
        }),
    },
    onEffective: (keys) => told.push(keys.join()),
    signal: new AbortController().signal,
  })
  return { found, told, waits }
}

test('what is found is waited for together, as if it had been written now; what leads to no node is not', async () => {
  const { found, told, waits } = make()
  const gateway = observed({ kind: 'other', id: 'Internet' }, { destination: parseCidr('0.0.0.0/0') })
  found.found(table, [observed(instance('a')), observed(instance('b'), { destination: other }), gateway])
  expect(waits.map(({ table: of, changes }) => [of, changes])).toEqual([
    [
      table,
      [
        { op: 'create', destination, target: instance('a') },
        { op: 'create', destination: other, target: instance('b') },
      ],
    ],
  ])
  expect([found.awaits('t', key), found.awaits('t', '0.0.0.0/0'), found.awaits('u', key)]).toEqual([
    true,
    false,
    false,
  ])
  waits[0]?.over()
  await turn()
  expect(found.awaits('t', key)).toBe(false)
  expect(told).toEqual(['10.244.3.0/24,10.244.4.0/24'])
})

test('of a route that changes meanwhile, the last wait counts', async () => {
  const { found, told, waits } = make()
  found.found(table, [observed(instance('a')), observed(instance('a'), { destination: other })])
  found.found(table, [observed(instance('b'))])
  waits[0]?.over()
  await turn()
  expect(found.awaits('t', key)).toBe(true)
  expect(told).toEqual(['10.244.4.0/24'])
  waits[1]?.over()
  await turn()
  expect(found.awaits('t', key)).toBe(false)
})

test('nothing found is nothing to wait for', () => {
  const { found, waits } = make()
  found.found(table, [])
  expect(waits).toEqual([])
})

test('where packets follow at once, nothing is waited for', () => {
  const onEffective = (): void => expect.unreachable()
  const found = new FoundRoutes({ provider: {}, onEffective, signal: new AbortController().signal })
  found.found(table, [observed(instance('a'))])
  expect(found.awaits('t', key)).toBe(false)
})

test('an abort ends the program, not the wait', async () => {
  const { found, told, waits } = make()
  found.found(table, [observed(instance('a'))])
  waits[0]?.fail(new Error('the lease is lost'))
  await turn()
  expect([found.awaits('t', key), told]).toEqual([true, []])
})
