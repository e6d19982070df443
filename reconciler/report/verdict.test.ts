import { describe, expect, test } from 'vitest'
import { silentLogger } from '../../kube/log.ts'
import { MemoryCloud } from '../../providers/memory/memory-cloud.ts'
import { memoryProvider } from '../../providers/memory/memory-provider.ts'
import type { Target } from '../../providers/route.ts'
import { Ledger, type LedgerStore } from '../ledger/ledger.ts'
import type { LedgerRecord } from '../ledger/record.ts'
import { Claims } from '../plan/claims.ts'
import { Planner } from '../planner.ts'
import { TableCache } from '../table-cache.ts'
import { Targets } from '../targets.ts'
import { instance, observed, record, routedNode } from '../testing/values.ts'
import { Verdicts } from './verdict.ts'

const never = new AbortController().signal
const key = '10.244.3.0/24'
const node = routedNode('node-1', [key], { uid: 'uid-1', providerID: 'memory:///node-1' })
const waiting = {
  routed: false,
  reason: 'NoRouteCreated',
  message: 'the routes to the node are not all there yet',
}

interface Situation {
  readonly records?: readonly LedgerRecord[]
  /** What the only table holds at the destination; not read if it is left out. */
  readonly table?: readonly Target[]
  readonly blackhole?: boolean
  readonly prepared?: boolean
  /** Packets may not follow yet what the table shows. */
  readonly settling?: boolean
}

/** Everything that a verdict reads, with one node, one destination and one table. */
async function make({
  records = [record()],
  table,
  blackhole = false,
  prepared = true,
  settling = false,
}: Situation) {
  const cloud = new MemoryCloud()
  cloud.addInstance('node-1')
  const claims = new Claims()
  claims.upsert(node)
  const nothing = (): Promise<void> => Promise.resolve()
  const store: LedgerStore = {
    load: () => Promise.resolve(records),
    intend: nothing,
    settle: nothing,
    forget: nothing,
  }
  const ledger = new Ledger(store)
  await ledger.open(never)
  const tables = new TableCache()
  tables.discover([{ id: 'table-1' }])
  const state = blackhole ? 'blackhole' : 'active'
  if (table !== undefined) {
    const routes = table.map((target) => observed(target, { state }))
    tables.load('table-1', { routes }, tables.mark())
  }
  const targets = new Targets(memoryProvider(cloud), silentLogger, never)
  await targets.resolve(node, 4)
  if (prepared) await targets.prepare(instance('node-1'))
  const planner = new Planner({ claims, ledger, tables, targets })
  const losses = { isLost: () => false }
  const found = { awaits: () => settling }
  const fullTables = { isFull: () => false }
  const verdicts = new Verdicts({ claims, ledger, tables, targets, planner, losses, found, fullTables })
  return { cloud, claims, ledger, tables, targets, verdicts }
}

describe('routed', () => {
  test.each<[name: string, situation: Situation]>([
    ['a route of ours', { table: [instance('node-1')] }],
    ['a foreign route that does the job', { table: [instance('node-1')], records: [] }],
  ])('%s', async (_name, situation) => {
    const { verdicts } = await make(situation)
    expect(verdicts.of('node-1')).toEqual({
      routed: true,
      reason: 'RouteCreated',
      message: 'all podCIDRs of the node are routed to it',
      lost: false,
      troubles: [],
    })
  })
})

describe('not routed', () => {
  test('a table of which it is in doubt what it holds there', async () => {
    const { tables, verdicts } = await make({ table: [instance('node-1')] })
    tables.doubt('table-1', key)
    expect(verdicts.of('node-1')).toMatchObject({ ...waiting, troubles: [] })
  })

  test.each<[name: string, situation: Situation, message: string]>([
    ['the table was not read', {}, waiting.message],
    ['the route is missing', { table: [] }, waiting.message],
    ['the route was found a moment ago', { table: [instance('node-1')], settling: true }, waiting.message],
    ['the target does not forward yet', { table: [instance('node-1')], prepared: false }, waiting.message],
    ['a foreign route stands there', { table: [instance('x')], records: [] }, 'points at instance/x'],
    ['the instance takes no packets', { table: [instance('node-1')], blackhole: true }, 'takes no packets'],
    [
      'the last write failed',
      {
        table: [],
        records: [
          record({
            states: new Map([
              [
                'table-1',
                { state: 'Failed', reason: 'Quota', message: 'it is full', since: '', written: false },
              ],
            ]),
          }),
        ],
      },
      '10.244.3.0/24 in table table-1: it is full',
    ],
    [
      'another node holds the destination',
      { records: [record({ node: { name: 'other', uid: 'uid-2' } })] },
      waiting.message,
    ],
  ])('%s', async (_name, situation, message) => {
    const { verdicts } = await make(situation)
    expect(verdicts.of('node-1').routed).toBe(false)
    expect(verdicts.of('node-1').message).toContain(message)
  })

  test('no table at all', async () => {
    const { tables, verdicts } = await make({})
    tables.discover([])
    expect(verdicts.of('node-1')).toMatchObject({
      reason: 'NoRouteTable',
      routed: false,
      message: 'there is no route table to write to',
    })
  })

  test('one table of two was not read', async () => {
    const { tables, verdicts } = await make({ table: [instance('node-1')] })
    tables.discover([{ id: 'table-1' }, { id: 'table-2' }])
    expect(verdicts.of('node-1')).toMatchObject(waiting)
  })

  test('another node claims the destination, and has it', async () => {
    const { claims, verdicts } = await make({ table: [instance('node-1')] })
    claims.upsert(routedNode('node-2', [key]))
    expect(verdicts.of('node-2')).toMatchObject({
      reason: 'PodCIDRConflict',
      routed: false,
      message: '10.244.3.0/24 belongs to node node-1, which claims it too',
    })
    expect(verdicts.of('node-1').routed).toBe(true)
  })

  test('the instance is gone', async () => {
    const { cloud, targets, verdicts } = await make({ table: [instance('node-1')] })
    cloud.terminate('node-1')
    await targets.refresh([{ node, family: 4 }])
    expect(verdicts.of('node-1').message).toBe('there is no running instance memory:///node-1')
  })

  test('the target can’t be made to forward', async () => {
    const { cloud, targets, verdicts } = await make({ table: [instance('node-1')], prepared: false })
    cloud.fail({ at: 'prepare', class: 'unauthorized' })
    await targets.prepare(instance('node-1'))
    expect(verdicts.of('node-1').message).toContain('unauthorized')
  })

  test('a podCIDR that can’t be read', async () => {
    const { claims, verdicts } = await make({ table: [instance('node-1')] })
    claims.upsert(routedNode('node-1', [key, 'garbage'], { uid: 'uid-1', providerID: 'memory:///node-1' }))
    expect(verdicts.of('node-1').message).toContain('"garbage"')
  })

  test('a node without podCIDRs, or that nobody knows', async () => {
    const { claims, verdicts } = await make({ table: [] })
    claims.upsert(routedNode('bare', []))
    expect(verdicts.of('bare')).toMatchObject(waiting)
    expect(verdicts.of('nobody')).toMatchObject(waiting)
  })
})
