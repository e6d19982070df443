import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { formatCidr, parseCidr } from '../net/cidr.ts'
import { ControllerWorld, driftMs } from './testing/controller-world.ts'

/** Bugs of others' AWS and core route controllers, in reach of a cloud in memory. */

const pools = ['10.244.0.0/16 24', 'fd00:10:244::/48 64']

// https://github.com/kubernetes/cloud-provider-aws/issues/432, https://github.com/kubernetes/kubernetes/issues/42487,
// https://github.com/kubernetes/kops/issues/1335, https://github.com/flannel-io/flannel/pull/561
test('exactly one table required: here three of zones and one of the control plane all converge', async () => {
  const tables = ['zone-a', 'zone-b', 'zone-c', 'control-plane']
  await using world = await ControllerWorld.open({ tables, pools })
  for (let i = 0; i < 5; i++) world.join(`node-${i}`)
  await world.settled()
  for (const table of tables) expect(world.routes(table)).toEqual(world.routes('zone-a'))
  expect(world.routes('zone-a')).toHaveLength(10)
})

// https://github.com/kubernetes/kubernetes/issues/33015, https://github.com/kubernetes/kubernetes/issues/47524,
// https://github.com/flannel-io/flannel/issues/525
test('blackholes pile up to the limit: 30 instances are terminated, and ours are removed', async () => {
  await using world = await ControllerWorld.open({ pools })
  for (let i = 0; i < 31; i++) world.join(`node-${i}`)
  await world.settled()
  for (let i = 0; i < 30; i++) world.leave(`node-${i}`)
  await world.quiet()
  expect(world.cloud.routes('table-1').filter(({ state }) => state === 'blackhole')).toEqual([])
  expect(world.routes()).toHaveLength(2)
})

// aws_routes.go deletes every blackhole in the cluster's range.
test('any blackhole counts as ours: a blackholed NAT route inside the range survives', async () => {
  await using world = await ControllerWorld.open({ pools })
  const destination = parseCidr('10.244.77.0/24')
  world.cloud.putRoute('table-1', { destination, target: { kind: 'other', id: 'nat-1' }, state: 'blackhole' })
  world.join('node-1')
  await world.settled()
  await world.pass(3 * driftMs)
  expect(world.routes()).toContain('10.244.77.0/24 nat-1')
})

// aws_routes.go sets it on every CreateRoute.
test('src/dst check set on every create: two tables and two families of a node take one call, and none when it is off', async () => {
  await using world = await ControllerWorld.open({ tables: ['table-1', 'table-2'], pools })
  await world.settled()
  world.join('node-1')
  await world.quiet()
  expect(world.cloud.writes.filter(({ op }) => op === 'prepare')).toHaveLength(1)
  await world.stop()
  world.forgetCalls()
  await world.settled()
  expect(world.cloud.writes).toEqual([])
})

// gardener aws-custom-route-controller overwrites the result of one table by the next one's.
test('per-table success overwritten: one table fails, the other has the route: the condition stays True, the table named', async () => {
  await using world = await ControllerWorld.open({ tables: ['table-1', 'table-2'] })
  await world.settled()
  world.cloud.fail({ at: 'create', table: 'table-1', class: 'quota', times: Infinity })
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
  await world.quiet()
  expect(world.routes('table-2')).toHaveLength(1)
  expect(world.cluster.condition('node-1')).toMatchObject({ status: 'True' })
  expect(world.cluster.condition('node-1')?.message).toContain('in table table-1')
})

// aws_routes.go deletes whatever stands at the destination.
test('DeleteRoute without checking the target: changed between plan and apply, it is not deleted', async () => {
  const destination = parseCidr('10.244.0.0/24')
  let steal = false
  await using world = await ControllerWorld.open({
    cloud: {
      before: (call) => {
        if (steal && call.method === 'apply')
          world.cloud.putRoute('table-1', { destination, target: { kind: 'other', id: 'gateway' } })
        return Promise.resolve()
      },
    },
  })
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
  await world.settled()
  steal = true
  world.leave('node-1')
  await world.pass(driftMs)
  expect(world.routes()).toEqual(['10.244.0.0/24 gateway'])
  expect(world.records).toEqual([])
})

// https://github.com/kubernetes/kubernetes/issues/98359
property.prop([fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 8, maxLength: 8 }), fc.boolean()], {
  numRuns: 30,
})(
  'deletes and creates race: a podCIDR moves with random delays, the last target is right, and no moment is without a route',
  async (delays, joinFirst) => {
    let call = 0
    let gap = false
    await using world = await ControllerWorld.open({
      tables: ['table-1', 'table-2'],
      cloud: {
        before: async () => {
          const turns = delays[call++ % delays.length] ?? 0
          for (let i = 0; i < turns; i++) {
            await new Promise((resolve) => setImmediate(resolve))
            if (moving) gap ||= ['table-1', 'table-2'].some((table) => world.cloud.routes(table).length === 0)
          }
        },
      },
    })
    let moving = false
    const podCIDRs = ['10.244.0.0/24']
    world.join('node-0', { podCIDRs })
    await world.settled()
    moving = true
    for (const [from, to] of [
      ['node-0', 'node-1'],
      ['node-1', 'node-2'],
    ] as const) {
      if (joinFirst) world.join(to, { podCIDRs })
      world.leave(from)
      if (!joinFirst) world.join(to, { podCIDRs })
      await world.quiet()
    }
    for (const table of ['table-1', 'table-2'])
      expect(
        world.cloud.routes(table).map((route) => `${formatCidr(route.destination)} ${route.target.id}`),
      ).toEqual(['10.244.0.0/24 node-2'])
    expect(gap).toBe(false)
    expect(world.routeWrites.filter((write) => write.startsWith('delete'))).toEqual([])
  },
)
