import { describe, expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import { ControllerWorld, type RunningController } from './testing/controller-world.ts'

/** What a scrape says, without the metrics of 0 and what histograms say in detail: `name{labels} value`. */
async function scrape({ metrics, registry }: RunningController): Promise<readonly string[]> {
  metrics.refresh()
  const text = await registry.metrics()
  return text.split('\n').filter((line) => line.startsWith('podway_') && !/_bucket| 0$/.test(line))
}

const of = (lines: readonly string[], prefix: string): readonly string[] =>
  lines.filter((line) => line.startsWith(prefix))

const other = { kind: 'other', id: 'gateway' } as const

describe('metrics', () => {
  test('routes by state, in each table', async () => {
    await using world = await ControllerWorld.open({ tables: ['table-1', 'table-2'] })
    world.cloud.putRoute('table-1', { destination: parseCidr('0.0.0.0/0'), target: other })
    world.cloud.putRoute('table-2', { destination: parseCidr('10.244.2.0/24'), target: other })
    const target = { kind: 'instance', id: 'node-3' } as const
    world.cloud.putRoute('table-2', { destination: parseCidr('10.244.3.0/24'), target })
    for (const n of [1, 2, 3]) world.join(`node-${n}`, { podCIDRs: [`10.244.${n}.0/24`, `fd00:${n}::/64`] })
    const lines = await scrape(await world.settled())
    expect(of(lines, 'podway_routes{')).toEqual([
      'podway_routes{table="table-1",family="ipv4",state="programmed"} 3',
      'podway_routes{table="table-1",family="ipv6",state="programmed"} 3',
      'podway_routes{table="table-2",family="ipv4",state="programmed"} 1',
      'podway_routes{table="table-2",family="ipv4",state="disputed"} 1',
      'podway_routes{table="table-2",family="ipv4",state="satisfied"} 1',
      'podway_routes{table="table-2",family="ipv6",state="programmed"} 3',
    ])
    expect(of(lines, 'podway_table_own_routes')).toEqual([
      'podway_table_own_routes{table="table-1",family="ipv4"} 3',
      'podway_table_own_routes{table="table-1",family="ipv6"} 3',
      'podway_table_own_routes{table="table-2",family="ipv4"} 1',
      'podway_table_own_routes{table="table-2",family="ipv6"} 3',
    ])
    expect(of(lines, 'podway_table_foreign_routes')).toEqual([
      'podway_table_foreign_routes{table="table-1",family="ipv4"} 1',
      'podway_table_foreign_routes{table="table-2",family="ipv4"} 2',
    ])
    expect(of(lines, 'podway_nodes')).toEqual([
      'podway_nodes{reason="RouteCreated"} 2',
      'podway_nodes{reason="ForeignRoute"} 1',
    ])
    expect(of(lines, 'podway_route_changes_total')).toEqual([
      'podway_route_changes_total{op="create",result="done"} 10',
    ])
    expect(of(lines, 'podway_node_route_seconds_count')).toEqual(['podway_node_route_seconds_count 2'])
  })

  test('no series is of one Node', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs: ['10.244.1.0/24'] })
    expect((await scrape(await world.settled())).join('\n')).not.toMatch(/node-1|10\.244/)
  })

  test('a node that was routed before the controller came is no news; what changes afterwards is', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs: ['10.244.1.0/24'] })
    await world.settled()
    await world.stop()
    const again = await world.settled()
    expect(of(await scrape(again), 'podway_node_route_seconds_count')).toEqual([])
    world.join('node-2', { podCIDRs: ['10.244.2.0/24'] })
    await world.quiet()
    expect(of(await scrape(again), 'podway_node_route_seconds_count')).toEqual([
      'podway_node_route_seconds_count 1',
    ])
  })

  test('how long a node waits for its routes', async () => {
    await using world = await ControllerWorld.open()
    world.cloud.fail({ at: 'create', class: 'unauthorized', times: Infinity })
    world.join('node-1', { podCIDRs: ['10.244.1.0/24'] })
    const running = await world.settled()
    await world.pass(600_000)
    const lines = await scrape(running)
    expect(of(lines, 'podway_unrouted_node_oldest_seconds')).toEqual([
      'podway_unrouted_node_oldest_seconds 600',
    ])
    expect(of(lines, 'podway_nodes')).toEqual(['podway_nodes{reason="CloudUnauthorized"} 1'])
    expect(of(lines, 'podway_routes')).toEqual([
      'podway_routes{table="table-1",family="ipv4",state="failed"} 1',
    ])
  })

  test('what is held, and by whom', async () => {
    await using world = await ControllerWorld.open()
    const names = Array.from({ length: 12 }, (_, n) => `node-${n}`)
    for (const [n, name] of names.entries()) world.join(name, { podCIDRs: [`10.244.${n}.0/24`] })
    const running = await world.settled()
    for (const name of names) world.cluster.deleteNode(name)
    await world.pass(60_000)
    const lines = await scrape(running)
    expect(of(lines, 'podway_brake_held_deletes')).toEqual(['podway_brake_held_deletes 12'])
    expect(of(lines, 'podway_nodes')).toEqual([])
  })

  test('what would be done under observe', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs: ['10.244.1.0/24'] })
    const lines = await scrape(await world.settled({ policy: 'observe' }))
    expect(of(lines, 'podway_held_routes')).toEqual(['podway_held_routes{reason="PolicyObserve"} 1'])
    expect(of(lines, 'podway_routes')).toEqual([
      'podway_routes{table="table-1",family="ipv4",state="held"} 1',
    ])
  })

  test('what waits for its turn, and how long it waited', async () => {
    const some = { burst: 1, perSecond: 0.1 }
    const many = { burst: 100, perSecond: 100 }
    await using world = await ControllerWorld.open({
      limits: { byAction: { create: some }, others: many },
    })
    for (const n of [1, 2, 3]) world.join(`node-${n}`, { podCIDRs: [`10.244.${n}.0/24`] })
    const running = await world.settled()
    expect(of(await scrape(running), 'podway_writes_waiting')).toEqual(['podway_writes_waiting 2'])
    await world.pass(60_000)
    const lines = await scrape(running)
    expect(of(lines, 'podway_writes_waiting')).toEqual([])
    expect(of(lines, 'podway_write_wait_seconds_total')).toEqual([
      'podway_write_wait_seconds_total{op="create"} 30',
    ])
  })

  test('a table that is gone has no series', async () => {
    await using world = await ControllerWorld.open({ tables: ['table-1', 'table-2'] })
    world.join('node-1', { podCIDRs: ['10.244.1.0/24'] })
    const running = await world.settled()
    expect((await scrape(running)).join('\n')).toContain('table-2')
    world.cloud.removeTable('table-2')
    await world.pass(120_000)
    expect((await scrape(running)).join('\n')).not.toContain('table-2')
  })

  test('how full the pools are', async () => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/22 24'] })
    world.join('node-1')
    const lines = await scrape(await world.settled())
    expect(of(lines, 'podway_pool_blocks')).toEqual([
      'podway_pool_blocks{pool="10.244.0.0/22",state="used"} 1',
      'podway_pool_blocks{pool="10.244.0.0/22",state="free"} 3',
    ])
  })
})

describe('health', () => {
  test('ready once everything is read; what is missing is named, and is no fault', async () => {
    await using world = await ControllerWorld.open()
    world.cloud.fail({ at: 'tables', class: 'unauthorized' })
    const { health } = await world.settled()
    expect([health.missing(), health.faults()]).toEqual([['the route tables are not found yet'], []])
    await world.pass(120_000)
    expect([health.missing(), health.faults()]).toEqual([[], []])
  })
})

describe('the log', () => {
  test('a failure that lasts is told once', async () => {
    await using world = await ControllerWorld.open()
    world.cloud.fail({ at: 'create', class: 'unauthorized', times: Infinity })
    world.join('node-1', { podCIDRs: ['10.244.1.0/24'] })
    await world.settled()
    await world.pass(3_600_000)
    const [first, ...others] = world.logged('the test made create fail')
    expect(first?.level).toBe('warn')
    expect(others.length).toBeGreaterThan(30)
    expect(new Set(others.map(({ level }) => level))).toEqual(new Set(['debug']))
  })

  test('so is a table that can’t be read, and a target that can’t be made to forward', async () => {
    await using world = await ControllerWorld.open({ tables: ['table-1', 'table-2'] })
    world.cloud.fail({ at: 'list', table: 'table-2', class: 'unauthorized', times: Infinity })
    world.cloud.fail({ at: 'prepare', class: 'unauthorized', times: Infinity })
    world.join('node-1', { podCIDRs: ['10.244.1.0/24'] })
    await world.settled()
    await world.pass(1_800_000)
    for (const what of ['list', 'prepare']) {
      const levels = world.logged(`the test made ${what} fail`).map(({ level }) => level)
      expect(levels.length).toBeGreaterThan(10)
      expect(levels.filter((level) => level !== 'debug')).toEqual(['warn'])
    }
  })

  test('one line for each change of a route, with all that a search needs', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs: ['10.244.1.0/24'] })
    await world.settled()
    expect(world.logged('route created').map(({ fields }) => fields)).toEqual([
      {
        op: 'create',
        table: 'table-1',
        destination: '10.244.1.0/24',
        target: 'instance/node-1',
        node: 'node-1',
        reason: 'Missing',
        ms: 0,
      },
    ])
    world.leave('node-1')
    await world.passUntil(() => world.routes().length === 0)
    expect(world.logged('route deleted').map(({ fields }) => fields)).toMatchObject([
      { node: 'node-1', reason: 'Unwanted', destination: '10.244.1.0/24' },
    ])
  })
})
