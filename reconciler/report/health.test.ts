import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { WorkQueue } from '../../kube/work-queue.ts'
import { TableCache } from '../table-cache.ts'
import type { WorkKey } from '../work-key.ts'
import { ControllerHealth, stuckMs } from './health.ts'

const never = new AbortController().signal

function make() {
  const clock = new ManualClock()
  const queue = new WorkQueue<WorkKey>({ clock, random: () => 0, backoff: { baseMs: 1, maxMs: 1 } })
  const tables = new TableCache()
  const synced = { nodes: false, records: false }
  const health = new ControllerHealth('me')
  const run = (): void =>
    health.watch({
      queue,
      tables,
      nodesSynced: () => synced.nodes,
      recordsSynced: () => synced.records,
    })
  return { clock, health, queue, run, synced, tables }
}

describe('ready', () => {
  test('not before it is known who leads', () => {
    expect(make().health.missing()).toEqual(['it is not known yet who leads'])
  })

  test('behind another leader', () => {
    const { health } = make()
    health.sees('other')
    expect([health.missing(), health.faults()]).toEqual([[], []])
  })

  test('not between the Lease and the start', () => {
    const { health } = make()
    health.sees('me')
    expect(health.missing()).toEqual(['the controller starts'])
  })

  test('what is missing is named, one thing after the other', () => {
    const { health, run, synced, tables } = make()
    health.sees('me')
    run()
    expect(health.missing()).toEqual([
      'the Nodes are not listed yet',
      'the NodeRoutes are not listed yet',
      'the route tables are not found yet',
    ])
    Object.assign(synced, { nodes: true, records: true })
    tables.discover([{ id: 'table-1' }, { id: 'table-2' }])
    tables.load('table-1', { routes: [] }, tables.mark())
    expect(health.missing()).toEqual(['route table table-2 is not read yet'])
    tables.load('table-2', { routes: [] }, tables.mark())
    expect(health.missing()).toEqual([])
  })
})

describe('stuck', () => {
  test('a key that is in work for too long', async () => {
    const { clock, health, queue, run } = make()
    run()
    queue.add('route 10.244.3.0/24')
    await queue.next(never)
    await clock.advance(stuckMs)
    expect(health.faults()).toEqual([])
    await clock.advance(1)
    expect(health.faults()).toEqual(['"route 10.244.3.0/24" is in work for 900 s'])
    queue.done('route 10.244.3.0/24')
    expect(health.faults()).toEqual([])
  })

  test('a key that is due for too long, while somebody is free', () => {
    const { health } = make()
    const idle = { idle: 2, oldestReady: () => ({ key: 'tables', ms: stuckMs + 1 }) as const }
    const tables = new TableCache()
    const no = (): boolean => false
    const queue = { ...idle, oldestInWork: () => undefined }
    health.watch({ queue, tables, nodesSynced: no, recordsSynced: no })
    expect(health.faults()).toEqual(['"tables" is due for 900 s though 2 workers are free'])
    health.watch({ queue: { ...queue, idle: 0 }, tables, nodesSynced: no, recordsSynced: no })
    expect(health.faults()).toEqual([])
  })
})
