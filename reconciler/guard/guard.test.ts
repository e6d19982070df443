import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import type { PlanItem } from '../plan/plan.ts'
import { destination, instance } from '../testing/values.ts'
import { type GuardInput, guard } from './guard.ts'
import { policies } from './policy.ts'

const create: PlanItem = {
  op: 'create',
  reason: 'Missing',
  change: { op: 'create', destination, target: instance('a') },
}
const replace: PlanItem = {
  op: 'replace',
  reason: 'Moved',
  change: { op: 'replace', destination, from: instance('b'), target: instance('a') },
}
const remove: PlanItem = {
  op: 'delete',
  reason: 'Unwanted',
  change: { op: 'delete', destination, from: instance('a') },
}
const keep: PlanItem = { op: 'keep', reason: 'Programmed', message: '' }

const free: Omit<GuardInput, 'item'> = { policy: 'sync', tableFull: false, braked: false }

test.each<[name: string, item: PlanItem, given: Partial<GuardInput>, held: string | undefined]>([
  ['create', create, {}, undefined],
  ['replace', replace, {}, undefined],
  ['delete', remove, {}, undefined],
  ['create into a full table', create, { tableFull: true }, 'RouteTableFull'],
  ['replace in a full table', replace, { tableFull: true }, undefined],
  ['delete from a full table', remove, { tableFull: true }, undefined],
  ['create while deletes are held', create, { braked: true }, undefined],
  ['replace while deletes are held', replace, { braked: true }, undefined],
  ['delete while deletes are held', remove, { braked: true }, 'DeleteBrake'],
  ['create, upsert-only', create, { policy: 'upsert-only' }, undefined],
  ['replace, upsert-only', replace, { policy: 'upsert-only' }, undefined],
  ['delete, upsert-only', remove, { policy: 'upsert-only' }, 'PolicyUpsertOnly'],
  ['create, observe', create, { policy: 'observe' }, 'PolicyObserve'],
  ['replace, observe', replace, { policy: 'observe' }, 'PolicyObserve'],
  ['delete, observe', remove, { policy: 'observe' }, 'PolicyObserve'],
  ['nothing to do, observe', keep, { policy: 'observe' }, undefined],
])('%s', (_name, item, given, held) => {
  expect(guard({ ...free, ...given, item })?.reason).toBe(held)
})

const anyInput = fc.record({
  item: fc.constantFrom(create, replace, remove, keep),
  policy: fc.constantFrom(...policies),
  tableFull: fc.boolean(),
  braked: fc.boolean(),
})

property.prop([anyInput])('only sync deletes, and observe does nothing', (input) => {
  if (guard(input) !== undefined || !('change' in input.item)) return
  expect(input.policy).not.toBe('observe')
  if (input.item.op === 'delete') expect(input.policy).toBe('sync')
})
