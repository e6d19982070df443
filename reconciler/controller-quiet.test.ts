import { expect, test } from 'vitest'
import { ControllerWorld, driftMs } from './testing/controller-world.ts'

/** When nothing changes: no Kubernetes writes, and cloud reads at the drift interval only. */

const dualStack = { pools: ['10.244.0.0/16 24', 'fd00:10:244::/48 64'], tables: ['table-1', 'table-2'] }

async function settledWorld(): Promise<ControllerWorld> {
  const world = await ControllerWorld.open(dualStack)
  for (let i = 0; i < 10; i++) world.join(`node-${i}`)
  await world.settled()
  await world.published()
  world.forgetCalls()
  return world
}

// flannel's aws-vpc before bb657386 compared pointers, and so deleted and created everything.
test('a restart with the same state writes nothing', async () => {
  await using world = await settledWorld()
  await world.stop()
  await world.settled()
  await world.pass(2 * driftMs)
  expect(world.cluster.writes).toEqual([])
  expect(world.cloud.writes).toEqual([])
})

// https://github.com/kubernetes/kubernetes/issues/60646,
// https://github.com/hetznercloud/hcloud-cloud-controller-manager/issues/395
test('10 s polling eats the API quota: here an hour without change reads each table once a drift interval, targets in every fourth', async () => {
  await using world = await settledWorld()
  await world.pass(3_600_000)
  const counts = Map.groupBy(world.cloud.calls, ({ method }) => method)
  expect(Object.fromEntries([...counts].map(([method, calls]) => [method, calls.length]))).toEqual({
    tables: 60,
    list: 120,
    targets: 15,
    prepare: 15,
    servedRanges: 60,
  })
  expect(world.cluster.writes).toEqual([])
  expect(world.cluster.calls.filter(({ verb }) => verb === 'get')).toEqual([])
})

// TestHandleNodeUpdate of upstream asserts nothing: both of its nodes have resourceVersion "".
test('unrelated node updates cause reconciles: here heartbeats, images and labels with a new resourceVersion cause no call', async () => {
  await using world = await settledWorld()
  for (let beat = 0; beat < 5; beat++) {
    for (let i = 0; i < 10; i++) {
      const lastHeartbeatTime = new Date(world.clock.now() + beat * 1_000).toISOString()
      const conditions = [{ type: 'Ready', status: 'True', lastHeartbeatTime }]
      world.cluster.patchNode(
        `node-${i}`,
        { status: { conditions, images: [{ names: [`i:${beat}`] }] } },
        '/status',
      )
      world.cluster.patchNode(`node-${i}`, { metadata: { labels: { beat: String(beat) } } })
    }
    await world.quiet()
  }
  expect(world.cloud.calls).toEqual([])
  expect(world.cluster.writes).toEqual([])
})

test('heartbeats of a node without an instance do not ask for the instance', async () => {
  await using world = await ControllerWorld.open()
  world.cluster.addNode('node-1', { podCIDRs: ['10.244.0.0/24'], providerID: 'memory:///nobody' })
  await world.settled()
  world.forgetCalls()
  for (let beat = 0; beat < 5; beat++) {
    world.cluster.patchNode('node-1', { metadata: { labels: { beat: String(beat) } } })
    await world.quiet()
  }
  expect(world.cloud.calls).toEqual([])
})

test('a resync of the reflector causes no call', async () => {
  await using world = await settledWorld()
  await world.stop()
  await world.settled()
  world.forgetCalls()
  await world.pass(600_000)
  expect(world.cloud.calls.filter(({ method }) => method === 'apply')).toEqual([])
  expect(world.cluster.writes).toEqual([])
})

// https://github.com/hetznercloud/hcloud-cloud-controller-manager/issues/1214,
// https://github.com/kubernetes/cloud-provider-aws/issues/318
test('matching by name instead of provider id: a node named unlike its instance makes no loop over 20 passes', async () => {
  await using world = await ControllerWorld.open()
  world.cloud.addInstance('i-0123')
  world.cluster.addNode('db-7.example.org', { podCIDRs: ['10.244.0.0/24'], providerID: 'memory:///i-0123' })
  await world.settled()
  world.forgetCalls()
  await world.pass(20 * driftMs)
  expect(world.routeWrites).toEqual([])
  expect(world.routes()).toEqual(['10.244.0.0/24 i-0123'])
})

// getRouteAction of upstream compares text.
test('CIDRs compared as strings: another spelling of the same range makes no write after the first pass', async () => {
  await using world = await ControllerWorld.open()
  world.join('node-1', { podCIDRs: ['2001:DB8:0::/64'] })
  await world.settled()
  expect(world.routes()).toEqual(['2001:db8::/64 node-1'])
  await world.published()
  world.forgetCalls()
  await world.pass(5 * driftMs)
  expect(world.routeWrites).toEqual([])
  expect(world.cluster.writes).toEqual([])
})

test('what fails in the same way again and again is written to the API server once', async () => {
  await using world = await ControllerWorld.open()
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
  world.cloud.fail({ at: 'prepare', class: 'unauthorized', times: Infinity })
  await world.settled()
  await world.published()
  world.forgetCalls()
  await world.pass(10 * driftMs)
  expect(world.cluster.writes).toEqual([])
})
