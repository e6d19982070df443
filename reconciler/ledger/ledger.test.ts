import { describe, expect, test } from 'vitest'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import { instance, record } from '../testing/values.ts'
import { Ledger, type LedgerStore } from './ledger.ts'
import type { LedgerRecord, TableState } from './record.ts'

const never = new AbortController().signal
const key = '10.244.3.0/24'
const programmed: TableState = {
  state: 'Programmed',
  reason: 'Programmed',
  message: '',
  since: '2026-01-01T00:00:00Z',
  written: true,
}

/** A store in memory that tells what it was asked for, and may refuse. */
function makeStore(records: readonly LedgerRecord[] = []) {
  const calls: string[] = []
  const world = { calls, refuse: false }
  const call = (text: string): Promise<void> => {
    if (world.refuse) return Promise.reject(new Error('the store refuses'))
    calls.push(text)
    return Promise.resolve()
  }
  const store: LedgerStore = {
    load: () => Promise.resolve(records),
    intend: (one) =>
      call(
        `intend ${one.target.id}${one.previousTargets.map(({ id }) => ` from ${id}`).join('')} ${one.tables.join()}`,
      ),
    settle: (_destination, states) => call(`settle ${[...states.values()].map(({ state }) => state).join()}`),
    forget: (one) => call(`forget ${formatCidr(one)}`),
  }
  return Object.assign(world, {
    store,
    listener: {
      held: (one: Cidr) => void calls.push(`held ${formatCidr(one)}`),
      released: (one: Cidr) => void calls.push(`released ${formatCidr(one)}`),
    },
  })
}

async function openLedger(records: readonly LedgerRecord[] = []) {
  const world = makeStore(records)
  const ledger = new Ledger(world.store, world.listener)
  await ledger.open(never)
  return Object.assign(world, { ledger })
}

test('what the store has is held from the start: quarantine outlives a restart', async () => {
  const { ledger, calls } = await openLedger([record()])
  expect(calls).toEqual([`held ${key}`])
  expect(ledger.get(key)).toEqual(record())
  expect(ledger.all()).toHaveLength(1)
})

describe('an intent', () => {
  test('is held, then written, then seen', async () => {
    const world = await openLedger()
    let seen: LedgerRecord | undefined
    const intend = world.store.intend.bind(world.store)
    world.store.intend = (one, signal) => {
      seen = world.ledger.get(key)
      return intend(one, signal)
    }
    await world.ledger.intend(record(), never)
    expect(seen).toBeUndefined()
    expect(world.calls).toEqual([`held ${key}`, 'intend node-1 table-1'])
    expect(world.ledger.get(key)).toEqual(record())
  })

  test('takes the destination from the moment on that it is on its way; one of no table does not', async () => {
    const world = await openLedger()
    const intended = world.ledger.intend(record(), never)
    expect([world.ledger.get(key), world.ledger.taken(key)]).toEqual([undefined, true])
    await intended
    expect(world.ledger.taken(key)).toBe(true)
    const left = world.ledger.intend(record({ tables: [] }), never)
    expect(world.ledger.taken(key)).toBe(true)
    await left
    expect(world.ledger.taken(key)).toBe(false)
  })

  test('that the store refuses takes nothing', async () => {
    const world = await openLedger()
    world.refuse = true
    await expect(world.ledger.intend(record(), never)).rejects.toThrow('refuses')
    expect(world.ledger.taken(key)).toBe(false)
  })

  test('that the store refuses is not seen', async () => {
    const world = await openLedger()
    world.refuse = true
    await expect(world.ledger.intend(record(), never)).rejects.toThrow('the store refuses')
    expect(world.ledger.get(key)).toBeUndefined()
  })

  test.each<[name: string, next: LedgerRecord, written: boolean]>([
    ['the same', record(), false],
    ['other states', record({ states: new Map([['table-1', programmed]]) }), false],
    ['another order of tables', record({ tables: ['table-1'] }), false],
    ['another node', record({ node: { name: 'node-2', uid: 'uid-1' } }), true],
    ['another uid', record({ node: { name: 'node-1', uid: 'uid-2' } }), true],
    ['another target', record({ target: instance('x') }), true],
    ['another kind of target', record({ target: { kind: 'eni', id: 'node-1' } }), true],
    ['a target before', record({ previousTargets: [instance('x')] }), true],
    ['more tables', record({ tables: ['table-1', 'table-2'] }), true],
    ['fewer tables', record({ tables: [] }), true],
  ])('again with %s; written: %s', async (_name, next, written) => {
    const { ledger, calls } = await openLedger([record()])
    calls.length = 0
    await ledger.intend(next, never)
    expect(calls.some((call) => call.startsWith('intend'))).toBe(written)
  })

  test('keeps the states that are known', async () => {
    const { ledger } = await openLedger([record({ states: new Map([['table-1', programmed]]) })])
    await ledger.intend(record({ target: instance('x') }), never)
    expect(ledger.get(key)?.states.get('table-1')).toEqual(programmed)
  })
})

describe('settling', () => {
  const states = new Map([['table-1', programmed]])

  test('writes what differs, once', async () => {
    const { ledger, calls } = await openLedger([record()])
    await ledger.settle(key, states, never)
    await ledger.settle(key, new Map(states), never)
    expect(calls.filter((call) => call.startsWith('settle'))).toEqual(['settle Programmed'])
    expect(ledger.get(key)?.states).toEqual(states)
  })

  test.each<[name: string, next: ReadonlyMap<string, TableState>, written: boolean]>([
    ['a later since', new Map([['table-1', { ...programmed, since: 'later' }]]), false],
    ['another reason', new Map([['table-1', { ...programmed, reason: 'Other' }]]), true],
    ['another message', new Map([['table-1', { ...programmed, message: 'other' }]]), true],
    ['another table', new Map([['table-2', programmed]]), true],
    ['no table', new Map(), true],
  ])('%s; written: %s', async (_name, next, written) => {
    const { ledger, calls } = await openLedger([record({ states })])
    await ledger.settle(key, next, never)
    expect(calls.some((call) => call.startsWith('settle'))).toBe(written)
  })

  test('what has no record needs none', async () => {
    const { ledger, calls } = await openLedger()
    await ledger.settle(key, states, never)
    expect(calls).toEqual([])
  })
})

describe('forgetting', () => {
  test('first the store, then the hold', async () => {
    const { ledger, calls } = await openLedger([record()])
    calls.length = 0
    await ledger.forget(key, never)
    await ledger.forget(key, never)
    expect(calls).toEqual([`forget ${key}`, `released ${key}`])
    expect(ledger.get(key)).toBeUndefined()
  })

  test('refused: it stays held', async () => {
    const world = await openLedger([record()])
    world.refuse = true
    await expect(world.ledger.forget(key, never)).rejects.toThrow('the store refuses')
    expect(world.calls).not.toContain(`released ${key}`)
    expect(world.ledger.get(key)).toBeDefined()
  })
})
