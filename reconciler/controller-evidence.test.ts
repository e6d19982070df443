import { describe, expect, test } from 'vitest'
import { eventually } from '../kube/testing/manual-clock.ts'
import { parseCidr } from '../net/cidr.ts'
import { ControllerWorld, driftMs } from './testing/controller-world.ts'

/** Invariant: nothing is deleted but on good evidence that its node is gone. */

async function worldWithRoute(): Promise<ControllerWorld> {
  const world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
  world.join('node-1')
  world.join('node-2')
  await world.settled()
  expect(world.routes()).toHaveLength(2)
  world.forgetCalls()
  return world
}

/** Answers lists of Nodes without these, as a lagging cache or a restored etcd does; gets are answered as ever. */
function hideFromLists(world: ControllerWorld, hidden: ReadonlySet<string>): void {
  const { simulator } = world.cluster
  const handle = simulator.handle.bind(simulator)
  simulator.handle = (request, now) => {
    const reply = handle(request, now)
    const isList = /^\/api\/v1\/nodes\?(?!.*watch=true)/.test(request.target)
    if (!isList || reply.kind !== 'response') return reply
    const list = JSON.parse(reply.body) as { items: { metadata: { name: string } }[] }
    list.items = list.items.filter(({ metadata }) => !hidden.has(metadata.name))
    return { ...reply, body: JSON.stringify(list) }
  }
}

test.each([
  { name: 'one is', hidden: new Set(['node-1']) },
  { name: 'all are', hidden: new Set(['node-1', 'node-2']) },
])('$name missing from a list, and a live GET finds it: nothing is deleted', async ({ hidden }) => {
  await using world = await worldWithRoute()
  await world.stop()
  hideFromLists(world, hidden)
  world.start()
  const asked = (name: string): boolean =>
    world.cluster.calls.some((call) => call.verb === 'get' && call.resource === 'nodes' && call.name === name)
  await eventually('a live GET', () => [...hidden].every(asked))
  for (let i = 0; i < 10; i++) await world.clock.advance(driftMs / 2)
  expect(world.routeWrites).toEqual([])
  expect(world.routes()).toHaveLength(2)
  expect(world.records).toHaveLength(2)
})

// The record still names the Node before: that this one is gone says nothing of the one that has the podCIDR now.
test('a node that was made again, and is missing from a list before its record knows it: nothing is deleted', async () => {
  await using world = await worldWithRoute()
  const { providerID, podCIDRs = [] } = world.cluster.node('node-1').spec
  world.cloud.fail({ at: 'targets', class: 'transient', times: 1_000 })
  world.cluster.deleteNode('node-1')
  world.cluster.addNode('node-1', { podCIDRs, ...(providerID === undefined ? {} : { providerID }) })
  await world.quiet()
  hideFromLists(world, new Set(['node-1']))
  world.forgetCalls()
  world.cluster.simulator.watches.expire({ resource: 'nodes' })
  await eventually('a live GET', () =>
    world.cluster.calls.some(({ name, verb }) => verb === 'get' && name === 'node-1'),
  )
  for (let i = 0; i < 10; i++) await world.clock.advance(driftMs / 2)
  expect(world.routeWrites).toEqual([])
  expect(world.routes()).toHaveLength(2)
})

// Found by chaos: a new leader asked for the node that the record names, and got another one of that name.
test('a node that was made again while nobody looked, and is missing from the first list: nothing is deleted', async () => {
  await using world = await worldWithRoute()
  await world.stop()
  const { providerID, podCIDRs = [] } = world.cluster.node('node-1').spec
  world.cluster.deleteNode('node-1')
  world.cluster.addNode('node-1', { podCIDRs, ...(providerID === undefined ? {} : { providerID }) })
  hideFromLists(world, new Set(['node-1']))
  world.forgetCalls()
  world.start()
  await eventually('a live GET', () =>
    world.cluster.calls.some(({ name, verb }) => verb === 'get' && name === 'node-1'),
  )
  for (let i = 0; i < 10; i++) await world.clock.advance(driftMs / 2)
  expect(world.routeWrites).toEqual([])
  expect(world.routes()).toHaveLength(2)
})

test('a node that was made again while nobody looked has its routes repaired: the one before it has let go', async () => {
  await using world = await worldWithRoute()
  await world.stop()
  const { providerID, podCIDRs = [] } = world.cluster.node('node-1').spec
  world.cluster.deleteNode('node-1')
  world.cluster.addNode('node-1', { podCIDRs, ...(providerID === undefined ? {} : { providerID }) })
  world.cloud.removeRoute('table-1', parseCidr(podCIDRs[0] ?? ''))
  expect(world.routes()).toHaveLength(1)
  await world.settled()
  await world.pass(driftMs)
  expect(world.routes()).toHaveLength(2)
})

describe('an empty node list after an etcd restore: nothing is deleted', () => {
  const names = Array.from({ length: 30 }, (_, i) => `node-${i}`)

  async function worldOf30(): Promise<ControllerWorld> {
    const world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
    for (const name of names) world.join(name)
    await world.settled()
    expect(world.routes()).toHaveLength(30)
    world.forgetCalls()
    return world
  }

  /** To a time before the Nodes, or before podway too. Their instances run on. */
  function restore({ cluster }: ControllerWorld, before: 'the Nodes' | 'podway too'): void {
    for (const { metadata } of cluster.nodes()) cluster.deleteNode(metadata.name)
    if (before === 'the Nodes') return
    for (const { metadata } of cluster.records()) {
      cluster.patchRecord(metadata.name, { metadata: { finalizers: [] } })
      cluster.deleteRecord(metadata.name)
    }
  }

  test.each([
    ['the Nodes', 'while it runs'],
    ['the Nodes', 'while it is down'],
    ['podway too', 'while it runs'],
    ['podway too', 'while it is down'],
  ] as const)('to a time before %s, %s', async (before, when) => {
    await using world = await worldOf30()
    if (when === 'while it is down') await world.stop()
    restore(world, before)
    if (when === 'while it is down') await world.settled()
    await world.pass(3_600_000)
    expect(world.routeWrites).toEqual([])
    expect(world.routes()).toHaveLength(30)
  })

  test.each(['the Nodes', 'podway too'] as const)(
    'to a time before %s: the kubelets register again, with the podCIDRs that they had, and are routed',
    async (before) => {
      await using world = await worldOf30()
      const nodes = world.cluster.nodes()
      await world.stop()
      restore(world, before)
      await world.settled()
      await world.pass(driftMs)
      for (const { metadata, spec } of nodes)
        world.cluster.addNode(metadata.name, {
          ...(spec.podCIDRs === undefined ? {} : { podCIDRs: spec.podCIDRs }),
          ...(spec.providerID === undefined ? {} : { providerID: spec.providerID }),
        })
      await world.pass(driftMs)
      expect(world.routeWrites).toEqual([])
      for (const name of names) expect(world.unavailable(name)).toBe('False')
    },
  )
})

test('missing from a list, and a live GET says 404: the route goes', async () => {
  await using world = await worldWithRoute()
  await world.stop()
  world.leave('node-1')
  await world.settled()
  expect(world.routes()).toEqual(['10.244.1.0/24 node-2'])
})

// Others panic to avoid it: gardener/aws-custom-route-controller.
test('an empty or unsynced node list wipes the table: not here, lists fail for an hour', async () => {
  await using world = await worldWithRoute()
  await world.stop()
  world.leave('node-1')
  const disarm = world.cluster.simulator.faults.add({
    match: { verb: 'list', resource: 'nodes' },
    times: Infinity,
    fault: { kind: 'status', code: 500 },
  })
  world.start()
  await eventually('a list', () => world.cluster.calls.some(({ status }) => status === 500))
  for (let i = 0; i < 60; i++) await world.clock.advance(60_000)
  expect(world.routeWrites).toEqual([])
  expect(world.cloud.calls).toEqual([])
  disarm()
  for (let i = 0; i < 100 && world.routes().length > 1; i++) {
    await world.clock.advance(1_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await world.quiet()
  expect(world.routes()).toEqual(['10.244.1.0/24 node-2'])
})

test('the live GET fails: nothing is deleted until it answers', async () => {
  await using world = await worldWithRoute()
  world.cluster.simulator.faults.add({
    match: { verb: 'get', resource: 'nodes', name: 'node-1' },
    times: 5,
    fault: { kind: 'status', code: 503 },
  })
  // The test's own deletion needs no GET.
  world.leave('node-1')
  await world.quiet()
  expect(world.routeWrites).toEqual([])
  expect(await world.passUntil(() => world.records.length === 1, 60_000)).toBe(true)
  expect(world.routes()).toEqual(['10.244.1.0/24 node-2'])
})

test('the tables can’t be read: no record is dropped', async () => {
  await using world = await worldWithRoute()
  await world.stop()
  world.leave('node-1')
  world.cloud.fail({ at: 'list', class: 'transient', times: 20 })
  await world.settled()
  await world.pass(10_000)
  expect(world.records).toHaveLength(2)
  expect(await world.passUntil(() => world.records.length === 1)).toBe(true)
  expect(world.routes()).toEqual(['10.244.1.0/24 node-2'])
})

test('the tables can’t be found: no record is dropped', async () => {
  await using world = await worldWithRoute()
  await world.stop()
  world.leave('node-1')
  world.cloud.fail({ at: 'tables', class: 'transient', times: 8 })
  await world.settled()
  await world.pass(10_000)
  expect(world.records).toHaveLength(2)
  expect(await world.passUntil(() => world.records.length === 1)).toBe(true)
})
