import { afterEach, describe, expect, test } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import { nodeOf } from '../../test/conformance/aws-world.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import { type Change, type NodeView, isTargetProblem } from '../provider.ts'

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
})
