import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import type { Change } from '../../providers/provider.ts'
import type { ObservedRoute, Target } from '../../providers/route.ts'
import type { LedgerRecord } from '../ledger/record.ts'
import { destination, instance, observed, record, seenWritten } from '../testing/values.ts'
import { type PlanInput, type PlanItem, type Wanted, plan } from './plan.ts'

const ours = instance('node-1')
const before = instance('node-0')
const gateway: Target = { kind: 'other', id: 'gateway' }
const target: Wanted = { kind: 'target', target: ours }
const nothing: Wanted = { kind: 'nothing' }
const unknown: Wanted = { kind: 'unknown' }
const recorded = record()
const elsewhere = record({ tables: ['table-2'] })

interface Row {
  readonly wanted: Wanted
  readonly there: ObservedRoute | undefined
  readonly ledger: LedgerRecord | undefined
  readonly item: string
}

const rows: Readonly<Record<string, Row>> = {
  'target | nothing | no': { wanted: target, there: undefined, ledger: undefined, item: 'create Missing' },
  'target | nothing | yes': { wanted: target, there: undefined, ledger: recorded, item: 'create Missing' },
  'target | our target | yes': {
    wanted: target,
    there: observed(ours),
    ledger: recorded,
    item: 'keep Programmed',
  },
  'target | our target, blackhole | yes': {
    wanted: target,
    there: observed(ours, { state: 'blackhole' }),
    ledger: recorded,
    item: 'keep Blackhole',
  },
  'target | our target | no': {
    wanted: target,
    there: observed(ours),
    ledger: undefined,
    item: 'satisfied ForeignRouteMatches',
  },
  'target | our target | in another table': {
    wanted: target,
    there: observed(ours),
    ledger: elsewhere,
    item: 'satisfied ForeignRouteMatches',
  },
  'target | our target, propagated | yes': {
    wanted: target,
    there: observed(ours, { origin: 'propagated' }),
    ledger: recorded,
    item: 'satisfied ForeignRouteMatches',
  },
  'target | the target before | yes': {
    wanted: target,
    there: observed(before),
    ledger: record({ previousTargets: [before] }),
    item: 'replace Moved',
  },
  'target | a target of others | yes, written': {
    wanted: target,
    there: observed(gateway),
    ledger: record({ states: seenWritten }),
    item: 'replace Drifted',
  },
  'target | our target, and a marked one besides | yes': {
    wanted: target,
    there: observed(ours, { surplus: [{ target: before, shares: false, isMarked: true }] }),
    ledger: recorded,
    item: 'replace Surplus',
  },
  'target | our target, which another shares | yes': {
    wanted: target,
    there: observed(ours, { surplus: [{ target: gateway, shares: true, isMarked: false }] }),
    ledger: recorded,
    item: 'disputed ForeignRoute',
  },
  'target | our target, with a foreign twin | yes': {
    wanted: target,
    there: observed(ours, { surplus: [{ target: ours, shares: true, isMarked: false }] }),
    ledger: recorded,
    item: 'keep Programmed',
  },
  'target | the target before, with a foreign twin | yes': {
    wanted: target,
    there: observed(before, { surplus: [{ target: before, shares: true, isMarked: false }] }),
    ledger: record({ previousTargets: [before] }),
    item: 'disputed ForeignRoute',
  },
  'target | the target before, which another shares | yes': {
    wanted: target,
    there: observed(before, { surplus: [{ target: gateway, shares: true, isMarked: false }] }),
    ledger: record({ previousTargets: [before] }),
    item: 'disputed ForeignRoute',
  },
  'target | the target before, which a marked one shares | yes': {
    wanted: target,
    there: observed(before, { surplus: [{ target: gateway, shares: true, isMarked: true }] }),
    ledger: record({ previousTargets: [before] }),
    item: 'replace Moved',
  },
  'target | our target, which another shares | no': {
    wanted: target,
    there: observed(ours, { surplus: [{ target: gateway, shares: true, isMarked: false }] }),
    ledger: undefined,
    item: 'disputed ForeignRoute',
  },
  'target | our target, and a marked one besides | no': {
    wanted: target,
    there: observed(ours, { surplus: [{ target: before, shares: false, isMarked: true }] }),
    ledger: undefined,
    item: 'satisfied ForeignRouteMatches',
  },
  'target | a foreign target, better than ours | yes, written': {
    wanted: target,
    there: observed(gateway, {
      isForeign: true,
      surplus: [{ target: ours, shares: false, isMarked: true }],
    }),
    ledger: record({ states: seenWritten }),
    item: 'disputed ForeignRoute',
  },
  'target | the target before, which was adopted | yes': {
    wanted: target,
    there: observed(before, { isForeign: true }),
    ledger: record({ previousTargets: [before], states: seenWritten }),
    item: 'replace Moved',
  },
  'target | a target of others, which was adopted | yes, written': {
    wanted: target,
    there: observed(gateway, { isUnmarked: true }),
    ledger: record({ states: seenWritten }),
    item: 'replace Drifted',
  },
  'target | our target, which was adopted | yes, written': {
    wanted: target,
    there: observed(ours, { isUnmarked: true }),
    ledger: record({ states: seenWritten }),
    item: 'keep Programmed',
  },
  'target | our target, by a route that is not as podway makes them | yes, but only intended': {
    wanted: target,
    there: observed(ours, { isUnmarked: true }),
    ledger: recorded,
    item: 'satisfied ForeignRouteMatches',
  },
  'nothing | our target, by a route that is not as podway makes them | yes, but only intended': {
    wanted: nothing,
    there: observed(ours, { isUnmarked: true }),
    ledger: recorded,
    item: 'disputed ChangedByOthers',
  },
  'nothing | our target, by a foreign route | yes, but only intended': {
    wanted: nothing,
    there: observed(ours, { isForeign: true }),
    ledger: recorded,
    item: 'disputed ChangedByOthers',
  },
  'nothing | our target, which was adopted | yes, written': {
    wanted: nothing,
    there: observed(ours, { isUnmarked: true }),
    ledger: record({ states: seenWritten }),
    item: 'delete Unwanted',
  },
  'nothing | a foreign target, better than ours | yes': {
    wanted: nothing,
    there: observed(gateway, {
      isForeign: true,
      surplus: [{ target: ours, shares: false, isMarked: true }],
    }),
    ledger: recorded,
    item: 'delete Unwanted',
  },
  'target | a target of others | yes, but only intended': {
    wanted: target,
    there: observed(gateway),
    ledger: recorded,
    item: 'disputed ForeignRoute',
  },
  'target | another target | no': {
    wanted: target,
    there: observed(gateway),
    ledger: undefined,
    item: 'disputed ForeignRoute',
  },
  'target | another target | in another table': {
    wanted: target,
    there: observed(gateway),
    ledger: elsewhere,
    item: 'disputed ForeignRoute',
  },
  'target | another target, blackhole | no': {
    wanted: target,
    there: observed(gateway, { state: 'blackhole' }),
    ledger: undefined,
    item: 'disputed ForeignRoute',
  },
  'target | local | yes': {
    wanted: target,
    there: observed({ kind: 'other', id: 'local' }, { origin: 'local' }),
    ledger: recorded,
    item: 'disputed ForeignRoute',
  },
  'unknown | nothing | yes': {
    wanted: unknown,
    there: undefined,
    ledger: recorded,
    item: 'keep TargetUnknown',
  },
  'unknown | another target | no': {
    wanted: unknown,
    there: observed(gateway),
    ledger: undefined,
    item: 'keep TargetUnknown',
  },
  'nothing | what we wrote | yes': {
    wanted: nothing,
    there: observed(ours),
    ledger: recorded,
    item: 'delete Unwanted',
  },
  'nothing | what we wrote, blackhole | yes': {
    wanted: nothing,
    there: observed(ours, { state: 'blackhole' }),
    ledger: recorded,
    item: 'delete Unwanted',
  },
  'nothing | what we wrote before | yes': {
    wanted: nothing,
    there: observed(before),
    ledger: record({ previousTargets: [before] }),
    item: 'delete Unwanted',
  },
  'nothing | what we did not write | yes': {
    wanted: nothing,
    there: observed(gateway),
    ledger: recorded,
    item: 'disputed ChangedByOthers',
  },
  'nothing | what we wrote, now local | yes': {
    wanted: nothing,
    there: observed(ours, { origin: 'local' }),
    ledger: recorded,
    item: 'disputed ChangedByOthers',
  },
  'nothing | nothing | yes': { wanted: nothing, there: undefined, ledger: recorded, item: 'none Nothing' },
  'nothing | nothing | no': { wanted: nothing, there: undefined, ledger: undefined, item: 'none Nothing' },
  'nothing | anything | no': {
    wanted: nothing,
    there: observed(ours),
    ledger: undefined,
    item: 'none Nothing',
  },
  'nothing | anything | in another table': {
    wanted: nothing,
    there: observed(ours),
    ledger: elsewhere,
    item: 'none Nothing',
  },
}

describe('wanted | in the table | in the ledger', () => {
  test.each(Object.entries(rows))('%s', (_name, { wanted, there, ledger, item }) => {
    const planned = plan({ destination, wanted, observed: there, record: ledger, tableId: 'table-1' })
    expect(`${planned.op} ${planned.reason}`).toBe(item)
  })

  test('a change carries what the plan saw', () => {
    const input = { destination, tableId: 'table-1', record: record({ states: seenWritten }) }
    expect(plan({ ...input, wanted: target, observed: observed(gateway) })).toMatchObject({
      change: { op: 'replace', destination, from: gateway, target: ours },
    })
    expect(plan({ ...input, wanted: nothing, observed: observed(ours) })).toMatchObject({
      change: { op: 'delete', destination, from: ours },
    })
  })

  test('a message names who is in the way', () => {
    const item = plan({
      destination,
      wanted: target,
      observed: observed(gateway),
      record: undefined,
      tableId: 'table-1',
    })
    expect(item).toMatchObject({ message: expect.stringContaining('other/gateway') as string })
  })
})

const anyTarget = fc.constantFrom(ours, before, gateway)
const anyObserved = fc.option(
  fc.record({
    destination: fc.constant(destination),
    target: anyTarget,
    state: fc.constantFrom('active' as const, 'blackhole' as const),
    origin: fc.constantFrom('static' as const, 'static' as const, 'local' as const, 'propagated' as const),
  }),
  { nil: undefined },
)
const anyRecord = fc.option(
  fc.record({
    target: anyTarget,
    previousTargets: fc.array(anyTarget, { maxLength: 2 }),
    tables: fc.constantFrom(['table-1'], ['table-2'], []),
  }),
  { nil: undefined },
)
const anyInput: fc.Arbitrary<PlanInput> = fc
  .record({
    wanted: fc.oneof(
      fc.constantFrom(nothing, unknown),
      anyTarget.map((to): Wanted => ({ kind: 'target', target: to })),
    ),
    observed: anyObserved,
    record: anyRecord,
  })
  .map(({ wanted, observed: there, record: known }) => ({
    destination,
    wanted,
    observed: there,
    record: known === undefined ? undefined : asRecord(known),
    tableId: 'table-1',
  }))

function asRecord({
  target: to,
  previousTargets,
  tables,
}: {
  target: Target
  previousTargets: readonly Target[]
  tables: readonly string[]
}): LedgerRecord {
  return record({ target: to, tables, previousTargets })
}

function carriedOut(change: Change): ObservedRoute | undefined {
  return change.op === 'delete' ? undefined : observed(change.target)
}

/** The input after the change was intended, as the reconciler does, and made. */
function after(input: PlanInput, item: PlanItem): PlanInput {
  if (!('change' in item)) return input
  const { change } = item
  const known = change.op === 'delete' ? input.record : record({ target: change.target, tables: ['table-1'] })
  return { ...input, observed: carriedOut(change), record: known }
}

property.prop([anyInput])('carried out, a plan leaves what is wanted', (input) => {
  const item = plan(input)
  fc.pre('change' in item)
  const { observed: there } = after(input, item)
  expect(there?.target).toEqual(input.wanted.kind === 'target' ? input.wanted.target : undefined)
})

property.prop([anyInput])('planning again changes nothing', (input) => {
  const again = plan(after(input, plan(input)))
  expect(['keep', 'satisfied', 'disputed', 'none']).toContain(again.op)
})

property.prop([anyInput])('what is foreign, or the cloud’s own, is never changed', (input) => {
  const owned = input.record?.tables.includes('table-1') === true && input.observed?.origin === 'static'
  const item = plan(input)
  if (input.observed !== undefined && !owned) expect(item).not.toHaveProperty('change')
})

property.prop([anyInput])(
  'nothing is deleted that we did not write, nor while it is not known what is wanted',
  (input) => {
    const item = plan(input)
    if (item.op !== 'delete') return
    expect(input.wanted).toEqual(nothing)
    expect([input.record?.target, ...(input.record?.previousTargets ?? [])]).toContainEqual(
      input.observed?.target,
    )
  },
)
