import { describe, expect, test } from 'vitest'
import { releaseAnnotation } from './node-route/node-route.ts'
import { ControllerWorld } from './testing/controller-world.ts'

/** Invariant: many deletes at once, of routes whose instances run, are somebody's mistake until somebody says otherwise. */

async function worldOf(count: number): Promise<ControllerWorld> {
  const world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
  for (let i = 0; i < count; i++) world.join(`node-${i}`)
  await world.settled()
  expect(world.routes()).toHaveLength(count)
  world.forgetCalls()
  return world
}

const held = (world: ControllerWorld): number =>
  world.cluster.records().filter(({ status }) => status?.tables?.some(({ state }) => state === 'Held')).length

const release = (world: ControllerWorld, name: string, uid?: string): void => {
  const released = uid ?? world.cluster.record(name)?.spec.node.uid
  world.cluster.patchRecord(name, { metadata: { annotations: { [releaseAnnotation]: released } } })
}

describe('kubectl delete nodes --all with instances running', () => {
  test('the brake holds: not one route is deleted, and people are told', async () => {
    await using world = await worldOf(30)
    for (const { metadata } of world.cluster.nodes()) world.cluster.deleteNode(metadata.name)
    await world.pass(3_600_000)
    expect(world.routeWrites).toEqual([])
    expect(world.routes()).toHaveLength(30)
    expect(held(world)).toBe(30)
    expect(world.told('DeletesHeld')).toEqual([expect.stringContaining('podway release')])
    expect(world.records).toHaveLength(30)
  })

  test('an hour of it is told once, and costs the API server nothing more', async () => {
    await using world = await worldOf(30)
    for (const { metadata } of world.cluster.nodes()) world.cluster.deleteNode(metadata.name)
    await world.pass(60_000)
    world.forgetCalls()
    await world.pass(3_600_000)
    expect(world.cluster.writes).toEqual([])
    expect(world.events).toEqual([])
  })

  test('what is released goes, and nothing else', async () => {
    await using world = await worldOf(30)
    for (const { metadata } of world.cluster.nodes()) world.cluster.deleteNode(metadata.name)
    await world.pass(60_000)
    release(world, 'v4-10-244-3-0-24')
    await world.pass(60_000)
    expect(world.routeWrites).toEqual(['delete table-1 10.244.3.0/24'])
    expect(world.records).toHaveLength(29)
  })

  // Whoever writes to a NodeRoute puts its tables in doubt: they are read again, each in its own time.
  test('what is released goes from every table, though one is read again while another is written to', async () => {
    await using world = await ControllerWorld.open({
      pools: ['10.244.0.0/16 24'],
      tables: ['table-1', 'table-2'],
      latency: (call) => {
        if (call.method === 'list') return call.table === 'table-1' ? 10 : 100
        return call.method === 'apply' ? 1_000 : 0
      },
    })
    for (let i = 0; i < 12; i++) world.join(`node-${i}`)
    world.start()
    await world.pass(20_000)
    expect(world.routes('table-2')).toHaveLength(12)
    for (const { metadata } of world.cluster.nodes()) world.cluster.deleteNode(metadata.name)
    await world.pass(20_000)
    expect(held(world)).toBe(12)
    release(world, 'v4-10-244-3-0-24')
    await world.pass(20_000)
    expect(world.routes('table-1')).toHaveLength(11)
    expect(world.routes('table-2')).toHaveLength(11)
    expect(world.records).toHaveLength(11)
  })

  test('a release for an earlier node of the destination is none', async () => {
    await using world = await worldOf(30)
    for (const { metadata } of world.cluster.nodes()) world.cluster.deleteNode(metadata.name)
    await world.pass(60_000)
    release(world, 'v4-10-244-3-0-24', 'another uid')
    await world.pass(120_000)
    expect(world.routeWrites).toEqual([])
  })

  test('a restart lets none slip through', async () => {
    await using world = await worldOf(30)
    for (const { metadata } of world.cluster.nodes()) world.cluster.deleteNode(metadata.name)
    await world.pass(60_000)
    for (let i = 0; i < 3; i++) {
      await world.stop()
      await world.settled()
      await world.pass(60_000)
    }
    expect(world.routeWrites).toEqual([])
    expect(held(world)).toBe(30)
  })

  test('the Nodes that come back have their routes, as if nothing had been', async () => {
    await using world = await worldOf(30)
    const nodes = world.cluster.nodes()
    for (const { metadata } of nodes) world.cluster.deleteNode(metadata.name)
    await world.pass(60_000)
    for (const { metadata, spec } of nodes) {
      world.cluster.addNode(metadata.name, {
        ...(spec.providerID === undefined ? {} : { providerID: spec.providerID }),
        ...(spec.podCIDRs === undefined ? {} : { podCIDRs: spec.podCIDRs }),
      })
    }
    await world.pass(60_000)
    expect(world.routeWrites).toEqual([])
    expect(held(world)).toBe(0)
  })

  test('the few that are left of a wave stay held over a restart, though they would be none by themselves', async () => {
    await using world = await worldOf(30)
    const nodes = world.cluster.nodes()
    for (const { metadata } of nodes) world.cluster.deleteNode(metadata.name)
    await world.pass(60_000)
    for (const { metadata, spec } of nodes.slice(3)) {
      const { podCIDRs = [], providerID = '' } = spec
      world.cluster.addNode(metadata.name, { podCIDRs, providerID })
    }
    await world.pass(60_000)
    expect(held(world)).toBe(3)
    await world.stop()
    await world.settled()
    await world.pass(3_600_000)
    expect(world.routeWrites).toEqual([])
    expect(held(world)).toBe(3)
  })

  test('an instance that is terminated afterwards needs no word: its route goes', async () => {
    await using world = await worldOf(30)
    for (const { metadata } of world.cluster.nodes()) world.cluster.deleteNode(metadata.name)
    await world.pass(60_000)
    world.cloud.terminate('node-7')
    await world.pass(120_000)
    expect(world.routeWrites).toHaveLength(1)
    expect(world.routes().join()).not.toContain('node-7')
  })
})

test('a few deletes pass, after a moment in which the wave would show', async () => {
  await using world = await worldOf(30)
  for (const name of ['node-1', 'node-2', 'node-3']) world.cluster.deleteNode(name)
  await world.quiet()
  expect(world.routeWrites).toEqual([])
  await world.pass(10_000)
  expect(world.routes()).toHaveLength(27)
  expect(world.events).toEqual([])
})

test('the window slides: few at a time are never a wave', async () => {
  await using world = await worldOf(40)
  for (let i = 0; i < 30; i += 5) {
    for (let j = i; j < i + 5; j++) world.cluster.deleteNode(`node-${j}`)
    await world.pass(660_000)
  }
  expect(world.routes()).toHaveLength(10)
})

// https://github.com/hetznercloud/hcloud-cloud-controller-manager/issues/734
test('100 nodes scaled to 10 while the controller is down, instances terminated: exactly 10 remain', async () => {
  await using world = await worldOf(100)
  await world.stop()
  for (let i = 10; i < 100; i++) world.leave(`node-${i}`)
  await world.settled()
  await world.pass(60_000)
  const routed = world.routes().map((route) => route.split(' ')[1])
  expect(routed.sort()).toEqual(Array.from({ length: 10 }, (_, i) => `node-${i}`))
  expect(world.records).toHaveLength(10)
  expect(world.told('DeletesHeld')).toEqual([])
})

test('the same while it runs, before the tables say blackhole: the cloud is asked, and says that they are terminated', async () => {
  await using world = await worldOf(100)
  for (let i = 10; i < 100; i++) world.leave(`node-${i}`)
  await world.quiet()
  expect(world.routes()).toHaveLength(10)
  expect(world.told('DeletesHeld')).toEqual([])
})

test('a cloud that can’t say whether they run: nothing is deleted until it can', async () => {
  await using world = await worldOf(12)
  world.cloud.fail({ at: 'running', class: 'transient', times: 3 })
  world.leave('node-0')
  await world.quiet()
  expect(world.routeWrites).toEqual([])
  expect(await world.passUntil(() => world.routes().length === 11, 60_000)).toBe(true)
})
