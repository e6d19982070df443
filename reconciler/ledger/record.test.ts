import { describe, expect, test } from 'vitest'
import { instance, record, seenWritten } from '../testing/values.ts'
import { isOurs, owns, wasWritten, withState, wroteTarget } from './record.ts'

test.each<[name: string, owner: ReturnType<typeof record> | undefined, owned: boolean]>([
  ['of that table', record(), true],
  ['of another table', record({ tables: ['table-2'] }), false],
  ['of no table', record({ tables: [] }), false],
  ['none', undefined, false],
])('a record %s owns: %s', (_name, owner, owned) => {
  expect(owns(owner, 'table-1')).toBe(owned)
})

const written = record({ states: seenWritten })
test.each([
  ['intended', true, record(), {}],
  ['intended, and not as podway makes them', false, record(), { isUnmarked: true }],
  ['intended, and foreign', false, record(), { isForeign: true }],
  ['adopted', true, written, { isUnmarked: true }],
  ['adopted, where routes can not be changed', true, written, { isForeign: true }],
  ['a local one', false, written, { origin: 'local' }],
  ['in no record', false, undefined, {}],
] as const)('a route that is %s is ours: %s', (_name, ours, one, route) => {
  expect(isOurs(one, 'table-1', { origin: 'static', ...route })).toBe(ours)
})

test.each([
  ['node-1', true],
  ['before', true],
  ['other', false],
])('we wrote %s: %s', (id, wrote) => {
  expect(wroteTarget(record({ previousTargets: [instance('before')] }), instance(id))).toBe(wrote)
})

test('a target of another kind is another target', () => {
  expect(wroteTarget(record(), { kind: 'eni', id: 'node-1' })).toBe(false)
})

test('written stays once set', () => {
  const written = withState(
    new Map(),
    't',
    { state: 'Programmed', reason: 'P', message: '', written: true },
    'then',
  )
  const failed = withState(written, 't', { state: 'Failed', reason: 'F', message: '', written: false }, 'now')
  expect(failed.get('t')).toMatchObject({ state: 'Failed', written: true })
})

test.each([
  ['written, and ours', record({ states: seenWritten }), true],
  ['intended', record(), false],
  ['written, and no longer ours', record({ states: seenWritten, tables: [] }), false],
])('a route that is %s was written: %s', (_name, one, written) => {
  expect(wasWritten(one, 'table-1')).toBe(written)
})

describe('since moves only if the state or the reason does', () => {
  const first = withState(
    new Map(),
    't',
    { state: 'Failed', reason: 'Quota', message: 'a', written: false },
    'then',
  )
  test.each([
    [{ state: 'Failed', reason: 'Quota', message: 'b', written: false } as const, 'then'],
    [{ state: 'Failed', reason: 'Throttled', message: 'a', written: false } as const, 'now'],
    [{ state: 'Programmed', reason: 'Quota', message: 'a', written: true } as const, 'now'],
  ])('%j: %s', (next, since) => {
    expect(withState(first, 't', next, 'now').get('t')).toEqual({ ...next, since })
  })

  test('the others stay, and the map before is as it was', () => {
    const both = withState(first, 'u', { state: 'Pending', reason: 'R', message: '', written: false }, 'now')
    expect([...both.keys()]).toEqual(['t', 'u'])
    expect(first.size).toBe(1)
  })
})
