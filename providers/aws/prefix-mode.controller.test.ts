import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { formatCidr, nthSubnet, parseCidr } from '../../net/cidr.ts'
import { Cluster } from '../../reconciler/testing/cluster.ts'
import { Pool } from '../../reconciler/ipam/pool.ts'
import { startController } from '../../test/conformance/aws-controller.ts'
import { podwayKeyId } from '../../test/conformance/aws-world.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import type { Table } from '../route.ts'

const pools = [new Pool(parseCidr('10.244.0.0/16'), 24)]

let world: SimulatedAws
let cluster: Cluster
let table: Table
let controller: { stop(): Promise<void> } | undefined

beforeEach(async () => {
  world = await createSimulatedAws({ buckets: 'off', instanceType: 'm5.large' })
  cluster = await Cluster.start(new ManualClock())
  table = await world.addTable('a')
  await world.ec2.createSubnetCidrReservation({
    SubnetId: world.subnetId,
    ReservationType: 'prefix',
    Cidr: block(66, 1),
  })
})
afterEach(async () => {
  await controller?.stop()
  await cluster.close()
  await world.close()
})

const block = (length: number, n: number): string =>
  formatCidr(nthSubnet(parseCidr(world.subnetRange6), length, BigInt(n)))
/** The n-th prefix of what is reserved. */
const reserved = (n: number): string => block(80, 0x4000 + n)

const start = (mode: 'ipv6-prefix' | 'routes' = 'ipv6-prefix', driftMs = 60_000): void => {
  controller = startController(world.providerWith({ mode }), cluster.url, { pools, driftMs })
}

const join = (node: WorldNode): unknown =>
  cluster.addNode(node.view.name, { providerID: node.view.providerID })

const until = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(() => check(), { timeout: 15_000, interval: 20 })

const routed = (name: string): Promise<unknown> =>
  until(() => expect(cluster.condition(name)?.status).toBe('False'))

async function prefixesOf(...nodes: WorldNode[]): Promise<readonly (readonly (string | undefined)[])[]> {
  const Filters = [{ Name: 'vpc-id', Values: [world.vpcId] }]
  const { NetworkInterfaces = [] } = await world.ec2.describeNetworkInterfaces({ Filters })
  return nodes.map(({ target }) => {
    const eni = NetworkInterfaces.find(({ NetworkInterfaceId }) => NetworkInterfaceId === target.id)
    return (eni?.Ipv6Prefixes ?? []).map(({ Ipv6Prefix }) => Ipv6Prefix)
  })
}

async function destinations(): Promise<readonly (string | undefined)[]> {
  const { RouteTables } = await world.ec2.describeRouteTables({ RouteTableIds: [table.id] })
  const made = RouteTables?.[0]?.Routes?.filter(({ Origin }) => Origin === 'CreateRoute') ?? []
  return made.map((route) => route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock)
}

const podwayCalls = () => world.simulator.calls.filter(({ accessKeyId }) => accessKeyId === podwayKeyId)

test('a new Node gets an IPv4 range that is routed and a prefix that is delegated, and leaves without a trace', async () => {
  const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
  start()
  join(one)
  join(two)
  await Promise.all([routed('node-1'), routed('node-2')])
  const names = ['node-1', 'node-2'] as const
  const podCIDRs = names.map((name) => cluster.node(name).spec.podCIDRs ?? [])
  expect(podCIDRs.map(([v4]) => v4).sort()).toEqual(['10.244.0.0/24', '10.244.1.0/24'])
  expect(podCIDRs.map(([, v6]) => v6).sort()).toEqual([reserved(0), reserved(1)])
  expect(await prefixesOf(one, two)).toEqual(podCIDRs.map(([, v6]) => [v6]))
  expect(await destinations()).toEqual(expect.arrayContaining(['10.244.0.0/24', '10.244.1.0/24']))
  expect(await destinations()).toHaveLength(2)
  const patches = cluster.writes.filter((write) => /^PATCH nodes\/node-\d$/.test(write))
  expect(patches).toHaveLength(2)
  for (const { parameters } of world.callsOf('AssignIpv6Addresses'))
    expect(Object.keys(parameters).sort()).toEqual(['Ipv6Prefix.1', 'NetworkInterfaceId'])

  // One whose instance runs, and one whose instance is gone.
  cluster.deleteNode('node-1')
  await world.terminate(two)
  cluster.deleteNode('node-2')
  await until(() => expect(cluster.records()).toEqual([]))
  expect(await prefixesOf(one)).toEqual([[]])
  expect(await destinations()).toEqual([])
  expect(
    world.callsOf('UnassignIpv6Addresses').map(({ parameters }) => parameters.NetworkInterfaceId),
  ).toEqual([one.target.id])
}, 30_000)

test('a prefix that the interface was launched with is the podCIDR', async () => {
  const node = await world.addNode('node-1')
  await world.ec2.assignIpv6Addresses({ NetworkInterfaceId: node.target.id, Ipv6Prefixes: [reserved(7)] })
  start()
  join(node)
  await routed('node-1')
  expect(cluster.node('node-1').spec.podCIDRs).toEqual(['10.244.0.0/24', reserved(7)])
  expect(podwayCalls().filter(({ action }) => action === 'AssignIpv6Addresses')).toEqual([])
}, 30_000)

test('a controller that is started again in the middle goes on with what it had begun', async () => {
  const node = await world.addNode('node-1')
  // The prefix is assigned, and nobody learns of it.
  world.simulator.faults.inject({ action: 'AssignIpv6Addresses', fault: { kind: 'hang-after' } })
  start()
  join(node)
  await until(async () => expect(await prefixesOf(node)).toEqual([[reserved(0)]]))
  await controller?.stop()
  expect(cluster.node('node-1').spec.podCIDRs).toBeUndefined()
  start()
  await routed('node-1')
  expect(cluster.node('node-1').spec.podCIDRs).toEqual(['10.244.0.0/24', reserved(0)])
  expect(await prefixesOf(node)).toEqual([[reserved(0)]])
}, 30_000)

test('a prefix that somebody took away is assigned again', async () => {
  const node = await world.addNode('node-1')
  start('ipv6-prefix', 1_000)
  join(node)
  await routed('node-1')
  await world.ec2.unassignIpv6Addresses({ NetworkInterfaceId: node.target.id, Ipv6Prefixes: [reserved(0)] })
  await until(async () => expect(await prefixesOf(node)).toEqual([[reserved(0)]]))
}, 30_000)

test('a node that EC2 refuses says why on the Node, and another gets its prefix', async () => {
  const bad = await world.addNode('bad')
  for (let n = 0; n < 9; n++)
    await world.ec2.assignIpv6Addresses({
      NetworkInterfaceId: bad.target.id,
      Ipv6AddressCount: 1,
    })
  const good = await world.addNode('good')
  start()
  join(bad)
  join(good)
  await routed('good')
  await until(() =>
    expect(cluster.condition('bad')).toMatchObject({
      status: 'True',
      reason: 'RouteRefused',
      message: expect.stringMatching(/PrivateIpAddressLimitExceeded.*use a larger type/) as unknown,
    }),
  )
  expect(cluster.node('bad').spec.podCIDRs).toBeUndefined()
}, 30_000)

test('Nodes that were routed before the mode was changed stay so, and new ones get prefixes', async () => {
  const [old, fresh] = [await world.addNode('old'), await world.addNode('fresh')]
  cluster.addNode('old', {
    providerID: old.view.providerID,
    podCIDRs: ['10.244.9.0/24', 'fd00:10:244:9::/64'],
  })
  start('routes')
  await routed('old')
  await controller?.stop()
  start()
  join(fresh)
  await routed('fresh')
  expect(await destinations()).toEqual(expect.arrayContaining(['10.244.9.0/24', 'fd00:10:244:9::/64']))
  expect(cluster.condition('old')?.status).toBe('False')
  expect(await prefixesOf(old, fresh)).toEqual([[], [reserved(0)]])
}, 30_000)

describe('deploy/iam/aws-ipv6-prefix-policy.json', () => {
  interface Statement {
    readonly Action: string | readonly string[]
    readonly Resource: string
    readonly Condition?: unknown
  }
  const statementsOf = (name: string): readonly Statement[] => {
    const file = new URL(`../../deploy/iam/${name}`, import.meta.url)
    return (JSON.parse(readFileSync(file, 'utf8')) as { readonly Statement: readonly Statement[] }).Statement
  }
  const actionsOf = (statements: readonly Statement[]): readonly string[] =>
    statements.flatMap(({ Action }) => Action).sort()

  test('lists, with the other policy, exactly what a controller in this mode asks of EC2', async () => {
    const node = await world.addNode('node-1')
    start()
    join(node)
    await routed('node-1')
    cluster.deleteNode('node-1')
    await until(() => expect(cluster.records()).toEqual([]))
    const asked = new Set(podwayCalls().map(({ action }) => `ec2:${action}`))
    const usual = actionsOf(statementsOf('aws-controller-policy.json'))
    expect([...asked].filter((action) => !usual.includes(action)).sort()).toEqual(
      actionsOf(statementsOf('aws-ipv6-prefix-policy.json')),
    )
  }, 30_000)

  test('allows writes only on interfaces of the VPC', () => {
    const writes = statementsOf('aws-ipv6-prefix-policy.json').filter(({ Action }) =>
      [Action].flat().some((action) => !/:(Describe|Get)/.test(action)),
    )
    expect(writes.map(({ Resource, Condition }) => [Resource, Condition])).toEqual([
      ['arn:*:ec2:*:*:network-interface/*', { ArnLike: { 'ec2:Vpc': 'arn:*:ec2:*:*:vpc/VPC_ID' } }],
    ])
  })
})
