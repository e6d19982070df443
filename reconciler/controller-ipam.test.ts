import { describe, expect, test } from 'vitest'
import { ControllerWorld, driftMs } from './testing/controller-world.ts'

const podCIDRsOf = (world: ControllerWorld, name: string): readonly string[] =>
  world.cluster.node(name).spec.podCIDRs ?? []

test('after a restart freed low CIDRs are reused at once: here quarantined ones are not handed out', async () => {
  await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
  world.join('node-1')
  world.join('node-2')
  await world.settled()
  world.cloud.fail({ at: 'delete', class: 'transient', times: Infinity })
  world.leave('node-1')
  await world.quiet()
  await world.stop()
  await world.settled()
  world.join('node-3')
  await world.quiet()
  expect(podCIDRsOf(world, 'node-3')).toEqual(['10.244.2.0/24'])
  expect(world.records).toContain('10.244.0.0/24 node-1 table-1')
})

describe('CIDR freed before its route is gone: here it stays held while the cloud refuses the delete', () => {
  test.each(['in one run', 'over a restart'])('%s', async (how) => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/23 24'] })
    world.join('node-1')
    world.join('node-2')
    await world.settled()
    world.cloud.fail({ at: 'delete', class: 'transient', times: 12 })
    world.leave('node-1')
    await world.quiet()
    if (how === 'over a restart') {
      await world.stop()
      await world.settled()
    }
    world.join('node-3')
    await world.pass(5_000)
    expect(podCIDRsOf(world, 'node-3')).toEqual([])
    expect(await world.passUntil(() => podCIDRsOf(world, 'node-3').length > 0)).toBe(true)
    expect(podCIDRsOf(world, 'node-3')).toEqual(['10.244.0.0/24'])
    await world.quiet()
    expect(world.routes()).toEqual(['10.244.0.0/24 node-3', '10.244.1.0/24 node-2'])
  })
})

// https://github.com/kubernetes/kubernetes/issues/85866
test('exhaustion has no clear message: here it names pool, size and mask, and the others work on', async () => {
  await using world = await ControllerWorld.open({ pools: ['10.244.0.0/24 24'] })
  world.join('node-1')
  await world.settled()
  world.join('node-2')
  await world.pass(driftMs)
  const [line] = world.logged('no free IPv4 podCIDR')
  expect(line?.fields).toMatchObject({ node: 'node-2', family: 4 })
  expect(line?.message).toBe('no free IPv4 podCIDR: all of 10.244.0.0/24 (1 nodes of /24) is taken')
  expect(world.logged('no free').length).toBeLessThanOrEqual(4)
  expect(world.unavailable('node-1')).toBe('False')
  expect(world.unavailable('node-2')).toBe('True')
})

test('a CIDR that becomes free is given to the node that waits for it', async () => {
  await using world = await ControllerWorld.open({ pools: ['10.244.0.0/24 24'] })
  world.join('node-1')
  await world.settled()
  world.join('node-2')
  await world.quiet()
  world.leave('node-1')
  expect(await world.passUntil(() => world.unavailable('node-2') === 'False', 60_000)).toBe(true)
  expect(podCIDRsOf(world, 'node-2')).toEqual(['10.244.0.0/24'])
})

test('leak when the second family is exhausted: here v4 usage does not grow over 100 retries', async () => {
  await using world = await ControllerWorld.open({ pools: ['10.244.0.0/22 24', 'fd00::/64 64'] })
  world.join('node-1')
  await world.settled()
  world.join('node-2')
  await world.pass(100 * 30_000)
  expect(podCIDRsOf(world, 'node-2')).toEqual([])
  await world.stop()
  await world.settled({ pools: ['10.244.0.0/22 24', 'fd00::/62 64'] })
  for (const name of ['node-3', 'node-4']) world.join(name)
  await world.quiet()
  expect(['node-2', 'node-3', 'node-4'].map((name) => podCIDRsOf(world, name).length)).toEqual([2, 2, 2])
})

// https://github.com/kubernetes-sigs/node-ipam-controller/issues/27
test('out-of-pool podCIDR crashes the manager: here it is adopted and routed', async () => {
  await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
  world.join('node-1', { podCIDRs: ['192.168.7.0/24'] })
  await world.settled()
  expect(world.routes()).toEqual(['192.168.7.0/24 node-1'])
  expect(podCIDRsOf(world, 'node-1')).toEqual(['192.168.7.0/24'])
})

test('podCIDRs that nodes have already are not given again', async () => {
  await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
  // Wider and narrower than the blocks of the pool.
  world.join('node-2', { podCIDRs: ['10.244.2.0/23'] })
  world.join('node-3', { podCIDRs: ['10.244.1.128/25'] })
  world.join('node-4')
  await world.settled()
  expect(podCIDRsOf(world, 'node-4')).toEqual(['10.244.4.0/24'])
})

// https://github.com/kubernetes/kubernetes/issues/84541
test('a podCIDR with bits set behind the prefix can’t be routed, and is not given again', async () => {
  await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
  world.join('node-1', { podCIDRs: ['10.244.0.7/24'] })
  world.join('node-2')
  await world.settled()
  expect(podCIDRsOf(world, 'node-2')).toEqual(['10.244.1.0/24'])
})

test.each([500, 504])(
  'the answer %i leaves open whether the podCIDRs were written: they stay taken',
  async (code) => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/23 24'] })
    await world.settled()
    world.cluster.simulator.faults.add({
      match: { method: 'PATCH', resource: 'nodes', subresource: '', name: 'node-1' },
      times: 3,
      fault: { kind: 'status', code },
    })
    world.join('node-1')
    await world.quiet()
    world.join('node-2')
    await world.quiet()
    expect(podCIDRsOf(world, 'node-2')).toEqual(['10.244.1.0/24'])
    expect(await world.passUntil(() => podCIDRsOf(world, 'node-1').length > 0, 10_000)).toBe(true)
    expect(podCIDRsOf(world, 'node-1')).toEqual(['10.244.0.0/24'])
  },
)

test('podCIDRs written, and the answer lost: they are the node’s', async () => {
  await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
  await world.settled()
  world.cluster.simulator.faults.add({
    match: { method: 'PATCH', resource: 'nodes', subresource: '' },
    fault: { kind: 'reset-after-handling' },
  })
  world.join('node-1')
  await world.quiet()
  world.join('node-2')
  await world.pass(5_000)
  expect(podCIDRsOf(world, 'node-1')).toEqual(['10.244.0.0/24'])
  expect(podCIDRsOf(world, 'node-2')).toEqual(['10.244.1.0/24'])
})

test('somebody else gave the node podCIDRs meanwhile: theirs stay taken, and hold', async () => {
  await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
  await world.settled()
  const { simulator } = world.cluster
  const handle = simulator.handle.bind(simulator)
  let raced = false
  simulator.handle = (request, now) => {
    if (!raced && request.method === 'PATCH' && request.target === '/api/v1/nodes/node-1') {
      raced = true
      world.cluster.patchNode('node-1', { spec: { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] } })
    }
    return handle(request, now)
  }
  world.join('node-1')
  await world.quiet()
  world.join('node-2')
  world.join('node-3')
  await world.pass(5_000)
  expect(podCIDRsOf(world, 'node-1')).toEqual(['10.244.1.0/24'])
  const others = [...podCIDRsOf(world, 'node-2'), ...podCIDRsOf(world, 'node-3')]
  expect(others).toHaveLength(2)
  expect(others).not.toContain('10.244.1.0/24')
})

test('100 nodes at once: no two have the same', async () => {
  await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24', 'fd00:10:244::/48 64'] })
  for (let i = 0; i < 100; i++) world.join(`node-${i}`)
  await world.settled()
  const all = world.cluster.nodes().flatMap(({ spec }) => spec.podCIDRs ?? [])
  expect(new Set(all).size).toBe(200)
  expect(world.routes()).toHaveLength(200)
})
