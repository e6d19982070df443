import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { formatAddress } from '../../net/address.ts'
import { Cluster } from '../../reconciler/testing/cluster.ts'
import { startController } from '../../test/conformance/aws-controller.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import { type SimulatedAzure, createSimulatedAzure } from '../../test/conformance/simulated-azure.ts'
import type { ArmSimulatorOptions } from '../../test/simulators/arm/arm-simulator.ts'
import { listAt, textAt } from '../../test/simulators/kubernetes/json.ts'
import type { Table } from '../route.ts'
import type { AzureProviderOptions } from './azure-provider.ts'

let world: SimulatedAzure
let cluster: Cluster
let table: Table
let controller: { stop(): Promise<void> }

async function open(options: ArmSimulatorOptions = {}): Promise<void> {
  let isMade = false
  // What there was before takes no time.
  const operationMs = (): number => (isMade ? (options.operationMs?.() ?? 0) : 0)
  world = await createSimulatedAzure({ ...options, operationMs })
  table = await world.addTable('nodes')
  isMade = true
}
const start = (options: Partial<AzureProviderOptions> = {}): void =>
  void (controller = startController(world.providerWith(options), cluster.url, { workers: 100 }))

beforeEach(async () => {
  cluster = await Cluster.start(new ManualClock())
  controller = { stop: () => Promise.resolve() }
})
afterEach(async () => {
  await controller.stop()
  await cluster.close()
  await world.close()
})

function join(node: WorldNode, podCIDRs: readonly string[], conditions?: readonly object[]): void {
  const addresses = node.view.addresses.slice(0, 1).map(formatAddress)
  cluster.addNode(node.view.name, {
    podCIDRs,
    addresses,
    ...(conditions === undefined ? {} : { conditions: conditions as never }),
  })
}

const nextHops = (): readonly string[] =>
  listAt(world.send('GET', table.id), 'properties', 'routes').map((route) =>
    textAt(route, 'properties', 'nextHopIpAddress'),
  )
const puts = () => world.calls().filter(({ operation }) => operation === 'RouteTables_CreateOrUpdate')
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 20 })
const conditionOf = (name: string) => {
  const { reason, status } = cluster.condition(name) ?? {}
  return `${status} ${reason}`
}

test('a Node joins, is another machine, leaves', async () => {
  await open()
  start()
  const [one, two] = [world.addMachine('node-1'), world.addMachine('node-2')]
  join(one, ['10.244.1.0/24', 'fd00:10:244:1::/64'])
  await eventually(() => expect(nextHops()).toEqual([one.target.id, one.target6?.id]))
  const addresses = [{ type: 'InternalIP', address: two.target.id }]
  cluster.patchNode('node-1', { status: { addresses } }, '/status')
  await eventually(() => expect(nextHops()).toEqual([two.target.id, two.target6?.id]))
  await world.terminate(two)
  cluster.deleteNode('node-1')
  await eventually(() => expect(nextHops()).toEqual([]))
}, 30_000)

// https://github.com/kubernetes-sigs/cloud-provider-azure/issues/527
test('done but not effective: a Node is told routed after the wait, and a listing meanwhile tells nobody otherwise', async () => {
  await open()
  start({ effectiveMs: 1_500 })
  join(world.addMachine('node-1'), ['10.244.1.0/24'])
  await eventually(() => expect(puts()).toHaveLength(1))
  const written = performance.now()
  await eventually(() => expect(conditionOf('node-1')).toBe('False RouteCreated'))
  expect(performance.now() - written).toBeGreaterThan(1_300)
}, 30_000)

describe('a leader that dies', () => {
  const routeOf = (node: WorldNode) => ({
    addressPrefix: '10.244.1.0/24',
    nextHopType: 'VirtualAppliance',
    nextHopIpAddress: node.target.id,
  })

  // https://github.com/kubernetes-sigs/cloud-provider-azure/issues/527
  test('right after its write: the next one does not take the route that it finds for effective at once', async () => {
    await open()
    const node = world.addMachine('node-1')
    start({ effectiveMs: 60_000 })
    join(node, ['10.244.1.0/24'])
    await eventually(() => expect(nextHops()).toHaveLength(1))
    await controller.stop()
    const takenOver = performance.now()
    start({ effectiveMs: 1_500 })
    await eventually(() => expect(conditionOf('node-1')).toBe('False RouteCreated'))
    expect(performance.now() - takenOver).toBeGreaterThan(1_300)
    expect(puts()).toHaveLength(1)
  }, 30_000)

  test('during its write: the next one waits for the end of it, and from there on', async () => {
    await open({ operationMs: () => 1_500 })
    const node = world.addMachine('node-1')
    start({ effectiveMs: 60_000 })
    join(node, ['10.244.1.0/24'])
    await eventually(() => expect(puts()).toHaveLength(1))
    const written = performance.now()
    await controller.stop()
    start({ effectiveMs: 1_500 })
    await eventually(() => expect(conditionOf('node-1')).toBe('False RouteCreated'))
    expect(performance.now() - written).toBeGreaterThan(2_800)
    expect(puts()).toHaveLength(1)
  }, 30_000)

  test('keeps no other Node waiting, and takes nobody off the net who was told to be routed', async () => {
    await open()
    const [old, fresh] = [world.addMachine('node-1'), world.addMachine('node-2')]
    world.send('PUT', `${table.id}/routes/podway.10.244.1.0_24`, { properties: routeOf(old) })
    const since = '2026-01-01T00:00:00Z'
    const [status, reason, message] = ['False', 'RouteCreated', 'all podCIDRs of the node are routed to it']
    const times = { lastHeartbeatTime: since, lastTransitionTime: since }
    join(old, ['10.244.1.0/24'], [{ type: 'NetworkUnavailable', status, reason, message, ...times }])
    start({ effectiveMs: 60_000 })
    join(fresh, ['10.244.2.0/24'])
    await eventually(() => expect(nextHops()).toHaveLength(2))
    await eventually(() => expect(conditionOf('node-2')).toBe('True NoRouteCreated'))
    expect(cluster.condition('node-1')).toMatchObject({ status: 'False', lastTransitionTime: since })
  }, 30_000)
})

// The lock of azure_routes.go is held while it sleeps: 60 to 90 s for a batch.
test('whole lock held during a sleep: here Nodes that come during the wait join the next write at once', async () => {
  await open()
  start({ effectiveMs: 5_000 })
  join(world.addMachine('node-1'), ['10.244.1.0/24'])
  await eventually(() => expect(puts()).toHaveLength(1))
  const second = performance.now()
  join(world.addMachine('node-2'), ['10.244.2.0/24'])
  await eventually(() => expect(nextHops()).toHaveLength(2))
  expect(performance.now() - second).toBeLessThan(4_000)
}, 30_000)

// https://github.com/kubernetes/kubernetes/issues/88151, https://github.com/Azure/AKS/issues/1273
test('concurrent updates conflict: here never two at a time, and few for many', async () => {
  await open({ operationMs: () => 300 })
  start()
  for (let i = 1; i <= 40; i++) join(world.addMachine(`node-${i}`), [`10.244.${i}.0/24`])
  await eventually(() => expect(nextHops()).toHaveLength(40))
  expect(new Set(puts().map(({ status }) => status))).toEqual(new Set([200]))
  expect(puts().length).toBeLessThan(8)
}, 30_000)

describe('what fails is told on the Node', () => {
  // https://github.com/kubernetes-sigs/cloud-provider-azure/issues/11003, https://github.com/kubernetes-sigs/cloud-provider-azure/pull/11007
  test('a failed PUT is reported as success: here the condition stays True until one succeeds', async () => {
    await open()
    const heal = world.simulator.faults.inject({
      operation: 'RouteTables_CreateOrUpdate',
      times: 1_000,
      fault: { kind: 'error', status: 500, code: 'InternalServerError', message: 'An error occurred.' },
    })
    start()
    join(world.addMachine('node-1'), ['10.244.1.0/24'])
    join(world.addMachine('node-2'), ['10.244.2.0/24'])
    await eventually(() => {
      expect(conditionOf('node-1')).toBe('True OutcomeUnknown')
      expect(conditionOf('node-2')).toBe('True OutcomeUnknown')
    })
    heal()
    await eventually(() => {
      expect(conditionOf('node-1')).toBe('False RouteCreated')
      expect(conditionOf('node-2')).toBe('False RouteCreated')
    })
  }, 30_000)

  // https://github.com/Azure/AKS/issues/2681, https://github.com/Azure/AKS/issues/987
  test('Node Ready though creation failed: here the policy is named, and not asked again and again', async () => {
    await open()
    world.simulator.faults.inject({
      operation: 'RouteTables_CreateOrUpdate',
      times: 1_000,
      fault: {
        kind: 'error',
        status: 409,
        code: 'RequestDisallowedByPolicy',
        message: "Resource 'nodes' was disallowed by policy.",
        options: {
          additionalInfo: [
            { type: 'PolicyViolation', info: { policyAssignmentDisplayName: 'No routes on Fridays' } },
          ],
        },
      },
    })
    start()
    join(world.addMachine('node-1'), ['10.244.1.0/24'])
    await eventually(() => expect(conditionOf('node-1')).toBe('True CloudUnauthorized'))
    expect(cluster.condition('node-1')?.message).toContain(
      'the Azure policy "No routes on Fridays" forbids it',
    )
    expect(puts().length).toBeLessThan(4)
  }, 30_000)

  test('one bad route among many keeps no other from being made', async () => {
    await open()
    world.simulator.faults.inject({
      operation: 'RouteTables_CreateOrUpdate',
      times: 1_000,
      when: ({ body }) => body.includes('10.244.7.0/24'),
      fault: {
        kind: 'error',
        status: 400,
        code: 'InvalidCIDRNotation',
        message: 'The address prefix 10.244.7.0/24 …',
      },
    })
    start()
    for (let i = 1; i <= 16; i++) join(world.addMachine(`node-${i}`), [`10.244.${i}.0/24`])
    await eventually(() => expect(nextHops()).toHaveLength(15))
    await eventually(() => expect(conditionOf('node-7')).toBe('True RouteRefused'))
    await eventually(() => expect(conditionOf('node-16')).toBe('False RouteCreated'))
  }, 30_000)
})

test('what cloud-node-manager --wait-routes leaves for the route controller is cleared', async () => {
  await open()
  start()
  const since = '2026-01-01T00:00:00Z'
  join(
    world.addMachine('node-1'),
    ['10.244.1.0/24'],
    [
      {
        type: 'NetworkUnavailable',
        status: 'True',
        reason: 'NodeInitialization',
        message: 'Waiting for cloud routes',
        lastHeartbeatTime: since,
        lastTransitionTime: since,
      },
    ],
  )
  await eventually(() => expect(conditionOf('node-1')).toBe('False RouteCreated'))
}, 30_000)

// https://github.com/kubernetes-sigs/cloud-provider-azure/issues/657, https://github.com/kubernetes-sigs/cloud-provider-azure/issues/875
test('renamed and outdated routes: what another controller named otherwise counts, and is not made twice', async () => {
  await open()
  const node = world.addMachine('node-1')
  const properties = {
    addressPrefix: '10.244.1.0/24',
    nextHopType: 'VirtualAppliance',
    nextHopIpAddress: node.target.id,
  }
  world.send('PUT', `${table.id}/routes/node-1____102441024`, { properties })
  start()
  join(node, ['10.244.1.0/24'])
  await eventually(() => expect(conditionOf('node-1')).toBe('False RouteCreated'))
  expect(puts()).toEqual([])
}, 30_000)

describe('somebody makes the very route that a controller is about to make, which dies then', () => {
  const properties = { addressPrefix: '10.244.1.0/24', nextHopType: 'VirtualAppliance' }

  test('the route outlives the Node: its name says that podway did not make it', async () => {
    await open()
    const { target } = world.addMachine('node-1')
    cluster.addRecord('10.244.1.0/24', { name: 'node-1', uid: 'uid-1' }, target, [table.id], 'intended')
    world.send('PUT', `${table.id}/routes/by-hand`, {
      properties: { ...properties, nextHopIpAddress: target.id },
    })
    start()
    await eventually(() => expect(cluster.records()).toEqual([]))
    expect(nextHops()).toEqual([target.id])
  })

  test('the route counts for the Node, and outlives it', async () => {
    await open()
    const node = world.addMachine('node-1')
    const { target } = node
    join(node, ['10.244.1.0/24'])
    const { uid } = cluster.node('node-1').metadata
    cluster.addRecord('10.244.1.0/24', { name: 'node-1', uid }, target, [table.id], 'intended')
    world.send('PUT', `${table.id}/routes/by-hand`, {
      properties: { ...properties, nextHopIpAddress: target.id },
    })
    start()
    await eventually(() => expect(conditionOf('node-1')).toBe('False RouteCreated'))
    cluster.deleteNode('node-1')
    await eventually(() => expect(cluster.records()).toEqual([]))
    expect(nextHops()).toEqual([target.id])
    expect(puts()).toEqual([])
  })
})
