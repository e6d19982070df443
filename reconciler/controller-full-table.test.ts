import { describe, expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import type { Target } from '../providers/route.ts'
import { ControllerWorld, driftMs } from './testing/controller-world.ts'

/** A full table holds creates for that table only: https://github.com/kubernetes/kubernetes/issues/17627. */

const hour = 3_600_000
const gateway: Target = { kind: 'other', id: 'gateway' }
const podCIDR = (i: number): string => `10.244.${i}.0/24`

/** `table-1` takes so many routes of a family, `table-2` all; as many nodes as told have joined. */
async function worldWith(
  routeLimit: number,
  nodes: number,
  tables = ['table-1', 'table-2'],
): Promise<ControllerWorld> {
  const world = await ControllerWorld.open({ tables: [] })
  for (const id of tables) world.cloud.addTable(id, id === 'table-1' ? { routeLimit } : {})
  for (let i = 0; i < nodes; i++) world.join(`node-${i}`, { podCIDRs: [podCIDR(i)] })
  await world.settled()
  return world
}

const creates = (world: ControllerWorld, table: string): number =>
  world.cloud.calls.filter(
    (call) =>
      call.method === 'apply' && call.table === table && call.changes.some(({ op }) => op === 'create'),
  ).length

const nodesIn = (world: ControllerWorld, table: string): readonly string[] =>
  world.routes(table).map((route) => route.split(' ')[1] ?? '')

describe('while table-1 is full', () => {
  test('the other table takes every route, and each waiting node says which table it waits for', async () => {
    await using world = await worldWith(4, 10)
    expect(world.routes('table-1')).toHaveLength(4)
    expect(world.routes('table-2')).toHaveLength(10)
    const waiting = nodesIn(world, 'table-2').filter((name) => !nodesIn(world, 'table-1').includes(name))
    for (const name of waiting) {
      expect(world.cluster.condition(name)).toMatchObject({ status: 'True', reason: 'RouteTableFull' })
      expect(world.cluster.condition(name)?.message).toContain('in table table-1: ')
    }
  })

  test('a node that comes then has its route in the other one at once', async () => {
    await using world = await worldWith(4, 6)
    world.join('late', { podCIDRs: [podCIDR(100)] })
    await world.quiet()
    expect(nodesIn(world, 'table-2')).toContain('late')
    expect(world.cluster.condition('late')).toMatchObject({ status: 'True', reason: 'RouteTableFull' })
  })

  test('the other family has its own limit, and goes on', async () => {
    await using world = await worldWith(4, 6)
    world.join('late', { podCIDRs: [podCIDR(100), 'fd00::/64'] })
    await world.quiet()
    expect(world.routes('table-1')).toContain('fd00::/64 late')
    expect(world.routes('table-1')).not.toContain(`${podCIDR(100)} late`)
  })

  test('a replace in it is made: a podCIDR changes hands', async () => {
    await using world = await worldWith(4, 6)
    const [first = ''] = nodesIn(world, 'table-1')
    const [cidr = ''] = world.cluster.node(first).spec.podCIDRs ?? []
    world.forgetCalls()
    world.join('heir', { podCIDRs: [cidr] })
    world.leave(first)
    await world.quiet()
    expect(world.routes('table-1')).toContain(`${cidr} heir`)
    expect(world.routeWrites).toContain(`replace table-1 ${cidr}`)
    expect(world.unavailable('heir')).toBe('False')
  })

  test('a route of ours that is deleted there makes room: a waiting one is created at once', async () => {
    await using world = await worldWith(4, 10)
    const [first = ''] = nodesIn(world, 'table-1')
    world.leave(first)
    await world.quiet()
    expect(world.routes('table-1')).toHaveLength(4)
    expect(nodesIn(world, 'table-1')).not.toContain(first)
    const newly = nodesIn(world, 'table-1').filter((name) => world.unavailable(name) === 'False')
    expect(newly).toHaveLength(4)
  })

  test('four of ours are deleted: four of the waiting ones are created at once', async () => {
    await using world = await worldWith(4, 10)
    for (const name of nodesIn(world, 'table-1')) world.leave(name)
    await world.quiet()
    expect(world.routes('table-1')).toHaveLength(4)
    expect(world.routes('table-2')).toHaveLength(6)
  })

  test('somebody else frees two, or the quota is raised: seen at the drift interval, and used at once', async () => {
    await using world = await ControllerWorld.open({ tables: [] })
    world.cloud.addTable('table-1', { routeLimit: 4 })
    for (const i of [0, 1, 2])
      world.cloud.putRoute('table-1', { destination: parseCidr(`172.16.${i}.0/24`), target: gateway })
    for (let i = 0; i < 8; i++) world.join(`node-${i}`, { podCIDRs: [podCIDR(i)] })
    await world.settled()
    expect(world.routes()).toHaveLength(4)
    for (const i of [0, 1, 2]) world.cloud.removeRoute('table-1', parseCidr(`172.16.${i}.0/24`))
    expect(await world.passUntil(() => world.routes().length === 4, driftMs)).toBe(true)
    expect(world.routes().join()).not.toContain('gateway')
  })

  test('a create that was throttled before it was refused does not wait longer than the others', async () => {
    await using world = await ControllerWorld.open({ tables: [] })
    world.cloud.addTable('table-1', { routeLimit: 1 })
    world.join('node-0', { podCIDRs: [podCIDR(0)] })
    await world.settled()
    world.cloud.fail({ at: 'create', class: 'throttled', times: 1 })
    world.join('node-1', { podCIDRs: [podCIDR(1)] })
    await world.pass(5_000)
    expect(world.cluster.condition('node-1')).toMatchObject({ status: 'True', reason: 'RouteTableFull' })
    world.leave('node-0')
    await world.quiet()
    expect(world.routes()).toEqual([`${podCIDR(1)} node-1`])
  })
})

describe('50 nodes wait for a full table for an hour', () => {
  test('one create a minute finds out, and the API server is left alone', async () => {
    await using world = await worldWith(10, 60, ['table-1'])
    await world.pass(5 * driftMs)
    world.forgetCalls()
    await world.pass(hour)
    expect(creates(world, 'table-1')).toBeGreaterThanOrEqual(50)
    expect(creates(world, 'table-1')).toBeLessThanOrEqual(70)
    // Each attempt is intended before it is made, and taken back; what became of it is said once a node.
    expect(world.cluster.writes.length).toBeLessThanOrEqual(2 * creates(world, 'table-1') + 2 * 50)
    expect(world.events.length).toBeLessThanOrEqual(50)
  })

  test('the quota is raised: all are there at the next look, in one go', async () => {
    await using world = await worldWith(10, 60, ['table-1'])
    await world.pass(10 * driftMs)
    const there = world.cloud.routes('table-1')
    world.cloud.addTable('table-1', { routeLimit: 100 })
    for (const route of there) world.cloud.putRoute('table-1', route)
    world.forgetCalls()
    await world.pass(driftMs)
    expect(world.routes()).toHaveLength(60)
    expect(creates(world, 'table-1')).toBe(50)
    for (const { metadata } of world.cluster.nodes()) expect(world.unavailable(metadata.name)).toBe('False')
  })
})
