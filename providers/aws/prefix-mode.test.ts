import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Cidr, formatCidr, nthSubnet, parseCidr } from '../../net/cidr.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import { nodeOf } from '../../test/conformance/aws-world.ts'
import { type NodePool, type NodeView, type RouteProvider, type TargetProblem } from '../provider.ts'
import { belongs } from '../route.ts'

const signal = new AbortController().signal

let world: SimulatedAws
let provider: RouteProvider

beforeEach(async () => {
  world = await createSimulatedAws({ buckets: 'off', instanceType: 'm5.large' })
  provider = world.providerWith({ mode: 'ipv6-prefix' })
})
afterEach(() => world.close())

const subnetRange = (): Cidr => parseCidr(world.subnetRange6)
const prefix = (n: number): Cidr => nthSubnet(subnetRange(), 80, BigInt(n))
const reserve = (range: Cidr, ReservationType: 'prefix' | 'explicit' = 'prefix'): Promise<unknown> =>
  world.ec2.createSubnetCidrReservation({
    SubnetId: world.subnetId,
    Cidr: formatCidr(range),
    ReservationType,
  })
const poolsOf = async (...views: NodeView[]): Promise<readonly (NodePool | TargetProblem | undefined)[]> => {
  const found = await provider.pools?.(views, signal)
  return views.map(({ name }) => found?.get(name))
}
const poolOf = async (node: WorldNode): Promise<NodePool | TargetProblem | undefined> =>
  (await poolsOf(node.view))[0]

/** A subnet beside the world's, with or without IPv6, and a node in it. */
async function nodeElsewhere(Ipv6CidrBlock?: string): Promise<{ subnetId: string; node: WorldNode }> {
  const { ec2, vpcId } = world
  const made = await ec2.createSubnet({
    VpcId: vpcId,
    CidrBlock: '10.0.9.0/24',
    ...(Ipv6CidrBlock === undefined ? {} : { Ipv6CidrBlock }),
  })
  const subnetId = made.Subnet?.SubnetId ?? ''
  const run = await ec2.runInstances({
    ImageId: 'ami-12345678',
    MinCount: 1,
    MaxCount: 1,
    SubnetId: subnetId,
    InstanceType: 'm5.large',
  })
  const [instance] = run.Instances ?? []
  if (instance === undefined) throw new Error('nothing was launched')
  return { subnetId, node: nodeOf('elsewhere', instance, { v6: false }) }
}

describe('tables', () => {
  test('the VPC of the nodes is one: for what lies in its subnets’ IPv6 ranges; route tables are for the rest', async () => {
    const table = await world.addTable('a')
    const node = await world.addNode('node-1')
    const tables = await provider.tables(signal, [node.view])
    expect(tables.map(({ id }) => id)).toEqual([table.id, world.vpcId].sort())
    const holding = (cidr: string | Cidr): readonly string[] =>
      tables
        .filter((one) => belongs(one, typeof cidr === 'string' ? parseCidr(cidr) : cidr))
        .map(({ id }) => id)
    expect(holding(prefix(5))).toEqual([world.vpcId])
    expect(holding('10.244.1.0/24')).toEqual([table.id])
    expect(holding('fd00:10:244:1::/64')).toEqual([table.id])
    expect(holding(nthSubnet(subnetRange(), 96, 3n))).toEqual([world.vpcId])
    // Around the subnet, but not in it: whoever writes it is told by EC2.
    expect(holding('2000::/3')).toEqual([table.id])
  })

  test('needs no route table: clusters of IPv6 alone have none', async () => {
    const node = await world.addNode('node-1')
    expect((await provider.tables(signal, [node.view])).map(({ id }) => id)).toEqual([world.vpcId])
  })

  test('none as long as no VPC is known, though a route table is named', async () => {
    const named = world.providerWith({ mode: 'ipv6-prefix', routeTables: ['rtb-0123456789abcdef0'] })
    expect(await named.tables(signal, [])).toEqual([])
    const node = await world.addNode('node-1')
    const ids = (await named.tables(signal, [node.view])).map(({ id }) => id)
    expect(ids).toEqual(['rtb-0123456789abcdef0', world.vpcId])
  })

  test('the VPC stays when its last node goes', async () => {
    const node = await world.addNode('node-1')
    await provider.tables(signal, [node.view])
    expect((await provider.tables(signal, [])).map(({ id }) => id)).toEqual([world.vpcId])
  })

  test('are looked for again when a node shows up in a subnet that is new', async () => {
    const node = await world.addNode('node-1')
    await provider.tables(signal, [node.view])
    expect(provider.tablesOutdated?.()).toBe(false)
    const range = formatCidr({ ...subnetRange(), network: subnetRange().network + (7n << 64n) })
    const { node: other } = await nodeElsewhere(range)
    await poolsOf(other.view)
    expect(provider.tablesOutdated?.()).toBe(true)
    const tables = await provider.tables(signal, [node.view, other.view])
    const inNew = nthSubnet(parseCidr(range), 80, 3n)
    expect(tables.filter((table) => belongs(table, inNew)).map(({ id }) => id)).toEqual([world.vpcId])
    expect(provider.tablesOutdated?.()).toBe(false)
  })

  test('in the usual mode there is no VPC among them, and no pool of the cloud; what is left of the other can be read', async () => {
    const table = await world.addTable('a')
    const node = await world.addNode('node-1')
    const usual = world.providerWith({})
    expect(await usual.tables(signal, [node.view])).toEqual([table])
    expect(usual).not.toHaveProperty('pools')
    expect(await usual.list({ id: world.vpcId }, signal)).toEqual({ routes: [] })
  })
})

describe('pools', () => {
  test('are the reservations for prefixes of the node’s own subnet, sorted', async () => {
    const node = await world.addNode('node-1')
    const high = nthSubnet(subnetRange(), 68, 9n)
    const low = nthSubnet(subnetRange(), 66, 1n)
    await reserve(high)
    await reserve(low)
    await reserve(nthSubnet(subnetRange(), 68, 14n), 'explicit')
    expect(await poolOf(node)).toEqual({
      family: 6,
      prefixLength: 80,
      ranges: [low, high],
      // https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
      reserved: [nthSubnet(subnetRange(), 126, 0n), nthSubnet(subnetRange(), 128, 2n ** 64n - 1n)],
      assigned: [],
    })
  })

  test('what the interface has already is told, sorted, also without a reservation', async () => {
    const node = await world.addNode('node-1')
    await world.ec2.assignIpv6Addresses({
      NetworkInterfaceId: node.target.id,
      Ipv6Prefixes: [prefix(9), prefix(3)].map(formatCidr),
    })
    expect(await poolOf(node)).toMatchObject({ ranges: [], assigned: [prefix(3), prefix(9)] })
  })

  test('a subnet without a reservation is a problem of its nodes, and says how to make one', async () => {
    const [one, { node: other }] = [await world.addNode('node-1'), await nodeElsewhere()]
    expect(await poolOf(one)).toEqual({
      problem: 'invalid',
      message: expect.stringContaining(
        `aws ec2 create-subnet-cidr-reservation --subnet-id ${world.subnetId} --reservation-type prefix`,
      ) as unknown,
    })
    await reserve(nthSubnet(subnetRange(), 66, 1n))
    const [mine, theirs] = await poolsOf(one.view, other.view)
    expect(mine).toHaveProperty('ranges')
    expect(theirs).toEqual({
      problem: 'invalid',
      message: expect.stringMatching(/^subnet subnet-\w+ of eni-\w+ has no IPv6 range/) as unknown,
    })
  })

  test('one node of which nothing is known, and one that is gone, spoil no other', async () => {
    await reserve(nthSubnet(subnetRange(), 66, 1n))
    const [node, dead] = [await world.addNode('node-1'), await world.addNode('node-2')]
    await world.terminate(dead)
    const answers = await poolsOf({ name: 'new', addresses: [] }, dead.view, node.view)
    expect(answers).toMatchObject([{ problem: 'waiting' }, { problem: 'gone' }, { family: 6 }])
  })

  test('many nodes take few calls, and the next ones in the same minute fewer', async () => {
    await reserve(nthSubnet(subnetRange(), 66, 1n))
    const nodes = [await world.addNode('a'), await world.addNode('b'), await world.addNode('c')]
    await provider.tables(
      signal,
      nodes.map(({ view }) => view),
    )
    const before = world.simulator.calls.length
    await poolsOf(...nodes.map(({ view }) => view))
    await poolsOf(...nodes.map(({ view }) => view))
    expect(world.simulator.calls.slice(before).map(({ action }) => action)).toEqual([
      'DescribeInstances',
      'GetSubnetCidrReservations',
      'DescribeInstances',
    ])
  })

  test('the interface is the one that routes lead to', async () => {
    const { ec2, subnetId } = world
    const node = await world.addNode('node-1')
    const { NetworkInterface } = await ec2.createNetworkInterface({ SubnetId: subnetId })
    const id = NetworkInterface?.NetworkInterfaceId ?? ''
    const InstanceId = node.view.providerID.split('/').at(-1)
    await ec2.attachNetworkInterface({ NetworkInterfaceId: id, InstanceId, DeviceIndex: 1 })
    await ec2.assignIpv6Addresses({ NetworkInterfaceId: id, Ipv6Prefixes: [formatCidr(prefix(4))] })
    provider = world.providerWith({
      mode: 'ipv6-prefix',
      targetInterface: { by: 'device-index', index: 1 },
    })
    expect(await poolOf(node)).toMatchObject({ assigned: [prefix(4)] })
  })
})
