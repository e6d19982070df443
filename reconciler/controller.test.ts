import { expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import { eventually } from '../kube/testing/manual-clock.ts'
import { ControllerWorld, noAnswer } from './testing/controller-world.ts'

const dualStack = { pools: ['10.244.0.0/16 24', 'fd00:10:244::/48 64'], tables: ['table-1', 'table-2'] }

test('a node gets podCIDRs, routes in every table, and its condition, of both families', async () => {
  await using world = await ControllerWorld.open(dualStack)
  await world.settled()
  world.join('node-1')
  await world.quiet()
  expect(world.cluster.node('node-1').spec.podCIDRs).toEqual(['10.244.0.0/24', 'fd00:10:244::/64'])
  const routes = ['10.244.0.0/24 node-1', 'fd00:10:244::/64 node-1']
  expect(world.routes('table-1')).toEqual(routes)
  expect(world.routes('table-2')).toEqual(routes)
  expect(world.cloud.forwards({ kind: 'instance', id: 'node-1' })).toBe(true)
  expect(world.cluster.condition('node-1')).toMatchObject({ status: 'False', reason: 'RouteCreated' })
  expect(world.records).toEqual([
    '10.244.0.0/24 node-1 table-1,table-2',
    'fd00:10:244::/64 node-1 table-1,table-2',
  ])
})

test('NodeRoutes show what became of each table', async () => {
  await using world = await ControllerWorld.open(dualStack)
  await world.settled()
  world.join('node-1')
  await world.quiet()
  expect(world.cluster.record('v4-10-244-0-0-24')?.status?.tables).toEqual(
    ['table-1', 'table-2'].map((id) => ({
      id,
      state: 'Programmed',
      reason: 'Programmed',
      message: '',
      since: '2026-01-01T00:00:00Z',
      written: true,
    })),
  )
})

test('a deleted node: its routes go, then its records', async () => {
  await using world = await ControllerWorld.open(dualStack)
  world.join('node-1')
  world.join('node-2')
  await world.settled()
  world.leave('node-1')
  await world.quiet()
  for (const table of dualStack.tables)
    expect(world.routes(table)).toEqual(['10.244.1.0/24 node-2', 'fd00:10:244:1::/64 node-2'])
  expect(world.records.map((record) => record.split(' ')[1])).toEqual(['node-2', 'node-2'])
})

// https://github.com/hetznercloud/hcloud-cloud-controller-manager/issues/734
test('stale routes after scale-down: 20 → 3 while the controller is down', async () => {
  await using world = await ControllerWorld.open(dualStack)
  const names = Array.from({ length: 20 }, (_, i) => `node-${i}`)
  for (const name of names) world.join(name)
  const before = await world.settled()
  expect(world.routes()).toHaveLength(40)
  await before.stop()
  for (const name of names.slice(3)) world.leave(name)
  await world.settled()
  for (const table of dualStack.tables)
    expect(new Set(world.routes(table).map((route) => route.split(' ')[1]))).toEqual(
      new Set(names.slice(0, 3)),
    )
  expect(world.records).toHaveLength(6)
})

test('SIGTERM: run() resolves, and nothing is left behind', async () => {
  await using world = await ControllerWorld.open(dualStack)
  world.join('node-1')
  const running = await world.settled()
  await running.stop()
  await expect(running.ended).resolves.toBeUndefined()
  expect(running.inFlight).toBe(0)
  expect(world.clock.timers).toBe(0)
})

test('SIGTERM before the Nodes are known: run() resolves', async () => {
  await using world = await ControllerWorld.open()
  world.cluster.simulator.faults.add({
    match: { verb: 'list', resource: 'nodes' },
    times: Infinity,
    fault: { kind: 'status', code: 500 },
  })
  const running = world.start()
  await eventually('a failed list', () => world.cluster.calls.some(({ status }) => status === 500))
  await running.stop()
  await expect(running.ended).resolves.toBeUndefined()
  expect(world.clock.timers).toBe(0)
  expect(world.routeWrites).toEqual([])
})

test('SIGTERM while the cloud answers nothing: run() resolves', async () => {
  await using world = await ControllerWorld.open({
    cloud: {
      before: ({ method }, signal) => (method === 'apply' ? noAnswer(signal) : Promise.resolve()),
    },
  })
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
  const running = world.start()
  await eventually('a write', () => world.cloud.calls.some(({ method }) => method === 'apply'))
  await running.stop()
  await expect(running.ended).resolves.toBeUndefined()
  expect(running.inFlight).toBe(0)
})

test.each(['tables', 'list', 'targets', 'create'] as const)(
  'a fatal error of %s ends run() with it',
  async (at) => {
    await using world = await ControllerWorld.open()
    world.cloud.fail({ at, class: 'fatal' })
    world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
    const running = world.start()
    await expect(running.ended).rejects.toMatchObject({ class: 'fatal' })
    expect(world.clock.timers).toBe(0)
  },
)

test('a fatal error of prepare ends run() with it', async () => {
  await using world = await ControllerWorld.open()
  world.cloud.fail({ at: 'prepare', class: 'fatal' })
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
  await expect(world.start().ended).rejects.toMatchObject({ class: 'fatal' })
})

test('without the definition of NodeRoutes run() ends and says what to do', async () => {
  await using world = await ControllerWorld.open({ defined: false })
  await expect(world.start().ended).rejects.toThrow('podway crds | kubectl apply -f -')
})

test('the cluster does not know NodeRoutes: run() ends', async () => {
  await using world = await ControllerWorld.open()
  world.cluster.simulator.faults.add({
    match: { resource: 'noderoutes', verb: 'list' },
    fault: { kind: 'status', code: 404 },
  })
  await expect(world.start().ended).rejects.toMatchObject({ code: 'ERR_NODEROUTES_MISSING' })
  expect(world.cloud.calls).toEqual([])
})

// An API server that has just started denies for a moment what it is going to allow.
test.each([403, 429, 500, 503])('the ledger can not be read for now (%i): it is read again', async (code) => {
  await using world = await ControllerWorld.open(dualStack)
  world.cluster.simulator.faults.add({
    match: { resource: 'noderoutes', verb: 'list' },
    fault: { kind: 'status', code },
  })
  world.join('node-1')
  world.start()
  await eventually('a wait', () => world.logged('the ledger could not be read: trying again').length === 1)
  expect(world.cloud.calls).toEqual([])
  await world.clock.advance(250)
  await world.quiet()
  expect(world.routes()).toHaveLength(2)
})

test('a table found later gets all routes', async () => {
  await using world = await ControllerWorld.open(dualStack)
  world.join('node-1')
  await world.settled()
  world.cloud.addTable('table-0')
  expect(await world.passUntil(() => world.routes('table-0').length === 2, 60_000)).toBe(true)
  expect(world.records[0]).toBe('10.244.0.0/24 node-1 table-0,table-1,table-2')
})

test('a table that is gone is no longer recorded, and keeps no route from being done', async () => {
  await using world = await ControllerWorld.open(dualStack)
  world.join('node-1')
  await world.settled()
  world.cloud.removeTable('table-2')
  world.leave('node-1')
  expect(await world.passUntil(() => world.records.length === 0, 120_000)).toBe(true)
  expect(world.cloud.routes('table-1').map(({ destination }) => destination)).not.toContainEqual(
    parseCidr('10.244.0.0/24'),
  )
})
