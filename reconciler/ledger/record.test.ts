import { describe, expect, test } from 'vitest'
import { instance, record } from '../testing/values.ts'
import { owns, withState, wroteTarget } from './record.ts'

test.each<[name: string, owner: ReturnType<typeof record> | undefined, owned: boolean]>([
  ['of that table', record(), true],
  ['of another table', record({ tables: ['table-2'] }), false],
  ['of no table', record({ tables: [] }), false],
  ['none', undefined, false],
])('a record %s owns: %s', (_name, owner, owned) => {
  expect(owns(owner, 'table-1')).toBe(owned)
})

test.each([
  ['node-1', true],
  ['before', true],
  ['other', false],
])('we wrote %s: %s', (id, wrote) => {
  expect(wroteTarget(record({ previousTarget: instance('before') }), instance(id))).toBe(wrote)
})

test('a target of another kind is another target', () => {
  expect(wroteTarget(record(), { kind: 'eni', id: 'node-1' })).toBe(false)
})

describe('since moves only if the state or the reason does', () => {
  const first = withState(new Map(), 't', { state: 'Failed', reason: 'Quota', message: 'a' }, 'then')
  test.each([
    [{ state: 'Failed', reason: 'Quota', message: 'b' } as const, 'then'],
    [{ state: 'Failed', reason: 'Throttled', message: 'a' } as const, 'now'],
    [{ state: 'Programmed', reason: 'Quota', message: 'a' } as const, 'now'],
  ])('%j: %s', (next, since) => {
    expect(withState(first, 't', next, 'now').get('t')).toEqual({ ...next, since })
  })

  test('the others stay, and the map before is as it was', () => {
    const both = withState(first, 'u', { state: 'Pending', reason: 'R', message: '' }, 'now')
    expect([...both.keys()]).toEqual(['t', 'u'])
    expect(first.size).toBe(1)
  })
})
