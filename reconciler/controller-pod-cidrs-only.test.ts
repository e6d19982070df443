import { expect, test } from 'vitest'
import { ControllerWorld } from './testing/controller-world.ts'

/** `--configure-cloud-routes=false`: only the allocator of kube-controller-manager is replaced. */

const pools = ['10.244.0.0/23 24']

test('Nodes get their podCIDRs; no cloud is asked, no condition is written', async () => {
  await using world = await ControllerWorld.open({ pools })
  world.cluster.addNode('node-1')
  await world.settled({ configureRoutes: false })
  world.cluster.addNode('node-2')
  await world.pass(600_000)
  expect(world.cluster.nodes().map(({ spec }) => spec.podCIDR)).toEqual(['10.244.0.0/24', '10.244.1.0/24'])
  expect(world.unavailable('node-1')).toBeUndefined()
  expect(world.cloud.calls).toEqual([])
})

test('a Node that goes leaves its podCIDR to the next one', async () => {
  await using world = await ControllerWorld.open({ pools })
  world.cluster.addNode('node-1')
  world.cluster.addNode('node-2')
  await world.settled({ configureRoutes: false })
  const { podCIDR } = world.cluster.node('node-1').spec
  world.cluster.deleteNode('node-1')
  await world.pass(60_000)
  expect(world.records).toHaveLength(1)
  world.cluster.addNode('node-3')
  await world.pass(60_000)
  expect(world.cluster.node('node-3').spec.podCIDR).toBe(podCIDR)
  expect(world.cloud.calls).toEqual([])
})

test('one that gets none is told', async () => {
  await using world = await ControllerWorld.open({ pools: ['10.244.0.0/24 24'] })
  world.cluster.addNode('node-1')
  world.cluster.addNode('node-2')
  await world.settled({ configureRoutes: false })
  await world.pass(60_000)
  expect(world.told('CIDRNotAvailable')).toHaveLength(1)
  expect(world.cluster.nodes().filter(({ status }) => (status?.conditions ?? []).length > 0)).toEqual([])
})

test('routes that an earlier run wrote stay, and so do their records', async () => {
  await using world = await ControllerWorld.open({ pools })
  world.join('node-1')
  await world.settled()
  expect(world.routes()).toHaveLength(1)
  await world.stop()
  world.forgetCalls()
  world.leave('node-1')
  await world.settled({ configureRoutes: false })
  await world.pass(600_000)
  expect(world.records).toEqual(['10.244.0.0/24 node-1 table-1'])
  expect(world.cloud.writes).toEqual([])
})
