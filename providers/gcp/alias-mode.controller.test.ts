import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { formatAddress } from '../../net/address.ts'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { Pool } from '../../reconciler/ipam/pool.ts'
import { Cluster } from '../../reconciler/testing/cluster.ts'
import { startController } from '../../test/conformance/aws-controller.ts'
import { type GcpAliasWorld, createGcpAliasWorld } from '../../test/conformance/gcp-alias-world.ts'
import { podwayToken } from '../../test/conformance/gcp-world.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import type { GcpMode } from './mode.ts'
import { permissionsFor } from './testing/permissions.ts'

const pools = [new Pool(parseCidr('fd00:10:244::/48'), 64)]

let world: GcpAliasWorld
let cluster: Cluster
let network: string
let controller: { stop(): Promise<void> } | undefined

beforeEach(async () => {
  world = await createGcpAliasWorld({ rates: 'off' })
  cluster = await Cluster.start(new ManualClock())
  network = (await world.addTable('a')).id.replace(/\/aliasIpRanges$/, '')
})
afterEach(async () => {
  await controller?.stop()
  controller = undefined
  await cluster.close()
  await world.close()
})

const start = (mode: GcpMode = 'alias-ip', driftMs = 60_000): void => {
  controller = startController(world.providerWith({ mode }), cluster.url, { pools, driftMs })
}
const join = ({ view }: WorldNode, more: object = {}): unknown =>
  cluster.addNode(view.name, { providerID: view.providerID, ...more })
const until = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(() => check(), { timeout: 15_000, interval: 20 })
const routed = (name: string): Promise<unknown> =>
  until(() => expect(cluster.condition(name)?.status).toBe('False'))
/** Of the static routes those that podway can have made. */
async function destinations(): Promise<readonly string[]> {
  const { routes } = await world.provider.list({ id: network }, new AbortController().signal)
  const made = routes.filter(({ target }) => target.kind === 'instance')
  return made.map(({ destination }) => formatCidr(destination)).sort()
}

test('a new Node gets an alias range and an IPv6 range that is routed, and leaves without a trace', async () => {
  const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
  start()
  join(one)
  join(two)
  await Promise.all([routed('node-1'), routed('node-2')])
  const podCIDRs = ['node-1', 'node-2'].map((name) => cluster.node(name).spec.podCIDRs ?? [])
  expect(podCIDRs.map(([v4]) => v4).sort()).toEqual(['10.244.0.0/24', '10.244.1.0/24'])
  expect(podCIDRs.map(([, v6]) => v6).sort()).toEqual(['fd00:10:244:1::/64', 'fd00:10:244::/64'])
  expect([world.aliasesOf(one), world.aliasesOf(two)]).toEqual(podCIDRs.map(([v4]) => [v4]))
  expect(await destinations()).toEqual(['fd00:10:244:1::/64', 'fd00:10:244::/64'])
  const patches = cluster.writes.filter((write) => /^PATCH nodes\/node-\d$/.test(write))
  expect(patches).toHaveLength(2)

  // One whose instance runs, and one whose instance is gone.
  cluster.deleteNode('node-1')
  await world.terminate(two)
  cluster.deleteNode('node-2')
  await until(() => expect(cluster.records()).toEqual([]))
  expect(world.aliasesOf(one)).toEqual([])
  expect(await destinations()).toEqual([])
}, 30_000)

// As GKE and kops make instances: the alias range is there before the Node is.
test('an alias range that the instance was made with is the podCIDR, and stays whose it was', async () => {
  const node = await world.addNode('node-1')
  world.setAliases(node, '10.244.7.0/24')
  start()
  join(node)
  await routed('node-1')
  expect(cluster.node('node-1').spec.podCIDRs?.[0]).toBe('10.244.7.0/24')
  cluster.deleteNode('node-1')
  await until(() => expect(cluster.records()).toEqual([]))
  expect(world.callsOf('instances.updateNetworkInterface')).toEqual([])
  expect(world.aliasesOf(node)).toEqual(['10.244.7.0/24'])
}, 30_000)

// cloud_cidr_allocator.go makes the first /112 of the interface's /96 the podCIDR.
test('a Node with the podCIDRs of Google’s own allocator, of both families, is routed as it is', async () => {
  const node = await world.addNode('node-1')
  world.setAliases(node, '10.244.7.0/24')
  start()
  join(node, { podCIDRs: ['10.244.7.0/24', 'fd20:0:0:2:0:2:0:0/112'] })
  await routed('node-1')
  expect(world.writes()).toBe(0)
}, 30_000)

// Of them Google gives a block of its own choice alone, and takes no static route there either.
test('an IPv6 podCIDR in the network’s own ranges is refused in words, and IPv4 is delivered all the same', async () => {
  const node = await world.addNode('node-1')
  start()
  join(node, { podCIDRs: ['10.244.7.0/24', 'fd20:0:0:2:7::/80'] })
  await until(() => expect(world.aliasesOf(node)).toEqual(['10.244.7.0/24']))
  await until(() =>
    expect(cluster.condition('node-1')).toMatchObject({
      status: 'True',
      message: expect.stringContaining('IPv6 is routed') as string,
    }),
  )
  expect(await destinations()).toEqual([])
  expect(world.callsOf('instances.updateNetworkInterface')).toHaveLength(1)
}, 30_000)

test('a controller that is started again in the middle goes on with what it had begun', async () => {
  const node = await world.addNode('node-1')
  // The range is assigned, and nobody learns of it.
  world.simulator.faults.inject({
    method: 'instances.updateNetworkInterface',
    fault: { kind: 'hang-after' },
  })
  start()
  join(node)
  await until(() => expect(world.aliasesOf(node)).toEqual(['10.244.0.0/24']))
  await controller?.stop()
  expect(cluster.node('node-1').spec.podCIDRs).toBeUndefined()
  start()
  await routed('node-1')
  expect(cluster.node('node-1').spec.podCIDRs?.[0]).toBe('10.244.0.0/24')
  expect(world.aliasesOf(node)).toEqual(['10.244.0.0/24'])
}, 30_000)

test('an earlier leader’s alias range that is in the making is waited for, and not written again', async () => {
  const node = await world.addNode('node-1')
  world.simulator.faults.inject({
    method: 'instances.updateNetworkInterface',
    fault: { kind: 'operation-delay', ms: 1_500 },
  })
  start()
  join(node)
  await until(() => expect(world.callsOf('instances.updateNetworkInterface')).toHaveLength(1))
  await controller?.stop()
  start()
  await routed('node-1')
  expect(world.callsOf('instances.updateNetworkInterface')).toHaveLength(1)
  expect(world.callsOf('zoneOperations.list').map(({ status }) => status)).toEqual([200])
}, 30_000)

test('a range that somebody took away is assigned again', async () => {
  const node = await world.addNode('node-1')
  start('alias-ip', 1_000)
  join(node)
  await routed('node-1')
  world.setAliases(node)
  await until(() => expect(world.aliasesOf(node)).toEqual(['10.244.0.0/24']))
}, 30_000)

test('a block of which somebody else has an address is left alone, and another one is taken', async () => {
  const [node, stranger] = [await world.addNode('node-1'), await world.addNode('stranger')]
  world.setAliases(stranger, '10.244.0.77/32')
  start()
  join(node)
  await routed('node-1')
  expect(world.aliasesOf(node)).toEqual(['10.244.1.0/24'])
  expect(world.aliasesOf(stranger)).toEqual(['10.244.0.77/32'])
}, 30_000)

test('a Node that is another instance now takes its range along', async () => {
  const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
  start()
  const addresses = ({ view }: WorldNode): readonly string[] => view.addresses.slice(0, 1).map(formatAddress)
  cluster.addNode('node-1', { podCIDRs: ['10.244.5.0/24'], addresses: addresses(one) })
  await until(() => expect(world.aliasesOf(one)).toEqual(['10.244.5.0/24']))
  const [address] = addresses(two)
  cluster.patchNode('node-1', { status: { addresses: [{ type: 'InternalIP', address }] } }, '/status')
  await until(() => expect(world.aliasesOf(two)).toEqual(['10.244.5.0/24']))
  expect(world.aliasesOf(one)).toEqual([])
}, 30_000)

describe('the mode is changed', () => {
  test('Nodes that were routed before stay so, and new ones get alias ranges', async () => {
    const [old, fresh] = [await world.addNode('old'), await world.addNode('fresh')]
    join(old, { podCIDRs: ['10.99.9.0/24', 'fd00:10:244:9::/64'] })
    start('routes')
    await routed('old')
    await controller?.stop()
    start()
    join(fresh)
    await routed('fresh')
    expect(await destinations()).toEqual(expect.arrayContaining(['10.99.9.0/24', 'fd00:10:244:9::/64']))
    expect(cluster.condition('old')?.status).toBe('False')
    expect([world.aliasesOf(old), world.aliasesOf(fresh)]).toEqual([[], ['10.244.0.0/24']])
  }, 30_000)
})

describe('deploy/iam/gcp-alias-ip-role.yaml', () => {
  const permissionsIn = (name: string): readonly string[] => {
    const file = new URL(`../../deploy/iam/${name}`, import.meta.url)
    const role = load(readFileSync(file, 'utf8')) as { readonly includedPermissions: readonly string[] }
    return role.includedPermissions.toSorted()
  }

  test('lists, with the other role, exactly what a controller in this mode asks of Compute Engine', async () => {
    const node = await world.addNode('node-1')
    start()
    join(node)
    await routed('node-1')
    // A new leader asks for what the one before has begun.
    await controller?.stop()
    start()
    cluster.deleteNode('node-1')
    await until(() => expect(cluster.records()).toEqual([]))
    const asked = permissionsFor(world.simulator.calls.filter(({ token }) => token === podwayToken))
    const usual = permissionsIn('gcp-controller-role.yaml')
    expect(asked.filter((permission) => !usual.includes(permission))).toEqual(
      permissionsIn('gcp-alias-ip-role.yaml'),
    )
  }, 30_000)
})
