import { afterEach, describe, expect, test } from 'vitest'
import { nodeOf } from '../../test/conformance/aws-world.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import type { Call } from '../../test/simulators/ec2/call-log.ts'
import type { RouteProvider } from '../provider.ts'

const signal = new AbortController().signal

let world: SimulatedAws
afterEach(() => world.close())

const idsOf = (tables: readonly { readonly id: string }[]): readonly string[] => tables.map(({ id }) => id)

const must = <T>(value: T | undefined): T => value ?? expect.fail('the simulator left it out')

async function addTable(vpcId = world.vpcId): Promise<string> {
  return must((await world.ec2.createRouteTable({ VpcId: vpcId })).RouteTable?.RouteTableId)
}

/** A subnet with the table, or, without one, with that of the VPC. */
async function addSubnet(third: number, table?: string, vpcId = world.vpcId): Promise<string> {
  const made = await world.ec2.createSubnet({ VpcId: vpcId, CidrBlock: `10.0.${third}.0/24` })
  const SubnetId = must(made.Subnet?.SubnetId)
  if (table !== undefined) await world.ec2.associateRouteTable({ RouteTableId: table, SubnetId })
  return SubnetId
}

async function addNode(name: string, SubnetId: string): Promise<WorldNode> {
  const launch = { ImageId: 'ami-12345678', MinCount: 1, MaxCount: 1 }
  const { Instances } = await world.ec2.runInstances({ ...launch, SubnetId })
  const [instance] = Instances ?? []
  return nodeOf(name, must(instance), { v6: false })
}

async function mainTable(vpcId = world.vpcId): Promise<string> {
  const Filters = [
    { Name: 'vpc-id', Values: [vpcId] },
    { Name: 'association.main', Values: ['true'] },
  ]
  const { RouteTables } = await world.ec2.describeRouteTables({ Filters })
  return must(RouteTables?.[0]?.RouteTableId)
}

/** Those that were made meanwhile. */
async function callsDuring(action: string, work: () => Promise<unknown>): Promise<readonly Call[]> {
  const before = world.callsOf(action).length
  await work()
  return world.callsOf(action).slice(before)
}

describe('which tables', () => {
  test('named ones need no tag; one that is missing harms no other', async () => {
    world = await createSimulatedAws()
    const id = await addTable()
    await world.addTable('tagged, but not named')
    const provider = world.providerWith({ routeTables: [id, 'rtb-0ffffffffffffffff'] })
    const tables = await provider.tables(signal)
    expect(tables).toEqual([{ id }, { id: 'rtb-0ffffffffffffffff' }])
    const [there, missing] = tables.map((table) => provider.list(table, signal))
    await expect(there).resolves.toBeDefined()
    await expect(missing).rejects.toMatchObject({ class: 'not-found' })
  })

  test('extra ones besides those with the tag, whether its value is owned or shared', async () => {
    world = await createSimulatedAws()
    const shared = await world.addTable('shared')
    const owned = await addTable()
    const Tags = [{ Key: `kubernetes.io/cluster/${world.clusterName}`, Value: 'owned' }]
    await world.ec2.createTags({ Resources: [owned], Tags })
    const extra = await addTable()
    await addTable()
    const provider = world.providerWith({ extraRouteTableIds: [extra, shared.id] })
    expect(idsOf(await provider.tables(signal))).toEqual([shared.id, owned, extra].sort())
  })

  // https://github.com/ranchergovernment/rke2-aws-tf/issues/25
  test('are asked for by filter, page by page', async () => {
    world = await createSimulatedAws({ buckets: 'off' })
    for (let i = 0; i < 21; i++) await world.addTable(`t${i}`)
    await addTable()
    const calls = await callsDuring('DescribeRouteTables', async () =>
      expect(await world.provider.tables(signal)).toHaveLength(21),
    )
    expect(calls).toHaveLength(3)
    for (const { parameters } of calls)
      expect(parameters).toMatchObject({
        'Filter.1.Name': 'tag-key',
        'Filter.1.Value.1': `kubernetes.io/cluster/${world.clusterName}`,
        MaxResults: '10',
      })
  })

  test('of another cluster are not ours, whatever the name looks like', async () => {
    world = await createSimulatedAws()
    await world.addTable('a')
    const provider = world.providerWith({ clusterName: 'conformance-*' })
    expect(await provider.tables(signal)).toEqual([])
  })

  test('with the tag, in a VPC of another cluster of that name: left out once it is known where the nodes are', async () => {
    world = await createSimulatedAws()
    const ours = await world.addTable('a')
    const elsewhere = await world.ec2.createVpc({ CidrBlock: '10.0.0.0/16' })
    const stray = await addTable(must(elsewhere.Vpc?.VpcId))
    const Tags = [{ Key: `kubernetes.io/cluster/${world.clusterName}`, Value: 'owned' }]
    await world.ec2.createTags({ Resources: [stray], Tags })
    expect(await world.provider.tables(signal)).toHaveLength(2)
    const node = await world.addNode('node-1')
    await world.provider.targets([{ node: node.view, family: 4 }], signal)
    expect(idsOf(await world.provider.tables(signal))).toEqual([ours.id])
  })
})

describe('every table of the VPC', () => {
  test('that the nodes are in; none before a node tells', async () => {
    world = await createSimulatedAws()
    const made = [await addTable(), await addTable(), await mainTable()]
    const elsewhere = await world.ec2.createVpc({ CidrBlock: '10.9.0.0/16' })
    await addTable(must(elsewhere.Vpc?.VpcId))
    const provider = world.providerWith({ routeTables: 'vpc' })
    expect(await provider.tables(signal, [])).toEqual([])
    const node = await world.addNode('node-1')
    expect(idsOf(await provider.tables(signal, [node.view]))).toEqual(made.sort())
  })
})

describe('the tables that the nodes’ subnets use', () => {
  let provider: RouteProvider
  const make = async (): Promise<void> => {
    world = await createSimulatedAws()
    provider = world.providerWith({ routeTables: 'auto' })
  }
  const found = async (nodes?: readonly WorldNode[]): Promise<readonly string[]> =>
    idsOf(
      await provider.tables(
        signal,
        nodes?.map(({ view }) => view),
      ),
    )

  // https://github.com/kubernetes/cloud-provider-aws/issues/432
  test('are those of their subnets, and the main one for a subnet with none', async () => {
    await make()
    const [a, b, unused] = [await addTable(), await addTable(), await addTable()]
    const subnets = [await addSubnet(11, a), await addSubnet(12, b), await addSubnet(13)]
    await addSubnet(14, unused)
    const [one, two, three] = [
      await addNode('node-1', subnets[0] ?? ''),
      await addNode('node-2', subnets[1] ?? ''),
      await addNode('node-3', subnets[2] ?? ''),
    ]
    expect(await found([])).toEqual([])
    expect(await found([one])).toEqual([a])
    expect(await found([one, two])).toEqual([a, b].sort())
    expect(await found([one, two, three])).toEqual([a, b, await mainTable()].sort())
    // Its last node is gone.
    expect(await found([one, three])).toEqual([a, await mainTable()].sort())
    const extra = world.providerWith({ routeTables: 'auto', extraRouteTableIds: [unused] })
    expect(idsOf(await extra.tables(signal, [one.view]))).toEqual([a, unused].sort())
  })

  test('follow an association that changes', async () => {
    await make()
    const [a, b] = [await addTable(), await addTable()]
    const node = await addNode('node-1', await addSubnet(11, a))
    expect(await found([node])).toEqual([a])
    const { RouteTables } = await world.ec2.describeRouteTables({ RouteTableIds: [a] })
    const AssociationId = RouteTables?.[0]?.Associations?.[0]?.RouteTableAssociationId
    await world.ec2.replaceRouteTableAssociation({ AssociationId, RouteTableId: b })
    expect(await found([node])).toEqual([b])
    const again = await world.ec2.describeRouteTables({ RouteTableIds: [b] })
    const now = again.RouteTables?.[0]?.Associations?.[0]?.RouteTableAssociationId
    await world.ec2.disassociateRouteTable({ AssociationId: now })
    expect(await found([node])).toEqual([await mainTable()])
  })

  test('take a look-up of the nodes that are new, and none of the others', async () => {
    await make()
    const subnet = await addSubnet(11, await addTable())
    const [one, two] = [await addNode('node-1', subnet), await addNode('node-2', subnet)]
    const lookUps = async (...nodes: WorldNode[]): Promise<number> =>
      (await callsDuring('DescribeInstances', () => found(nodes))).length
    expect(await lookUps(one)).toBe(1)
    expect(await lookUps(one)).toBe(0)
    const calls = await callsDuring('DescribeInstances', () => found([one, two]))
    expect(calls.map(({ parameters }) => parameters['Filter.1.Value.2'])).toEqual([undefined])
    expect(await lookUps(one, two)).toBe(0)
    // What a look-up for its target has shown serves too.
    const three = await addNode('node-3', subnet)
    await provider.targets([{ node: three.view, family: 4 }], signal)
    expect(await lookUps(one, two, three)).toBe(0)
    // The same name, and another instance.
    const other = await addNode('node-1', subnet)
    expect(await lookUps(other, two, three)).toBe(1)
  })

  test('a node in a subnet that was not seen before makes the answer outdated, until it is asked for again', async () => {
    await make()
    const [a, b] = [await addTable(), await addTable()]
    const [inA, inB] = [await addSubnet(11, a), await addSubnet(12, b)]
    const look = ({ view }: WorldNode): Promise<unknown> =>
      provider.targets([{ node: view, family: 4 }], signal)
    const [one, two, three] = [
      await addNode('node-1', inA),
      await addNode('node-2', inA),
      await addNode('node-3', inB),
    ]
    await look(one)
    expect(provider.tablesOutdated?.(), 'nobody has asked yet').toBe(false)
    expect(await found()).toEqual([a])
    await look(two)
    expect(provider.tablesOutdated?.(), 'of the same subnet').toBe(false)
    await look(three)
    expect(provider.tablesOutdated?.()).toBe(true)
    expect(await found()).toEqual([a, b].sort())
    expect(provider.tablesOutdated?.()).toBe(false)
  })

  test('a look-up that fails is a failure, not an answer without that node’s table', async () => {
    await make()
    const node = await addNode('node-1', await addSubnet(11, await addTable()))
    world.simulator.faults.inject({
      action: 'DescribeInstances',
      fault: { kind: 'error', code: 'RequestLimitExceeded' },
    })
    await expect(found([node])).rejects.toMatchObject({ class: 'throttled' })
    expect(await found([node])).toHaveLength(1)
  })

  test('by tag, nothing about nodes makes the answer outdated, and no node is looked up', async () => {
    world = await createSimulatedAws()
    const node = await world.addNode('node-1')
    const lookUps = await callsDuring('DescribeInstances', () => world.provider.tables(signal, [node.view]))
    expect(lookUps).toEqual([])
    await world.provider.targets([{ node: node.view, family: 4 }], signal)
    expect(world.provider.tablesOutdated?.()).toBe(false)
  })
})

describe('a named table of another VPC is refused, and told why', () => {
  const elsewhere = async (): Promise<[vpc: string, table: string]> => {
    const vpc = must((await world.ec2.createVpc({ CidrBlock: '10.9.0.0/16' })).Vpc?.VpcId)
    return [vpc, await addTable(vpc)]
  }

  test('than the nodes', async () => {
    world = await createSimulatedAws()
    const [vpc, stray] = await elsewhere()
    const provider = world.providerWith({ routeTables: [await addTable(), stray] })
    const node = await world.addNode('node-1')
    await provider.targets([{ node: node.view, family: 4 }], signal)
    await expect(provider.tables(signal)).rejects.toMatchObject({
      class: 'fatal',
      code: 'TableOfAnotherVpc',
      message: `route table ${stray} is of ${vpc}, and the cluster's nodes are in ${world.vpcId}: a route can only lead to a network interface of the table's own VPC, so leave that table out`,
    })
  })

  test('than the tables with the tag, as long as no node is known', async () => {
    world = await createSimulatedAws()
    await world.addTable('a')
    const [vpc, stray] = await elsewhere()
    const provider = world.providerWith({ extraRouteTableIds: [stray] })
    await expect(provider.tables(signal)).rejects.toMatchObject({
      class: 'fatal',
      message: expect.stringContaining(
        `route table ${stray} is of ${vpc}, and the cluster's other tables are of ${world.vpcId}`,
      ) as unknown,
    })
  })

  test('than the first one named', async () => {
    world = await createSimulatedAws()
    const first = await addTable()
    const [, stray] = await elsewhere()
    const provider = world.providerWith({ routeTables: [first, stray] })
    await expect(provider.tables(signal)).rejects.toMatchObject({
      class: 'fatal',
      message: expect.stringContaining(`and route table ${first} is of ${world.vpcId}`) as unknown,
    })
  })
})

describe('calls', () => {
  test('all tables that are asked for together, and which there are, take one page', async () => {
    world = await createSimulatedAws()
    const tables = [await world.addTable('a'), await world.addTable('b'), await world.addTable('c')]
    const calls = await callsDuring('DescribeRouteTables', async () => {
      const [found, ...lists] = await Promise.all([
        world.provider.tables(signal),
        ...tables.map((table) => world.provider.list(table, signal)),
      ])
      expect(idsOf(found)).toEqual(idsOf(tables).toSorted())
      expect(lists.map(({ routes }) => routes.length)).toEqual([2, 2, 2])
    })
    expect(calls).toHaveLength(1)
  })

  test('a table that is gone fails those who asked for it, and no other', async () => {
    world = await createSimulatedAws()
    const [a, b] = [await world.addTable('a'), await world.addTable('b')]
    await world.removeTable(b)
    const calls = await callsDuring('DescribeRouteTables', async () => {
      const [one, two] = await Promise.allSettled([a, b].map((table) => world.provider.list(table, signal)))
      expect(one).toMatchObject({ status: 'fulfilled' })
      expect(two).toMatchObject({ status: 'rejected', reason: { class: 'not-found' } })
    })
    expect(calls).toHaveLength(1)
  })
})
