import { afterEach, expect, test } from 'vitest'
import { compareCidrs, formatCidr } from '../../net/cidr.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import type { RouteProvider } from '../provider.ts'

const signal = new AbortController().signal

let world: SimulatedAws
afterEach(() => world.close())

const must = <T>(value: T | undefined): T => value ?? expect.fail('the simulator left it out')

/** `range table`, of the tables that the provider finds now. */
async function served(provider: RouteProvider = world.provider): Promise<readonly string[]> {
  const tables = await provider.tables(signal, [])
  const ranges = (await provider.servedRanges?.(tables, signal)) ?? []
  return ranges
    .toSorted((a, b) => compareCidrs(a.range, b.range))
    .map(({ range, table }) => `${formatCidr(range)} ${table}`)
}

async function addSubnet(CidrBlock: string, table?: string, VpcId = world.vpcId): Promise<string> {
  const SubnetId = must((await world.ec2.createSubnet({ VpcId, CidrBlock })).Subnet?.SubnetId)
  if (table !== undefined) await world.ec2.associateRouteTable({ RouteTableId: table, SubnetId })
  return SubnetId
}

/** A table that is not the cluster's. */
const addStranger = async (): Promise<string> =>
  must((await world.ec2.createRouteTable({ VpcId: world.vpcId })).RouteTable?.RouteTableId)

async function mainTable(): Promise<string> {
  const Filters = [
    { Name: 'vpc-id', Values: [world.vpcId] },
    { Name: 'association.main', Values: ['true'] },
  ]
  return must((await world.ec2.describeRouteTables({ Filters })).RouteTables?.[0]?.RouteTableId)
}

async function makeOurs(table: string): Promise<void> {
  const Tags = [{ Key: `kubernetes.io/cluster/${world.clusterName}`, Value: 'shared' }]
  await world.ec2.createTags({ Resources: [table], Tags })
}

async function associationOf(subnet: string): Promise<string> {
  const Filters = [{ Name: 'association.subnet-id', Values: [subnet] }]
  const { RouteTables } = await world.ec2.describeRouteTables({ Filters })
  const all = RouteTables?.[0]?.Associations ?? []
  return must(all.find(({ SubnetId }) => SubnetId === subnet)?.RouteTableAssociationId)
}

/** How often podway called what, meanwhile. */
async function callsDuring(work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
  const before = world.simulator.calls.length
  await work()
  const made = Map.groupBy(world.simulator.calls.slice(before), ({ action }) => action)
  return Object.fromEntries([...made].map(([action, calls]) => [action, calls.length]))
}

test('a subnet that is associated with a table of ours is served by it, in both families; all others are not', async () => {
  world = await createSimulatedAws()
  const [a, b] = [await world.addTable('a'), await world.addTable('b')]
  const six = (await world.serve(a)).slice(1).map(formatCidr)
  await addSubnet('10.0.11.0/24', b.id)
  await addSubnet('10.0.12.0/24', await addStranger())
  await addSubnet('10.0.13.0/24')
  expect(await served()).toEqual([
    `10.0.1.0/24 ${a.id}`,
    `10.0.11.0/24 ${b.id}`,
    ...six.map((range) => `${range} ${a.id}`),
  ])
})

test('of no table nothing is served, and nothing is asked', async () => {
  world = await createSimulatedAws()
  await addStranger()
  expect(await callsDuring(async () => expect(await served()).toEqual([]))).toEqual({
    DescribeRouteTables: 1,
  })
})

test('the main table serves every subnet without a table of its own, also where the other table is nobody’s', async () => {
  world = await createSimulatedAws()
  const main = await mainTable()
  await makeOurs(main)
  const ours = await world.addTable('a')
  await addSubnet('10.0.11.0/24', ours.id)
  await addSubnet('10.0.12.0/24', await addStranger())
  await addSubnet('10.0.13.0/24')
  const v4 = async (): Promise<readonly string[]> => (await served()).filter((line) => line.startsWith('10.'))
  expect(await v4()).toEqual([`10.0.1.0/24 ${main}`, `10.0.11.0/24 ${ours.id}`, `10.0.13.0/24 ${main}`])
})

test('a subnet of a secondary range of the VPC is served like any other', async () => {
  world = await createSimulatedAws()
  const table = await world.addTable('a')
  await world.ec2.associateVpcCidrBlock({ VpcId: world.vpcId, CidrBlock: '100.64.0.0/16' })
  await addSubnet('100.64.8.0/22', table.id)
  expect(await served()).toEqual([`100.64.8.0/22 ${table.id}`])
})

test('a subnet of another VPC with the same range is not ours', async () => {
  world = await createSimulatedAws()
  await makeOurs(await mainTable())
  const elsewhere = must((await world.ec2.createVpc({ CidrBlock: '10.9.0.0/16' })).Vpc?.VpcId)
  await addSubnet('10.9.1.0/24', undefined, elsewhere)
  expect((await served()).join()).not.toContain('10.9.')
})

test('an association that is replaced, dropped and made anew is followed', async () => {
  world = await createSimulatedAws()
  const [a, b, stranger] = [await world.addTable('a'), await world.addTable('b'), await addStranger()]
  const subnet = await addSubnet('10.0.11.0/24', a.id)
  expect(await served()).toEqual([`10.0.11.0/24 ${a.id}`])
  const move = async (RouteTableId: string): Promise<unknown> =>
    world.ec2.replaceRouteTableAssociation({ AssociationId: await associationOf(subnet), RouteTableId })
  await move(b.id)
  expect(await served()).toEqual([`10.0.11.0/24 ${b.id}`])
  await move(stranger)
  expect(await served()).toEqual([])
  await world.ec2.disassociateRouteTable({ AssociationId: await associationOf(subnet) })
  expect(await served(), 'it follows the main table, which is not ours').toEqual([])
  await world.ec2.associateRouteTable({ RouteTableId: a.id, SubnetId: subnet })
  expect(await served()).toEqual([`10.0.11.0/24 ${a.id}`])
})

test('a table that joins the cluster brings its subnets, one that leaves it takes them', async () => {
  world = await createSimulatedAws()
  const table = await addStranger()
  await addSubnet('10.0.11.0/24', table)
  expect(await served()).toEqual([])
  await makeOurs(table)
  expect(await served()).toEqual([`10.0.11.0/24 ${table}`])
  const Tags = [{ Key: `kubernetes.io/cluster/${world.clusterName}` }]
  await world.ec2.deleteTags({ Resources: [table], Tags })
  expect(await served()).toEqual([])
})

test('a named table that is gone serves nothing, though its subnet is still there', async () => {
  world = await createSimulatedAws()
  const table = await addStranger()
  const subnet = await addSubnet('10.0.11.0/24', table)
  const provider = world.providerWith({ routeTables: [table] })
  expect(await served(provider)).toEqual([`10.0.11.0/24 ${table}`])
  await world.ec2.disassociateRouteTable({ AssociationId: await associationOf(subnet) })
  await world.ec2.deleteRouteTable({ RouteTableId: table })
  await expect(provider.list({ id: table }, signal)).rejects.toMatchObject({ class: 'not-found' })
  expect(await served(provider)).toEqual([])
})

test('costs one reading of the VPC’s subnets; and for a main table one of who else has them, unless all tables are read', async () => {
  world = await createSimulatedAws()
  const table = await world.addTable('a')
  await addSubnet('10.0.11.0/24', table.id)
  const ask = async (provider: RouteProvider): Promise<unknown> => {
    const tables = await provider.tables(signal)
    return callsDuring(async () => provider.servedRanges?.(tables, signal))
  }
  expect(await ask(world.provider)).toEqual({ DescribeSubnets: 1 })
  await makeOurs(await mainTable())
  expect(await ask(world.provider)).toEqual({ DescribeSubnets: 1, DescribeRouteTables: 1 })
  const provider = world.providerWith({ routeTables: 'vpc' })
  const node = await world.addNode('node-1')
  await provider.targets([{ node: node.view, family: 4 }], signal)
  expect(await ask(provider)).toEqual({ DescribeSubnets: 1 })
  const reads = world.callsOf('DescribeSubnets').filter(({ parameters }) => 'MaxResults' in parameters)
  for (const { parameters } of reads)
    expect(parameters).toMatchObject({ 'Filter.1.Name': 'vpc-id', 'Filter.1.Value.1': world.vpcId })
})

test('with every table of the VPC, the main one does not serve what has a table of its own', async () => {
  world = await createSimulatedAws()
  const provider = world.providerWith({ routeTables: 'auto', extraRouteTableIds: [await mainTable()] })
  await addSubnet('10.0.12.0/24', await addStranger())
  const node = await world.addNode('node-1')
  const tables = await provider.tables(signal, [node.view])
  const ranges = (await provider.servedRanges?.(tables, signal)) ?? []
  expect(ranges.map(({ range }) => formatCidr(range))).not.toContain('10.0.12.0/24')
  expect(ranges.map(({ range }) => formatCidr(range))).toContain('10.0.1.0/24')
})

test('before a node is known, a main table that is named as well does not take others’ subnets for its own', async () => {
  world = await createSimulatedAws()
  const main = await mainTable()
  const provider = world.providerWith({ routeTables: 'auto', extraRouteTableIds: [main] })
  await addSubnet('10.0.12.0/24', await addStranger())
  await provider.list({ id: main }, signal)
  expect((await served(provider)).join()).not.toContain('10.0.12.0/24')
})

test('that may not be read is told as the permission that is missing', async () => {
  world = await createSimulatedAws()
  const table = await world.addTable('a')
  await addSubnet('10.0.11.0/24', table.id)
  const tables = await world.provider.tables(signal)
  const message = 'You are not authorized to perform this operation.'
  world.simulator.faults.inject({
    action: 'DescribeSubnets',
    fault: { kind: 'error', status: 403, code: 'UnauthorizedOperation', message },
  })
  await expect(world.provider.servedRanges?.(tables, signal)).rejects.toMatchObject({
    class: 'unauthorized',
    action: 'DescribeSubnets',
  })
})

test('subnets are read again when another one has a table of ours, or after a quarter of an hour, and not else', async () => {
  world = await createSimulatedAws()
  let now = 0
  const provider = world.providerWith({ clock: { monotonic: () => now } })
  const { id: table } = await world.addTable('a')
  await addSubnet('10.0.50.0/24', table)
  const reads = async (): Promise<number> => (await callsDuring(() => served(provider))).DescribeSubnets ?? 0
  expect(await reads()).toBe(1)
  now += 14 * 60_000
  expect(await reads()).toBe(0)
  await addSubnet('10.0.51.0/24', table)
  expect(await reads()).toBe(1)
  expect(await served(provider)).toContain(`10.0.51.0/24 ${table}`)
  now += 15 * 60_000
  expect(await reads()).toBe(1)
})

test('a reading that fails is made again', async () => {
  world = await createSimulatedAws()
  const { id: table } = await world.addTable('a')
  await addSubnet('10.0.50.0/24', table)
  world.simulator.faults.inject({
    action: 'DescribeSubnets',
    times: 1,
    fault: { kind: 'error', code: 'InternalError', status: 500 },
  })
  await expect(served()).rejects.toMatchObject({ class: 'transient' })
  expect(await served()).toContain(`10.0.50.0/24 ${table}`)
})
