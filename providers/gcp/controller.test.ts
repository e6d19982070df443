import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { formatAddress } from '../../net/address.ts'
import { parseCidr } from '../../net/cidr.ts'
import { Cluster } from '../../reconciler/testing/cluster.ts'
import { startController } from '../../test/conformance/aws-controller.ts'
import { type GcpWorld, createGcpWorld } from '../../test/conformance/gcp-world.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import type { ObservedRoute, Table } from '../route.ts'
import { routeDescription, routeName } from './route-mark.ts'

/** What the bugs of others become when a whole controller stands before Compute Engine. */

const destination = '10.244.3.0/24'
const waits = { timeout: 15_000 }

let world: GcpWorld
let cluster: Cluster
let table: Table
let controller: { stop(): Promise<void> } | undefined

beforeEach(async () => {
  world = await createGcpWorld()
  cluster = await Cluster.start(new ManualClock())
  table = await world.addTable('a')
  controller = undefined
})
afterEach(async () => {
  await controller?.stop()
  await cluster.close()
  await world.close()
})

const start = (): void => {
  controller = startController(world.provider, cluster.url)
}
const join = (name: string, { view }: WorldNode): void =>
  void cluster.addNode(name, {
    podCIDRs: [destination],
    addresses: view.addresses.slice(0, 1).map(formatAddress),
  })

async function there(): Promise<ObservedRoute | undefined> {
  const { routes } = await world.provider.list(table, new AbortController().signal)
  return routes.find((route) => route.destination.network === parseCidr(destination).network)
}
const settled = (name: string): Promise<void> =>
  vi.waitFor(
    () => expect(cluster.condition(name)).toMatchObject({ status: 'False', reason: 'RouteCreated' }),
    waits,
  )

const insertMarked = ({ target }: WorldNode, priority: number): Promise<void> => {
  const identity = {
    clusterName: world.clusterName,
    network: table.id,
    destination: parseCidr(destination),
    target,
  }
  return world.insertRoute({
    name: routeName(identity),
    description: routeDescription(identity),
    network: table.id,
    destRange: destination,
    priority,
    nextHopInstance: target.id,
  })
}

// https://github.com/kubernetes/kubernetes/issues/52398: deleted and created without end.
test('a Node with a dotted name on an instance without: nothing is written after the first route', async () => {
  const node = await world.addNode('node-1')
  join('node-1.c.prod-1.internal', node)
  start()
  await settled('node-1.c.prod-1.internal')
  const before = world.writes()
  expect(before).toBe(1)
  await controller?.stop()
  start()
  // The next controller reads everything anew.
  const reads = world.callsOf('routes.list').length
  await vi.waitFor(() => expect(world.callsOf('routes.list').length).toBeGreaterThan(reads), waits)
  await settled('node-1.c.prod-1.internal')
  expect(world.writes()).toBe(before)
})

describe('two next hops', () => {
  // https://github.com/kubernetes/kubernetes/pull/56258: an orphan, and its podCIDR with another Node.
  test('of podway’s own, since a move was cut off: one is left before the Node is ready', async () => {
    const [old, heir] = [await world.addNode('old'), await world.addNode('heir')]
    await insertMarked(old, 1000)
    await insertMarked(heir, 1000)
    join('node-1', heir)
    const { uid } = cluster.node('node-1').metadata
    cluster.addRecord(destination, { name: 'node-1', uid }, heir.target.id, [table.id])
    start()
    await settled('node-1')
    expect(await there()).toEqual({
      destination: parseCidr(destination),
      target: heir.target,
      state: 'active',
      origin: 'static',
    })
  })

  test('one of them foreign: the Node is not ready, its condition says why, and nothing is deleted', async () => {
    const [node, stranger] = [await world.addNode('node'), await world.addNode('stranger')]
    await world.stealRoute(table, parseCidr(destination), stranger)
    join('node-1', node)
    start()
    await vi.waitFor(
      () =>
        expect(cluster.condition('node-1')).toMatchObject({
          status: 'True',
          message: expect.stringContaining('a route that podway did not make') as string,
        }),
      waits,
    )
    expect(world.writes()).toBe(0)
    expect(await there()).toMatchObject({ target: stranger.target })
  })
})

// The call that inserts succeeds; what it began does not.
test('an operation that fails in the end: the Node is not ready and says why, until it succeeds', async () => {
  const node = await world.addNode('node-1')
  world.simulator.faults.inject({
    method: 'routes.insert',
    times: 3,
    fault: {
      kind: 'operation-error',
      error: {
        code: 'RESOURCE_NOT_READY',
        message: 'try later',
        httpStatus: 400,
        httpMessage: 'BAD REQUEST',
      },
    },
  })
  join('node-1', node)
  start()
  await vi.waitFor(
    () =>
      expect(cluster.condition('node-1')).toMatchObject({
        status: 'True',
        message: expect.stringContaining('try later') as string,
      }),
    waits,
  )
  await settled('node-1')
  expect(await there()).toMatchObject({ target: node.target })
}, 30_000)

test('an instance that may not forward: routed, and not ready, with the way to mend it', async () => {
  const node = await world.addNode('node-1')
  world.simulator.estate.changeInstance(node.target.id, { canIpForward: false })
  join('node-1', node)
  start()
  await vi.waitFor(
    () =>
      expect(cluster.condition('node-1')).toMatchObject({
        status: 'True',
        message: expect.stringContaining('canIpForward') as string,
      }),
    waits,
  )
})

// A new leader that read the network before the route is there would write it a second time.
test('an earlier leader’s route that is in the making is waited for, and not written again', async () => {
  const node = await world.addNode('node-1')
  world.simulator.faults.inject({
    method: 'routes.insert',
    fault: { kind: 'operation-delay', ms: 1_500 },
  })
  join('node-1', node)
  start()
  await vi.waitFor(() => expect(world.writes()).toBe(1), waits)
  await controller?.stop()
  const before = world.simulator.calls.length
  start()
  await settled('node-1')
  expect(world.writes()).toBe(1)
  const methods = world.simulator.calls.slice(before).map(({ method }) => method)
  expect(methods.indexOf('globalOperations.list')).toBeGreaterThanOrEqual(0)
  expect(methods.indexOf('routes.list')).toBeGreaterThan(methods.lastIndexOf('globalOperations.wait'))
})
