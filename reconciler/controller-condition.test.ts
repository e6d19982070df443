import { expect, test } from 'vitest'
import { ControllerWorld, driftMs } from './testing/controller-world.ts'
import type { NodeCondition } from '../kube/objects.ts'

test('True is written before the podCIDRs: no pod may come where no route leads', async () => {
  await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
  await world.settled()
  world.forgetCalls()
  world.join('node-1')
  await world.quiet()
  expect(world.cluster.writes).toEqual([
    'PATCH nodes/node-1/status',
    'POST noderoutes',
    'PATCH nodes/node-1',
    'PATCH noderoutes/v4-10-244-0-0-24',
    'PATCH noderoutes/v4-10-244-0-0-24/status',
    'PATCH nodes/node-1/status',
  ])
  const statuses = world.cluster.calls
    .filter(({ subresource, resource }) => subresource === 'status' && resource === 'nodes')
    .map(({ body }) => /"status":"(True|False)"/.exec(body)?.[1])
  expect(statuses).toEqual(['True', 'False'])
})

test('the podCIDRs wait for the condition: while it can’t be written, none is given', async () => {
  await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
  await world.settled()
  world.cluster.simulator.faults.add({
    match: { method: 'PATCH', resource: 'nodes', subresource: 'status' },
    times: 3,
    fault: { kind: 'status', code: 500 },
  })
  world.join('node-1')
  await world.quiet()
  expect(world.cluster.node('node-1').spec.podCIDRs).toBeUndefined()
  expect(await world.passUntil(() => world.unavailable('node-1') === 'False', 10_000)).toBe(true)
})

// https://github.com/kubernetes/kubernetes/issues/120486, https://github.com/kubernetes/kubernetes/issues/73777
test('node Ready before its route: False comes only when both families are in all tables, and does come', async () => {
  await using world = await ControllerWorld.open({
    tables: ['table-1', 'table-2'],
    pools: ['10.244.0.0/16 24', 'fd00:10:244::/48 64'],
  })
  await world.settled()
  world.cloud.fail({ at: 'create', table: 'table-2', class: 'transient', times: 2 })
  world.join('node-1')
  await world.quiet()
  expect(world.routes('table-1')).toHaveLength(2)
  expect(world.unavailable('node-1')).toBe('True')
  expect(await world.passUntil(() => world.unavailable('node-1') === 'False', 10_000)).toBe(true)
  expect(world.routes('table-2')).toHaveLength(2)
})

// gardener/aws-custom-route-controller: one throttled listing tainted every node.
test('one throttled describe taints every node: here no condition changes', async () => {
  await using world = await ControllerWorld.open()
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
  await world.settled()
  await world.published()
  world.forgetCalls()
  for (const at of ['tables', 'list', 'targets'] as const)
    world.cloud.fail({ at, class: 'throttled', times: 5 })
  await world.pass(3 * driftMs)
  expect(world.cluster.writes).toEqual([])
})

const calico: NodeCondition = {
  type: 'NetworkUnavailable',
  status: 'False',
  reason: 'CalicoIsUp',
  message: 'Calico is running on this node',
}

// https://github.com/kubernetes/kubernetes/pull/136561: upstream overwrites it, and the two fight.
test('CalicoIsUp is left alone, the route is made all the same', async () => {
  await using world = await ControllerWorld.open()
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'], conditions: [calico] })
  await world.settled()
  await world.pass(3 * driftMs)
  expect(world.routes()).toEqual(['10.244.0.0/24 node-1'])
  expect(world.cluster.condition('node-1')).toMatchObject(calico)
  expect(world.cluster.writes.filter((write) => write.includes('nodes/'))).toEqual([])
})

// https://github.com/gardener/gardener-extension-provider-gcp/pull/613
test('condition fights with a CNI’s own reason: here a CNI that sets it every second meets no patch', async () => {
  await using world = await ControllerWorld.open()
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
  await world.settled()
  await world.published()
  world.forgetCalls()
  for (let second = 0; second < 30; second++) {
    const lastHeartbeatTime = new Date(world.clock.now()).toISOString()
    world.cluster.patchNode(
      'node-1',
      { status: { conditions: [{ ...calico, lastHeartbeatTime }] } },
      '/status',
    )
    await world.pass(1_000)
  }
  expect(world.cluster.writes).toEqual([])
})

test('what somebody else takes back is set again', async () => {
  await using world = await ControllerWorld.open()
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
  await world.settled()
  const conditions = [{ type: 'NetworkUnavailable', status: 'True', reason: 'NoRouteCreated' }]
  world.cluster.patchNode('node-1', { status: { conditions } }, '/status')
  await world.quiet()
  expect(world.unavailable('node-1')).toBe('False')
})

test('a node that goes while its condition is written is no error', async () => {
  await using world = await ControllerWorld.open()
  await world.settled()
  world.cluster.simulator.faults.add({
    match: { method: 'PATCH', resource: 'nodes' },
    fault: { kind: 'status', code: 404 },
  })
  world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
  await world.quiet()
  expect(world.log.filter(({ level }) => level === 'error')).toEqual([])
})
