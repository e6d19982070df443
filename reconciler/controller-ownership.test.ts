import { describe, expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import type { Target } from '../providers/route.ts'
import { ControllerWorld, driftMs } from './testing/controller-world.ts'

const gateway: Target = { kind: 'other', id: 'gateway' }
const first = parseCidr('10.244.0.0/24')

// https://github.com/hetznercloud/hcloud-cloud-controller-manager/issues/1157,
// https://github.com/hetznercloud/hcloud-cloud-controller-manager/pull/432
test.each(['0.0.0.0/0', '10.0.0.0/8', '10.244.0.0/14', '10.244.7.0/24', '10.244.0.128/25'])(
  'ownership by overlap deletes a supernet or hand-made route: %s survives every pass',
  async (text) => {
    await using world = await ControllerWorld.open()
    const theirs = { destination: parseCidr(text), target: gateway }
    world.cloud.putRoute('table-1', theirs)
    world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
    await world.settled()
    await world.pass(3 * driftMs)
    world.leave('node-1')
    await world.pass(3 * driftMs)
    expect(world.routes()).toEqual([`${text} gateway`])
  },
)

// https://github.com/kubernetes/cloud-provider-openstack/issues/3128
test('two clusters on one table do not delete each other’s routes', async () => {
  await using world = await ControllerWorld.open()
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
  world.cloud.putRoute('table-1', {
    destination: parseCidr('10.245.0.0/24'),
    target: { kind: 'instance', id: 'of-another-cluster' },
  })
  await world.settled()
  for (let pass = 0; pass < 50; pass++) await world.pass(driftMs)
  expect(world.routes()).toEqual(['10.244.0.0/24 node-1', '10.245.0.0/24 of-another-cluster'])
  expect(world.routeWrites).toEqual(['create table-1 10.244.0.0/24'])
})

// https://github.com/kubernetes/cloud-provider-openstack/issues/3128
test('two clusters on one router or table, 50 passes: nodes come and go in both, and neither touches the other’s routes', async () => {
  await using a = await ControllerWorld.open()
  await using b = await ControllerWorld.open({ beside: a })
  for (let i = 0; i < 12; i++) {
    a.join(`a-${i}`, { podCIDRs: [`10.244.${i}.0/24`] })
    b.join(`b-${i}`, { podCIDRs: [`10.245.${i}.0/24`] })
  }
  await a.settled()
  await b.settled()
  for (let pass = 0; pass < 50; pass++) {
    const [one, other] = pass % 2 === 0 ? ([a, b] as const) : ([b, a] as const)
    if (pass < 10) one.leave(`${one === a ? 'a' : 'b'}-${Math.floor(pass / 2)}`)
    await one.pass(driftMs / 2)
    await other.pass(driftMs / 2)
  }
  await a.quiet()
  const left = (prefix: string, range: number): readonly string[] =>
    [5, 6, 7, 8, 9, 10, 11].map((i) => `10.${range}.${i}.0/24 ${prefix}-${i}`)
  expect(a.routes()).toEqual([...left('a', 244), ...left('b', 245)].sort())
  expect(a.records.map((record) => record.split(' ')[1]?.[0])).toEqual(Array(7).fill('a'))
  expect(b.records.map((record) => record.split(' ')[1]?.[0])).toEqual(Array(7).fill('b'))
  // Each route was made once, and those of the ten that left were deleted once.
  expect(a.routeWrites).toHaveLength(24 + 10)
})

// https://github.com/gardener/gardener-extension-provider-aws/issues/466
test('operator’s route with the same destination: disputed, nothing written, the condition names it', async () => {
  await using world = await ControllerWorld.open()
  world.cloud.putRoute('table-1', { destination: first, target: gateway })
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
  await world.settled()
  await world.pass(5 * driftMs)
  expect(world.routes()).toEqual(['10.244.0.0/24 gateway'])
  expect(world.routeWrites).toEqual([])
  expect(world.cluster.condition('node-1')).toMatchObject({ status: 'True', reason: 'ForeignRoute' })
  expect(world.cluster.condition('node-1')?.message).toContain('other/gateway')
})

test('once the operator’s route is gone, ours is made at the drift check', async () => {
  await using world = await ControllerWorld.open()
  world.cloud.putRoute('table-1', { destination: first, target: gateway })
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
  await world.settled()
  world.cloud.removeRoute('table-1', first)
  expect(await world.passUntil(() => world.unavailable('node-1') === 'False', driftMs)).toBe(true)
  expect(world.routes()).toEqual(['10.244.0.0/24 node-1'])
})

test('a foreign route that says what we would write satisfies, stays external, and outlives the node', async () => {
  await using world = await ControllerWorld.open()
  world.cloud.putRoute('table-1', { destination: first, target: { kind: 'instance', id: 'node-1' } })
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
  await world.settled()
  expect(world.unavailable('node-1')).toBe('False')
  expect(world.records).toEqual([])
  world.leave('node-1')
  await world.pass(3 * driftMs)
  expect(world.routeWrites).toEqual([])
  expect(world.routes()).toEqual(['10.244.0.0/24 node-1'])
})

describe('a create is refused since a foreign route came to stand there', () => {
  async function refused(): Promise<ControllerWorld> {
    const world = await ControllerWorld.open()
    await world.settled()
    // After the table was read: the plan can't know.
    world.cloud.putRoute('table-1', { destination: first, target: gateway })
    world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
    await world.quiet()
    return world
  }

  test('it is disputed, and untouched', async () => {
    await using world = await refused()
    await world.pass(3 * driftMs)
    expect(world.routes()).toEqual(['10.244.0.0/24 gateway'])
    expect(world.cluster.record('v4-10-244-0-0-24')?.status?.tables).toMatchObject([
      { id: 'table-1', state: 'Disputed', reason: 'ForeignRoute' },
    ])
  })

  test('the Node’s deletion leaves it', async () => {
    await using world = await refused()
    world.leave('node-1')
    await world.pass(3 * driftMs)
    expect(world.routes()).toEqual(['10.244.0.0/24 gateway'])
    expect(world.routeWrites).toEqual([])
    expect(world.records).toEqual([])
  })

  test('a restart leaves it', async () => {
    await using world = await refused()
    await world.stop()
    await world.settled()
    await world.pass(3 * driftMs)
    expect(world.routes()).toEqual(['10.244.0.0/24 gateway'])
  })
})

test('a route of ours that was changed by hand after its node went is not ours any more', async () => {
  await using world = await ControllerWorld.open()
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
  const running = await world.settled()
  await running.stop()
  world.cloud.putRoute('table-1', { destination: first, target: gateway })
  world.leave('node-1')
  await world.settled()
  expect(world.routes()).toEqual(['10.244.0.0/24 gateway'])
  expect(world.records).toEqual([])
})

describe('no list of tables is no reason to forget whose routes they are', () => {
  test.each(['stays', 'goes'])('the node %s meanwhile', async (fate) => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
    await world.settled()
    const routes = world.cloud.routes('table-1')
    world.cloud.removeTable('table-1')
    await world.pass(2 * driftMs)
    if (fate === 'goes') world.leave('node-1')
    // Something new about the node, so that it is looked at.
    else
      world.cluster.patchNode(
        'node-1',
        { status: { addresses: [{ type: 'InternalIP', address: '10.0.0.9' }] } },
        '/status',
      )
    await world.pass(2 * driftMs)
    expect(world.records).toEqual(['10.244.0.0/24 node-1 table-1'])
    world.cloud.addTable('table-1')
    for (const route of routes) world.cloud.putRoute('table-1', route)
    world.cloud.writes.length = 0
    await world.pass(3 * driftMs)
    expect(world.routes()).toEqual(fate === 'goes' ? [] : ['10.244.0.0/24 node-1'])
  })
})

test('a crash between the intent and the write: a foreign route that came meanwhile is not ours', async () => {
  await using world = await ControllerWorld.open()
  const { uid } = world.join('node-1', { podCIDRs: ['10.244.0.0/24'] }).metadata
  world.cluster.addRecord('10.244.0.0/24', { name: 'node-1', uid }, 'node-1', ['table-1'], 'intended')
  world.cloud.putRoute('table-1', { destination: first, target: gateway })
  await world.settled()
  await world.pass(3 * driftMs)
  expect(world.cluster.condition('node-1')?.message).toContain('other/gateway')
  world.leave('node-1')
  await world.pass(3 * driftMs)
  expect(world.routeWrites).toEqual([])
  expect(world.routes()).toEqual(['10.244.0.0/24 gateway'])
  expect(world.records).toEqual([])
})

test('an identical foreign route that came after the last reading is not taken for ours', async () => {
  await using world = await ControllerWorld.open()
  await world.settled()
  world.cloud.putRoute('table-1', {
    destination: parseCidr('10.244.0.0/24'),
    target: { kind: 'instance', id: 'node-1' },
  })
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
  await world.quiet()
  expect(world.unavailable('node-1')).toBe('False')
  expect(world.cluster.record('v4-10-244-0-0-24')?.spec.tables).toEqual([])
  world.leave('node-1')
  await world.pass(60_000)
  expect(world.routes()).toEqual(['10.244.0.0/24 node-1'])
  expect(world.records).toEqual([])
})
