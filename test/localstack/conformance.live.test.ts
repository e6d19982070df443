import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { actionOf, faultOf } from '../conformance/aws-failures.ts'
import { type AwsWorld, createAwsWorld } from '../conformance/aws-world.ts'
import { type FaultyProxy, startFaultyProxy } from '../conformance/faulty-proxy.ts'
import { describeProvider } from '../conformance/provider.case.ts'
import type { WorldNode } from '../conformance/provider-world.ts'
import { describeWithPython } from '../python/describe-with-python.ts'
import { openLocalStack, type TemporaryLocalStack } from './temporary.ts'

/** The AWS provider before a LocalStack that all tests share, each in a VPC of its own. */
let localStack: TemporaryLocalStack
let proxy: FaultyProxy

const make = (): Promise<AwsWorld> =>
  createAwsWorld({
    endpoint: proxy.url,
    region: 'eu-central-1',
    failNext: (call, failure) => {
      proxy.faults.inject({ action: actionOf[call], fault: faultOf[failure] })
    },
    close: () => {
      proxy.faults.clear()
      return Promise.resolve()
    },
  })

await describeWithPython('LocalStack', () => {
  beforeAll(async () => {
    localStack = await openLocalStack()
    proxy = await startFaultyProxy(localStack.url)
  }, 600_000)

  afterAll(async () => {
    await proxy.close()
    await localStack.close()
  })

  describeProvider({
    name: 'AWS on LocalStack',
    make,
    deviations: [
      {
        test: 'create of what is there says that it was there',
        reason: 'CreateRoute overwrites, where EC2 refuses it with RouteAlreadyExists',
      },
      {
        test: 'create where another route is: changed, and that one stays',
        reason: 'CreateRoute overwrites, where EC2 refuses it with RouteAlreadyExists',
      },
      {
        test: 'a route to a terminated instance is a black hole, and can be replaced and deleted',
        reason: 'such a route stays active, where EC2 calls it blackhole',
      },
      {
        test: 'a node without provider ID is found by an IPv6 address alone',
        reason:
          'DescribeInstances lacks the filter network-interface.ipv6-addresses.ipv6-address, which EC2 has',
      },
      {
        test: 'prepare: one target that is gone spoils no other',
        reason:
          'an interface that was made for an instance outlives it, where EC2 deletes it with the instance',
      },
    ],
  })

  describe('what only AWS has, on LocalStack', () => {
    const signal = new AbortController().signal

    /** A node whose subnet has a table, and whose second interface stands in a subnet without one. */
    const inWorld = async (
      run: (
        world: AwsWorld,
        made: { node: WorldNode; table: string; main: string; second: string },
      ) => unknown,
    ): Promise<void> => {
      const world = await make()
      try {
        const { ec2, vpcId, subnetId } = world
        const node = await world.addNode('node-1')
        const { RouteTable } = await ec2.createRouteTable({ VpcId: vpcId })
        await ec2.associateRouteTable({ RouteTableId: RouteTable?.RouteTableId, SubnetId: subnetId })
        const { Subnet } = await ec2.createSubnet({ VpcId: vpcId, CidrBlock: '10.0.9.0/24' })
        const { NetworkInterface } = await ec2.createNetworkInterface({
          SubnetId: Subnet?.SubnetId,
          TagSpecifications: [{ ResourceType: 'network-interface', Tags: [{ Key: 'pods', Value: 'yes' }] }],
        })
        const second = NetworkInterface?.NetworkInterfaceId ?? ''
        const InstanceId = node.view.providerID.split('/').at(-1)
        await ec2.attachNetworkInterface({ NetworkInterfaceId: second, InstanceId, DeviceIndex: 1 })
        const Filters = [
          { Name: 'vpc-id', Values: [vpcId] },
          { Name: 'association.main', Values: ['true'] },
        ]
        const { RouteTables } = await ec2.describeRouteTables({ Filters })
        const main = RouteTables?.[0]?.RouteTableId ?? ''
        await run(world, { node, table: RouteTable?.RouteTableId ?? '', main, second })
      } finally {
        await world.close()
      }
    }
    const ids = (tables: readonly { readonly id: string }[]): readonly string[] => tables.map(({ id }) => id)

    test('the tables of the nodes’ subnets, and of the VPC', () =>
      inWorld(async (world, { node, table, main }) => {
        const auto = world.providerWith({ routeTables: 'auto' })
        expect(ids(await auto.tables(signal, [node.view]))).toEqual([table])
        const both = world.providerWith({
          routeTables: 'auto',
          targetInterface: { by: 'device-index', index: 1 },
        })
        expect(ids(await both.tables(signal, [node.view]))).toEqual([table, main].sort())
        const vpc = world.providerWith({ routeTables: 'vpc' })
        expect(ids(await vpc.tables(signal, [node.view]))).toEqual([table, main].sort())
      }))

    test('the second interface as target, by tag, and the check off on both', () =>
      inWorld(async (world, { node, second }) => {
        const provider = world.providerWith({ targetInterface: { by: 'tag', key: 'pods', value: 'yes' } })
        const found = await provider.targets([{ node: node.view, family: 4 }], signal)
        const target = { kind: 'eni', id: second } as const
        expect(found.get('node-1/4')).toEqual(target)
        expect(await provider.prepare?.([target], signal)).toEqual([{ result: 'done', changed: true }])
        const { NetworkInterfaces } = await world.ec2.describeNetworkInterfaces({
          NetworkInterfaceIds: [node.target.id, second],
        })
        expect(NetworkInterfaces?.map(({ SourceDestCheck }) => SourceDestCheck)).toEqual([false, false])
      }))
  })
})
