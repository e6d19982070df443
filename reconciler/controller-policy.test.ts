import { describe, expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import { ControllerWorld } from './testing/controller-world.ts'

const podCIDRs = ['10.244.0.0/24']
const putRoute = (world: ControllerWorld, destination: string, id: string, isUnmarked?: true): void => {
  const target = { kind: 'instance', id } as const
  const look = isUnmarked === undefined ? {} : { isUnmarked }
  world.cloud.putRoute('table-1', { destination: parseCidr(destination), target, ...look })
}

describe('observe', () => {
  test('writes nothing to the cloud, the ledger nor Nodes, and says what it would do', async () => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
    world.join('node-1', { podCIDRs })
    world.join('node-2')
    world.cluster.addRecord('10.244.9.0/24', { name: 'gone', uid: 'gone' }, 'gone')
    putRoute(world, '10.244.9.0/24', 'gone')
    world.forgetCalls()
    await world.settled({ policy: 'observe' })
    await world.pass(600_000)
    expect(world.cluster.writes).toEqual([])
    expect(world.cloud.writes).toEqual([])
    expect(world.logged('would change a route').map(({ fields }) => fields)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ op: 'create', destination: '10.244.0.0/24', node: 'node-1' }),
        expect.objectContaining({ op: 'delete', destination: '10.244.9.0/24' }),
      ]),
    )
  })

  // https://github.com/kubernetes/cloud-provider-gcp/issues/291, https://github.com/kubernetes/kubernetes/pull/123777
  test('taint never removed when routes are off: observe leaves every condition to others', async () => {
    await using world = await ControllerWorld.open()
    const conditions = [{ type: 'NetworkUnavailable', status: 'True', reason: 'NoRouteCreated' }] as const
    world.join('node-1', { podCIDRs, conditions })
    putRoute(world, '10.244.0.0/24', 'node-1')
    await world.settled({ policy: 'observe' })
    await world.pass(600_000)
    expect(world.cluster.writes).toEqual([])
    expect(world.unavailable('node-1')).toBe('True')
  })

  test('a plan that stays the same is told once', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    await world.settled({ policy: 'observe' })
    await world.pass(600_000)
    expect(world.logged('would change a route')).toHaveLength(1)
  })
})

describe('upsert-only', () => {
  test('creates and replaces, and deletes nothing', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    await world.settled({ policy: 'upsert-only' })
    world.leave('node-1')
    await world.pass(600_000)
    expect(world.routeWrites).toEqual(['create table-1 10.244.0.0/24'])
    expect(world.cluster.record('v4-10-244-0-0-24')?.status?.tables).toMatchObject([
      { state: 'Held', reason: 'PolicyUpsertOnly' },
    ])
  })

  test('the podCIDR is given again, and its route replaced in place', async () => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/24 24'] })
    world.join('node-1')
    await world.settled({ policy: 'upsert-only' })
    world.leave('node-1')
    await world.quiet()
    world.join('node-2')
    await world.pass(60_000)
    expect(world.routes()).toEqual(['10.244.0.0/24 node-2'])
    expect(world.routeWrites).toEqual(['create table-1 10.244.0.0/24', 'replace table-1 10.244.0.0/24'])
    expect(world.unavailable('node-2')).toBe('False')
  })

  test('an hour of it costs nothing', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    await world.settled({ policy: 'upsert-only' })
    world.leave('node-1')
    await world.pass(60_000)
    world.forgetCalls()
    await world.pass(3_600_000)
    expect(world.cluster.writes).toEqual([])
    expect(world.cloud.writes).toEqual([])
  })

  test('back to sync: what was left goes', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    await world.settled({ policy: 'upsert-only' })
    world.leave('node-1')
    await world.quiet()
    await world.stop()
    await world.settled()
    expect(world.routes()).toEqual([])
    expect(world.records).toEqual([])
  })
})

describe('--adopt', () => {
  test.each([
    ['a route', undefined],
    ['one that shows that podway did not make it', true as const],
  ])(
    'matching: %s that says what we would write becomes ours, and goes with its Node',
    async (_name, look) => {
      await using world = await ControllerWorld.open()
      world.join('node-1', { podCIDRs })
      putRoute(world, '10.244.0.0/24', 'node-1', look)
      await world.settled({ adopt: 'matching' })
      expect(world.routeWrites).toEqual([])
      expect(world.records).toEqual(['10.244.0.0/24 node-1 table-1'])
      expect(world.cluster.record('v4-10-244-0-0-24')?.status?.tables).toMatchObject([
        { state: 'Programmed', written: true },
      ])
      expect(world.unavailable('node-1')).toBe('False')
      world.leave('node-1')
      await world.quiet()
      expect(world.routes()).toEqual([])
    },
  )

  test('matching: what differs stays foreign', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    putRoute(world, '10.244.0.0/24', 'other')
    putRoute(world, '10.244.7.0/24', 'node-1')
    await world.settled({ adopt: 'matching' })
    expect(world.routeWrites).toEqual([])
    expect(world.records).toEqual([])
  })

  test('matching: a podCIDR that several Nodes have is adopted for none of them, as by podway adopt', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    world.join('node-2', { podCIDRs })
    putRoute(world, '10.244.0.0/24', 'node-1')
    await world.settled({ adopt: 'matching' })
    expect(world.records).toEqual([])
    world.leave('node-2')
    await world.quiet()
    expect(world.records).toEqual(['10.244.0.0/24 node-1 table-1'])
    expect(world.routeWrites).toEqual([])
  })

  test('none: Terraform’s identical route outlives its Node', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    putRoute(world, '10.244.0.0/24', 'node-1')
    await world.settled()
    expect(world.unavailable('node-1')).toBe('False')
    world.leave('node-1')
    await world.pass(600_000)
    expect(world.routeWrites).toEqual([])
    expect(world.routes()).toEqual(['10.244.0.0/24 node-1'])
  })
})
