import { describe, expect, test } from 'vitest'
import type { NodeCondition } from '../kube/objects.ts'
import { parseCidr } from '../net/cidr.ts'
import { statusWrites } from './testing/controller-faults.ts'
import { ControllerWorld, driftMs } from './testing/controller-world.ts'

/** What other components of the same cluster do, and what must not come of it. */

const hour = 3_600_000
const podCIDRs = ['10.244.0.0/24']
const destination = parseCidr('10.244.0.0/24')
const routed = ['10.244.0.0/24 node-1']

const condition = (
  status: NodeCondition['status'],
  reason: string,
  message = 'said by others',
): NodeCondition => ({ type: 'NetworkUnavailable', status, reason, message })

// https://github.com/kubernetes-sigs/cloud-provider-azure/pull/528: with --wait-routes it writes True, and leaves it to the
// route controller.
describe('cloud-node-manager’s NodeInitialization', () => {
  const initializing = condition('True', 'NodeInitialization', 'Waiting for cloud routes')

  test('is cleared when the routes are there', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs, conditions: [initializing] })
    await world.settled()
    expect(world.cluster.condition('node-1')).toMatchObject({ status: 'False', reason: 'RouteCreated' })
  })

  test('not before: until then it says why', async () => {
    await using world = await ControllerWorld.open()
    // The first reading of the table may bring the route back at once, if it was tried while that was under way.
    world.cloud.fail({ at: 'create', class: 'unauthorized', times: 2 })
    world.join('node-1', { podCIDRs, conditions: [initializing] })
    await world.settled()
    expect(world.cluster.condition('node-1')).toMatchObject({ status: 'True', reason: 'CloudUnauthorized' })
    expect(await world.passUntil(() => world.unavailable('node-1') === 'False', 120_000)).toBe(true)
  })

  test('written over RouteCreated, as at a restart of the node manager, it is cleared again', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    await world.settled()
    world.cluster.patchNode('node-1', { status: { conditions: [initializing] } }, '/status')
    await world.quiet()
    expect(world.unavailable('node-1')).toBe('False')
    expect(world.routeWrites).toHaveLength(1)
  })
})

// https://github.com/kubernetes/kubernetes/pull/136561,
// https://github.com/gardener/gardener-extension-provider-gcp/pull/613
describe.each([
  ['CalicoIsUp', 'False'],
  ['CiliumIsUp', 'False'],
  ['CalicoIsDown', 'True'],
  ['CiliumIsDown', 'True'],
  ['ExternalCNI', 'False'],
] as const)('%s (%s)', (reason, status) => {
  test('is left, and the route is made', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs, conditions: [condition(status, reason)] })
    await world.settled()
    await world.pass(3 * driftMs)
    expect(world.routes()).toEqual(routed)
    expect(world.cluster.condition('node-1')).toMatchObject(condition(status, reason))
    expect(statusWrites(world)).toEqual([])
  })

  test('is left while the route is lost', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs, conditions: [condition(status, reason)] })
    await world.settled()
    await world.pass(driftMs)
    world.cloud.removeRoute('table-1', destination)
    world.cloud.fail({ at: 'create', class: 'unauthorized', times: 5 })
    await world.pass(4 * driftMs)
    expect(statusWrites(world)).toEqual([])
  })
})

test('what a CNI says of a Node while podway’s own word is on its way is not written over', async () => {
  await using world = await ControllerWorld.open()
  world.join('node-1', { podCIDRs })
  let said = false
  await world.settled({
    tap: {
      before: (call) => {
        if (said || !call.startsWith('PATCH /api/v1/nodes/node-1/status')) return
        said = true
        const conditions = [condition('False', 'CalicoIsUp')]
        world.cluster.patchNode('node-1', { status: { conditions } }, '/status')
      },
    },
  })
  await world.pass(driftMs)
  expect(world.routes()).toEqual(routed)
  expect(world.cluster.condition('node-1')).toMatchObject(condition('False', 'CalicoIsUp'))
})

describe('an uninitialized Node, as Karpenter and --cloud-provider=external make it', () => {
  const initialize = ({ cluster }: ControllerWorld): void => {
    cluster.patchNode('node-1', { spec: { providerID: 'memory:///node-1' } })
    const addresses = [{ type: 'InternalIP', address: '10.0.0.7' }]
    cluster.patchNode('node-1', { status: { addresses } }, '/status')
  }

  test.each([
    ['by us', ['10.244.0.0/16 24']],
    ['by others', []],
  ] as const)(
    'waits an hour without error or back-off storm; its podCIDRs are given %s',
    async (_, pools) => {
      await using world = await ControllerWorld.open({ pools })
      world.cloud.addInstance('node-1')
      world.cluster.addNode('node-1', pools.length === 0 ? { podCIDRs } : {})
      await world.settled()
      expect(world.cluster.condition('node-1')).toMatchObject({ status: 'True', reason: 'NoRouteCreated' })
      await world.pass(10_000)
      world.forgetCalls()
      await world.pass(hour)
      expect(world.cluster.writes).toEqual([])
      expect(world.events).toEqual([])
      expect(world.log.filter(({ fields, level }) => level !== 'info' && 'key' in fields)).toEqual([])
      // Once in five seconds, and at the drift interval.
      expect(world.cloud.calls.filter(({ method }) => method === 'targets').length).toBeLessThanOrEqual(780)
      initialize(world)
      await world.quiet()
      expect(world.routes()).toEqual(routed)
      expect(world.unavailable('node-1')).toBe('False')
    },
  )

  test.each([
    ['addresses, then the providerID', ['addresses', 'providerID']],
    ['the providerID, then addresses', ['providerID', 'addresses']],
  ])('%s, then its instance: routed as soon as it is known, and by one write', async (_, order) => {
    await using world = await ControllerWorld.open()
    world.cluster.addNode('node-1', { podCIDRs })
    await world.settled()
    for (const what of order) {
      if (what === 'providerID')
        world.cluster.patchNode('node-1', { spec: { providerID: 'memory:///node-1' } })
      else
        world.cluster.patchNode(
          'node-1',
          { status: { addresses: [{ type: 'InternalIP', address: '10.0.0.7' }] } },
          '/status',
        )
      await world.pass(1_000)
    }
    world.cloud.addInstance('node-1')
    expect(await world.passUntil(() => world.unavailable('node-1') === 'False', 60_000)).toBe(true)
    expect(world.routeWrites).toEqual(['create table-1 10.244.0.0/24'])
  })

  test('100 of them: no instance is asked for more often than once in five seconds, and several in one call', async () => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'], latency: () => 50 })
    for (let i = 0; i < 100; i++) world.cluster.addNode(`node-${i}`)
    await world.settled()
    world.forgetCalls()
    await world.pass(60_000)
    const asked = world.cloud.calls.flatMap((call) => (call.method === 'targets' ? [call.wanted.length] : []))
    // The look at the drift interval asks for all of them once more.
    expect(asked.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(100 * (60 / 5 + 2))
    expect(asked.length).toBeLessThan(100 * (60 / 5) * 0.6)
  })
})

// kubeadm with podSubnet turns kube-controller-manager’s allocator on.
describe('a second allocator that sets podCIDRs first', () => {
  /** Just before our patch of the first Node arrives, somebody else has written. */
  function race(world: ControllerWorld, theirs: string): { readonly refused: () => number } {
    const { simulator } = world.cluster
    const handle = simulator.handle.bind(simulator)
    let raced = false
    let refused = 0
    simulator.handle = (request, now) => {
      const isOurs = request.method === 'PATCH' && request.target === '/api/v1/nodes/node-1'
      if (isOurs && !raced) {
        raced = true
        world.cluster.patchNode('node-1', { spec: { podCIDR: theirs, podCIDRs: [theirs] } })
      }
      const reply = handle(request, now)
      if (isOurs && raced && reply.kind === 'response' && reply.status === 422) refused++
      return reply
    }
    return { refused: () => refused }
  }

  test.each([
    ['of our pool', '10.244.1.0/24', '10.244.0.0/24'],
    ['of no pool of ours', '192.168.7.0/24', '10.244.0.0/24'],
  ])('theirs, %s, are routed, and ours are free again', async (_, theirs, free) => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
    await world.settled()
    const { refused } = race(world, theirs)
    world.join('node-1')
    await world.pass(5_000)
    // Once, or twice if our watch is slower than we are.
    expect([1, 2]).toContain(refused())
    expect(world.cluster.node('node-1').spec.podCIDRs).toEqual([theirs])
    expect(world.routes()).toEqual([`${theirs} node-1`])
    expect(world.unavailable('node-1')).toBe('False')
    // As many as there are blocks in the pool, with theirs or without: ours is among what they get.
    const left = theirs.startsWith('10.244.') ? 255 : 256
    for (let i = 0; i < left; i++) world.cluster.addNode(`other-${i}`)
    const given = (): readonly string[] =>
      world.cluster
        .nodes()
        .filter(({ metadata }) => metadata.name !== 'node-1')
        .flatMap(({ spec }) => spec.podCIDRs ?? [])
    expect(await world.passUntil(() => given().length === left, 120_000)).toBe(true)
    expect(given()).toContain(free)
    expect(new Set([theirs, ...given()]).size).toBe(left + 1)
  })

  test('that gives them before a Node is seen: none of ours is written', async () => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
    await world.settled()
    for (let i = 0; i < 20; i++) world.join(`node-${i}`, { podCIDRs: [`192.168.${i}.0/24`] })
    await world.quiet()
    expect(world.cluster.writes.filter((write) => /^PATCH nodes\/node-\d+$/.test(write))).toEqual([])
    expect(world.routes()).toHaveLength(20)
  })
})

// https://github.com/kubernetes/cloud-provider-openstack/issues/3128: the AWS CCM too takes every route that leads to an
// instance for its own.
describe('a second route controller that deletes our routes every minute', () => {
  test('each drift interval repairs them; writes are bounded, and conditions stay', async () => {
    await using world = await ControllerWorld.open({ tables: ['table-1', 'table-2'] })
    for (let i = 0; i < 10; i++) world.join(`node-${i}`, { podCIDRs: [`10.244.${i}.0/24`] })
    await world.settled()
    await world.pass(driftMs)
    world.forgetCalls()
    for (let minute = 0; minute < 60; minute++) {
      for (const table of ['table-1', 'table-2'])
        for (let i = 0; i < 10; i++) world.cloud.removeRoute(table, parseCidr(`10.244.${i}.0/24`))
      await world.pass(driftMs)
      for (const table of ['table-1', 'table-2']) expect(world.routes(table)).toHaveLength(10)
    }
    // One create a route and minute, and nothing for the API server.
    expect(world.routeWrites).toHaveLength(60 * 20)
    expect(world.cluster.writes).toEqual([])
    expect(world.logged('route created')).toHaveLength(60 * 20)
    // The same text each time: one Event with a count.
    expect(new Set(world.told('RouteChangedByOthers')).size).toBe(20)
  })

  test('that points them elsewhere: they are replaced back, once each drift interval', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    await world.settled()
    await world.pass(driftMs)
    world.forgetCalls()
    for (let minute = 0; minute < 20; minute++) {
      world.cloud.putRoute('table-1', { destination, target: { kind: 'other', id: 'theirs' } })
      await world.pass(driftMs)
      expect(world.routes()).toEqual(routed)
    }
    expect(new Set(world.routeWrites)).toEqual(new Set(['replace table-1 10.244.0.0/24']))
    expect(world.routeWrites).toHaveLength(20)
    expect(world.cluster.writes).toEqual([])
  })
})
