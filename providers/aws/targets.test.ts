import { afterEach, describe, expect, test } from 'vitest'
import { formatAddress } from '../../net/address.ts'
import { parseCidr } from '../../net/cidr.ts'
import { nodeOf } from '../../test/conformance/aws-world.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import { type Change, type NodeView, type RouteProvider, isTargetProblem } from '../provider.ts'
import type { Target } from '../route.ts'
import type { TargetInterface } from './target-interface.ts'

const v4 = parseCidr('10.244.1.0/24')
const done = { result: 'done' }
const signal = new AbortController().signal

let world: SimulatedAws
afterEach(() => world.close())

describe('targets', () => {
  const resolve = async (...nodes: NodeView[]): Promise<unknown[]> => {
    const wanted = nodes.flatMap((node) => [{ node, family: 4 } as const, { node, family: 6 } as const])
    return [...(await world.provider.targets(wanted, signal)).values()]
  }

  test('both families of all nodes take one DescribeInstances', async () => {
    world = await createSimulatedAws()
    const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
    expect(await resolve(one.view, two.view)).toEqual([one.target, one.target, two.target, two.target])
    expect(world.callsOf('DescribeInstances')).toHaveLength(1)
  })

  // https://github.com/kubernetes/cloud-provider-aws/issues/1351
  test('149 nodes and one that EC2 does not know: two calls, 149 targets', async () => {
    world = await createSimulatedAws()
    const run = await world.ec2.runInstances({
      ImageId: 'ami-12345678',
      MinCount: 149,
      MaxCount: 149,
      SubnetId: world.subnetId,
      Ipv6AddressCount: 1,
    })
    const views = (run.Instances ?? []).map((instance, index) => nodeOf(`node-${index}`, instance).view)
    const ghost: NodeView = { name: 'ghost', providerID: world.unknownProviderID(), addresses: [] }
    const wanted = [...views.slice(0, 50), ghost, ...views.slice(50)].map(
      (node) => ({ node, family: 4 }) as const,
    )
    const found = await world.provider.targets(wanted, signal)
    expect([...found.values()].filter((target) => !isTargetProblem(target))).toHaveLength(149)
    expect(found.get('ghost/4')).toMatchObject({ problem: 'gone' })
    expect(world.callsOf('DescribeInstances')).toHaveLength(2)
  })

  // https://github.com/kubernetes/kubernetes/issues/92783
  test('an instance with two interfaces is reached by its primary one, and prepared there', async () => {
    world = await createSimulatedAws()
    const table = await world.addTable('a')
    const nic = (
      DeviceIndex: number,
    ): { DeviceIndex: number; SubnetId: string; Ipv6AddressCount: number } => ({
      DeviceIndex,
      SubnetId: world.subnetId,
      Ipv6AddressCount: 1,
    })
    const run = await world.ec2.runInstances({
      ImageId: 'ami-12345678',
      MinCount: 1,
      MaxCount: 1,
      NetworkInterfaces: [nic(1), nic(0)],
    })
    const [instance] = run.Instances ?? []
    if (instance === undefined) return expect.fail('no instance')
    const node = nodeOf('node-1', instance)
    expect(await resolve(node.view)).toEqual([node.target, node.target])
    const create: Change = { op: 'create', destination: v4, target: node.target }
    expect(await world.provider.apply(table, { changes: [create] }, signal)).toEqual([done])
    await world.provider.prepare?.([node.target], signal)
    expect(await world.forwards(node)).toBe(true)
    expect(world.callsOf('ModifyInstanceAttribute')).toEqual([])
  })

  test('by address: only in the VPC of the tables, where others use the same addresses', async () => {
    world = await createSimulatedAws()
    const elsewhere = await world.ec2.createVpc({ CidrBlock: '10.0.0.0/16' })
    const subnet = await world.ec2.createSubnet({ VpcId: elsewhere.Vpc?.VpcId, CidrBlock: '10.0.1.0/24' })
    const stranger = await world.ec2.runInstances({
      ImageId: 'ami-12345678',
      MinCount: 1,
      MaxCount: 1,
      SubnetId: subnet.Subnet?.SubnetId,
    })
    const node = await world.addNode('node-1')
    const { addresses } = node.view
    const text = stranger.Instances?.[0]?.PrivateIpAddress
    expect(text, 'both have the first address of their subnet').toBe('10.0.1.4')

    expect(await resolve({ name: 'node-1', addresses })).toMatchObject(Array(2).fill({ problem: 'waiting' }))
    await world.addTable('a')
    expect(await resolve({ name: 'node-1', addresses })).toEqual([node.target, node.target])
    expect(world.callsOf('DescribeInstances')).toHaveLength(1)
  })

  test('a stopped instance keeps its target, and its route is a black hole meanwhile', async () => {
    world = await createSimulatedAws()
    const table = await world.addTable('a')
    const node = await world.addNode('node-1')
    const change: Change = { op: 'create', destination: v4, target: node.target }
    await world.provider.apply(table, { changes: [change] }, signal)
    await world.ec2.stopInstances({ InstanceIds: [node.view.providerID.split('/').at(-1) ?? ''] })
    expect(await resolve(node.view)).toEqual([node.target, node.target])
    const { routes } = await world.provider.list(table, signal)
    expect(routes).toContainEqual({
      destination: v4,
      target: node.target,
      state: 'blackhole',
      origin: 'static',
    })
  })

  test('what is no EC2 instance is invalid', async () => {
    world = await createSimulatedAws()
    const node: NodeView = { name: 'n', providerID: 'kind://docker/kind/n', addresses: [] }
    expect(await resolve(node)).toMatchObject(Array(2).fill({ problem: 'invalid' }))
  })

  // https://github.com/kubernetes/cloud-provider-aws/issues/1351
  test('more nodes than one call takes: batches of 100, and no call fails for an id', async () => {
    world = await createSimulatedAws({ buckets: 'off' })
    const ghosts = Array.from({ length: 250 }, (_, index): NodeView => {
      const id = `i-0123456789abcd${String(index).padStart(3, '0')}`
      return { name: `ghost-${index}`, providerID: `aws:///eu-central-1a/${id}`, addresses: [] }
    })
    expect(await resolve(...ghosts)).toMatchObject(Array(500).fill({ problem: 'gone' }))
    const values = world
      .callsOf('DescribeInstances')
      .map(({ parameters, code }) => [
        code,
        Object.keys(parameters).filter((key) => key.startsWith('Filter.1.Value.')).length,
      ])
    expect(values).toEqual([
      [undefined, 100],
      [undefined, 100],
      [undefined, 50],
    ])
  })

  describe('an instance behind the same Node that is another one', () => {
    test('by provider ID: the Node’s new one counts', async () => {
      world = await createSimulatedAws()
      const [old, heir] = [await world.addNode('node-1'), await world.addNode('node-1')]
      expect(await resolve(old.view)).toEqual([old.target, old.target])
      await world.terminate(old)
      expect(await resolve(old.view)).toMatchObject(Array(2).fill({ problem: 'gone' }))
      expect(await resolve(heir.view)).toEqual([heir.target, heir.target])
    })

    test('by address: one that is terminated and still described is not it', async () => {
      world = await createSimulatedAws()
      await world.addTable('a')
      const old = await world.addNode('node-1')
      const [v4] = old.view.addresses
      if (v4 === undefined) return expect.fail('no address')
      const node: NodeView = { name: 'node-1', addresses: [v4] }
      expect(await resolve(node)).toEqual([old.target, old.target])
      await world.terminate(old)
      expect(await resolve(node)).toMatchObject(Array(2).fill({ problem: 'waiting' }))
      const { Instances } = await world.ec2.runInstances({
        ...{ ImageId: 'ami-12345678', MinCount: 1, MaxCount: 1 },
        SubnetId: world.subnetId,
        PrivateIpAddress: formatAddress(v4),
      })
      const id = Instances?.[0]?.NetworkInterfaces?.[0]?.NetworkInterfaceId
      expect(id).not.toBe(old.target.id)
      expect(await resolve(node)).toEqual(Array(2).fill({ kind: 'eni', id }))
    })
  })

  describe('an instance that EC2 does not know', () => {
    test('may be too new for it; it is gone when that has lasted', async () => {
      world = await createSimulatedAws()
      let now = 0
      const provider = world.providerWith({ clock: { monotonic: () => now }, settleMs: 60_000 })
      const node: NodeView = { name: 'n', providerID: world.unknownProviderID(), addresses: [] }
      const problem = async (): Promise<unknown> =>
        (await provider.targets([{ node, family: 4 }], signal)).get('n/4')
      expect(await problem()).toEqual({
        problem: 'waiting',
        message: 'EC2 does not know instance i-0123456789abcdef0 yet, or no more',
      })
      now += 59_999
      expect(await problem()).toMatchObject({ problem: 'waiting' })
      now += 1
      expect(await problem()).toMatchObject({ problem: 'gone' })
    })

    test('is gone at once if EC2 calls it terminated', async () => {
      world = await createSimulatedAws()
      const provider = world.providerWith({ settleMs: 60_000 })
      const node = await world.addNode('n')
      await world.terminate(node)
      const found = await provider.targets([{ node: node.view, family: 4 }], signal)
      expect(found.get('n/4')).toMatchObject({ problem: 'gone' })
    })
  })

  describe('by another interface than the primary one', () => {
    const tags = [{ Key: 'pods', Value: 'y*s' }]
    /** A node whose second interface has the tag and stands in a subnet of its own. */
    const make = async (): Promise<{ view: NodeView; second: Target; subnet: string }> => {
      world = await createSimulatedAws()
      const made = await world.ec2.createSubnet({ VpcId: world.vpcId, CidrBlock: '10.0.9.0/24' })
      const subnet = made.Subnet?.SubnetId ?? ''
      const { view } = await world.addNode('node-1')
      const InstanceId = view.providerID.split('/').at(-1)
      const eni = await world.ec2.createNetworkInterface({
        SubnetId: subnet,
        TagSpecifications: [{ ResourceType: 'network-interface', Tags: tags }],
      })
      const id = eni.NetworkInterface?.NetworkInterfaceId ?? ''
      await world.ec2.attachNetworkInterface({ NetworkInterfaceId: id, InstanceId, DeviceIndex: 1 })
      return { view, second: { kind: 'eni', id }, subnet }
    }
    const by = async (targetInterface: TargetInterface, node: NodeView): Promise<unknown> => {
      const provider = world.providerWith({ targetInterface })
      return (await provider.targets([{ node, family: 4 }], signal)).get(`${node.name}/4`)
    }

    test('by device index, by subnet, by tag', async () => {
      const { view, second, subnet } = await make()
      const plain = await world.addNode('node-2')
      expect(await by({ by: 'device-index', index: 1 }, view)).toEqual(second)
      expect(await by({ by: 'subnet', id: subnet }, view)).toEqual(second)
      expect(world.callsOf('DescribeNetworkInterfaces')).toEqual([])
      expect(await by({ by: 'tag', key: 'pods', value: 'y*s' }, view)).toEqual(second)
      expect(world.callsOf('DescribeNetworkInterfaces')).toHaveLength(1)
      for (const value of ['yes', 'y?s'])
        expect(await by({ by: 'tag', key: 'pods', value }, view)).toMatchObject({ problem: 'waiting' })
      expect(await by({ by: 'device-index', index: 1 }, plain.view)).toMatchObject({ problem: 'waiting' })
    })

    test('packets follow the tables of both its subnets', async () => {
      const { view, subnet } = await make()
      const tables: string[] = []
      for (const SubnetId of [world.subnetId, subnet]) {
        const made = await world.ec2.createRouteTable({ VpcId: world.vpcId })
        const RouteTableId = made.RouteTable?.RouteTableId ?? ''
        await world.ec2.associateRouteTable({ RouteTableId, SubnetId })
        tables.push(RouteTableId)
      }
      const found = async (targetInterface: TargetInterface): Promise<readonly string[]> => {
        const provider = world.providerWith({ targetInterface, routeTables: 'auto' })
        return (await provider.tables(signal, [view])).map(({ id }) => id)
      }
      expect(await found({ by: 'primary' })).toEqual(tables.slice(0, 1))
      expect(await found({ by: 'device-index', index: 1 })).toEqual(tables)
    })
  })

  describe('by name, where that is allowed', () => {
    const make = async (): Promise<{ byName: RouteProvider; name: string; node: WorldNode }> => {
      world = await createSimulatedAws()
      await world.addTable('a')
      const node = await world.addNode('node-1')
      const [v4] = node.view.addresses
      if (v4 === undefined) return expect.fail('no address')
      const name = `ip-${formatAddress(v4).replaceAll('.', '-')}.eu-central-1.compute.internal`
      return { byName: world.providerWith({ matchNodeNames: true }), name, node }
    }
    const targetOf = async (provider: RouteProvider, node: NodeView): Promise<unknown> =>
      (await provider.targets([{ node, family: 4 }], signal)).get(`${node.name}/4`)

    test('a Node of which nothing else is known', async () => {
      const { byName, name, node } = await make()
      expect(await targetOf(byName, { name, addresses: [] })).toEqual(node.target)
      expect(await targetOf(byName, { name: 'my-node', addresses: [] })).toMatchObject({ problem: 'waiting' })
    })

    // https://github.com/kubernetes/cloud-provider-aws/issues/318
    test('not without being told to', async () => {
      const { name } = await make()
      expect(await targetOf(world.provider, { name, addresses: [] })).toMatchObject({ problem: 'waiting' })
    })

    test('only as a last resort: provider ID and address come first, whatever the name says', async () => {
      const { byName, name } = await make()
      const other = await world.addNode('other')
      const { providerID, addresses } = other.view
      expect(await targetOf(byName, { name, providerID, addresses: [] })).toEqual(other.target)
      expect(await targetOf(byName, { name, addresses })).toEqual(other.target)
    })

    test('only in the VPC of the cluster', async () => {
      const { name, node } = await make()
      const elsewhere = world.providerWith({ matchNodeNames: true, clusterName: 'no-table' })
      const problem = await targetOf(elsewhere, { name, addresses: node.view.addresses })
      expect(problem).toMatchObject({
        problem: 'waiting',
        message: expect.stringContaining('in which VPC') as unknown,
      })
    })
  })
})
