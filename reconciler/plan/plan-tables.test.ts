import { fc, test as property } from '@fast-check/vitest'
import { expect } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import type { Change } from '../../providers/provider.ts'
import { type ObservedRoute, type Target, formatTarget, sameTarget } from '../../providers/route.ts'
import { guard } from '../guard/guard.ts'
import { type Policy, policies } from '../guard/policy.ts'
import { type DestinationKey, type LedgerRecord, owns, wasWritten } from '../ledger/record.ts'
import { instance, record } from '../testing/values.ts'
import { type PlanItem, type Wanted, plan } from './plan.ts'

/** Plan and guard over several destinations in several tables. */

const tables = ['table-1', 'table-2', 'table-3']
const keys = ['10.0.0.0/24', '10.0.1.0/24', 'fd00::/64']
const gateway: Target = { kind: 'other', id: 'gateway' }

interface Situation {
  readonly wanted: ReadonlyMap<DestinationKey, Wanted>
  /** By table and destination. */
  readonly observed: ReadonlyMap<string, ObservedRoute>
  readonly records: ReadonlyMap<DestinationKey, LedgerRecord>
  readonly policy: Policy
  /** Tables that take no more routes. */
  readonly full: ReadonlySet<string>
  /** Destinations whose deletes the brake holds. */
  readonly braked: ReadonlySet<DestinationKey>
}

interface Step {
  readonly key: DestinationKey
  readonly table: string
  readonly item: PlanItem
  readonly held: boolean
}

const cell = (table: string, key: DestinationKey): string => `${table} ${key}`

function stepsOf({ wanted, observed, records, policy, full, braked }: Situation): readonly Step[] {
  return keys.flatMap((key) =>
    tables.map((table) => {
      const item = plan({
        destination: parseCidr(key),
        wanted: wanted.get(key) ?? { kind: 'nothing' },
        observed: observed.get(cell(table, key)),
        record: records.get(key),
        tableId: table,
      })
      const hold = guard({ item, policy, tableFull: full.has(table), braked: braked.has(key) })
      return { key, table, item, held: hold !== undefined }
    }),
  )
}

/** What the tables and the ledger hold once all that is not held was intended, and made. */
function carriedOut(situation: Situation): Situation {
  const observed = new Map(situation.observed)
  const records = new Map(situation.records)
  for (const { key, table, item, held } of stepsOf(situation)) {
    if (held || !('change' in item)) continue
    const { change } = item
    if (change.op === 'delete') observed.delete(cell(table, key))
    else
      observed.set(cell(table, key), {
        destination: parseCidr(key),
        target: change.target,
        state: 'active',
        origin: 'static',
      })
    records.set(key, after(records.get(key), key, table, change))
  }
  return { ...situation, observed, records }
}

function after(
  known: LedgerRecord | undefined,
  key: DestinationKey,
  table: string,
  change: Change,
): LedgerRecord {
  const before = known ?? record({ destination: parseCidr(key), tables: [] })
  if (change.op === 'delete') return { ...before, tables: before.tables.filter((id) => id !== table) }
  const { target } = change
  return {
    ...before,
    target,
    previousTargets: [...before.previousTargets, before.target].filter((one) => !sameTarget(one, target)),
    tables: [...new Set([...before.tables, table])].sort(),
    states: new Map(before.states).set(table, {
      state: 'Programmed',
      reason: 'Programmed',
      message: '',
      since: '',
      written: true,
    }),
  }
}

const anyTarget = fc.constantFrom(instance('node-1'), instance('node-2'), instance('node-3'), gateway)
const anyWanted: fc.Arbitrary<Wanted> = fc.oneof(
  fc.constantFrom<Wanted[]>({ kind: 'nothing' }, { kind: 'unknown' }),
  anyTarget.map((target): Wanted => ({ kind: 'target', target })),
)
const anyRoute = fc.option(
  fc.record({
    target: anyTarget,
    state: fc.constantFrom('active' as const, 'blackhole' as const),
    origin: fc.constantFrom('static' as const, 'static' as const, 'local' as const, 'propagated' as const),
  }),
  { nil: undefined },
)
const anyRecord = fc.option(
  fc.record({
    target: anyTarget,
    previousTargets: fc.uniqueArray(anyTarget, { maxLength: 2, selector: formatTarget }),
    tables: fc.subarray(tables),
    written: fc.subarray(tables),
  }),
  { nil: undefined },
)
const anySituation: fc.Arbitrary<Situation> = fc
  .record({
    wanted: fc.tuple(anyWanted, anyWanted, anyWanted),
    routes: fc.array(anyRoute, {
      minLength: keys.length * tables.length,
      maxLength: keys.length * tables.length,
    }),
    records: fc.tuple(anyRecord, anyRecord, anyRecord),
    policy: fc.constantFrom(...policies),
    full: fc.subarray(tables),
    braked: fc.subarray(keys),
  })
  .map(({ wanted, routes, records, policy, full, braked }) => ({
    wanted: new Map(keys.map((key, i) => [key, wanted[i] ?? { kind: 'nothing' }])),
    observed: new Map(
      keys.flatMap((key, i) =>
        tables.flatMap((table, j): [string, ObservedRoute][] => {
          const route = routes[i * tables.length + j]
          return route === undefined ? [] : [[cell(table, key), { destination: parseCidr(key), ...route }]]
        }),
      ),
    ),
    records: new Map(
      keys.flatMap((key, i): [DestinationKey, LedgerRecord][] => {
        const one = records[i]
        if (one === undefined) return []
        const { written, ...rest } = one
        const states = new Map(
          written.map((id) => [
            id,
            { state: 'Programmed', reason: 'Programmed', message: '', since: '', written: true } as const,
          ]),
        )
        return [[key, record({ destination: parseCidr(key), ...rest, states })]]
      }),
    ),
    policy,
    full: new Set(full),
    braked: new Set(braked),
  }))

property.prop([anySituation])('applied to what is observed, a plan leaves what is desired', (situation) => {
  const { observed } = carriedOut(situation)
  for (const { key, table, item, held } of stepsOf(situation)) {
    if (held || !('change' in item)) continue
    const wanted = situation.wanted.get(key)
    expect(observed.get(cell(table, key))?.target).toEqual(
      wanted?.kind === 'target' ? wanted.target : undefined,
    )
  }
})

property.prop([anySituation])(
  'planning again changes nothing but what is held, and holds it again',
  (situation) => {
    const before = stepsOf(situation).filter(({ held }) => held)
    const again = stepsOf(carriedOut(situation)).filter(({ item }) => 'change' in item)
    expect(again.every(({ held }) => held)).toBe(true)
    expect(again.map(({ table, key, item }) => `${item.op} ${cell(table, key)}`)).toEqual(
      before.map(({ table, key, item }) => `${item.op} ${cell(table, key)}`),
    )
  },
)

property.prop([anySituation])(
  'a foreign route is never changed, in whichever table it stands',
  (situation) => {
    const { observed } = carriedOut(situation)
    for (const key of keys)
      for (const table of tables) {
        const route = situation.observed.get(cell(table, key))
        if (route === undefined) continue
        const ours = owns(situation.records.get(key), table) && route.origin === 'static'
        if (!ours) expect(observed.get(cell(table, key))).toEqual(route)
      }
  },
)

property.prop([anySituation])(
  'what we never wrote is replaced only where our route was seen to be, and never deleted',
  (situation) => {
    for (const { key, table, item, held } of stepsOf(situation)) {
      const known = situation.records.get(key)
      const route = situation.observed.get(cell(table, key))
      if (held || known === undefined || route === undefined) continue
      const wrote = [known.target, ...known.previousTargets].some((one) => sameTarget(one, route.target))
      if (item.op === 'delete') expect(wrote).toBe(true)
      if (item.op === 'replace') expect(wrote || wasWritten(known, table)).toBe(true)
    }
  },
)

property.prop([anySituation])(
  'a full table holds creates and nothing else; another one goes on',
  (situation) => {
    fc.pre(situation.policy === 'sync')
    for (const { key, table, item, held } of stepsOf(situation)) {
      if (item.op === 'create') expect(held).toBe(situation.full.has(table))
      if (item.op === 'replace') expect(held).toBe(false)
      if (item.op === 'delete') expect(held).toBe(situation.braked.has(key))
    }
  },
)

property.prop([anySituation])('what a table is to hold does not depend on the other tables', (situation) => {
  const alone = tables.flatMap((table) =>
    stepsOf({
      ...situation,
      observed: new Map([...situation.observed].filter(([name]) => name.startsWith(`${table} `))),
    }).filter((step) => step.table === table),
  )
  const together = tables.flatMap((table) => stepsOf(situation).filter((step) => step.table === table))
  expect(alone).toEqual(together)
})

property.prop([anySituation])('upsert-only deletes nothing, observe does nothing', (situation) => {
  const made = stepsOf(situation).filter(({ item, held }) => 'change' in item && !held)
  if (situation.policy === 'upsert-only') expect(made.filter(({ item }) => item.op === 'delete')).toEqual([])
  if (situation.policy === 'observe') expect(made).toEqual([])
})
