import { afterEach, describe, expect, test } from 'vitest'
import { ampleBudget } from '../../test/conformance/ample-budget.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import { awsProvider } from './aws-provider.ts'

const signal = new AbortController().signal

let world: SimulatedAws
afterEach(() => world.close())

describe('tables', () => {
  test('named ones need no tag; one that is missing harms no other', async () => {
    world = await createSimulatedAws()
    const made = await world.ec2.createRouteTable({ VpcId: world.vpcId })
    const id = made.RouteTable?.RouteTableId ?? ''
    await world.addTable('tagged, but not named')
    const provider = awsProvider({
      ec2: world.providerEc2,
      budget: ampleBudget(),
      clusterName: world.clusterName,
      routeTableIds: [id, 'rtb-0ffffffffffffffff'],
    })
    const tables = await provider.tables(signal)
    expect(tables).toEqual([{ id }, { id: 'rtb-0ffffffffffffffff' }])
    const [there, missing] = tables.map((table) => provider.list(table, signal))
    await expect(there).resolves.toBeDefined()
    await expect(missing).rejects.toMatchObject({ class: 'not-found' })
  })

  // https://github.com/ranchergovernment/rke2-aws-tf/issues/25
  test('are asked for by filter, page by page', async () => {
    world = await createSimulatedAws({ buckets: 'off' })
    for (let i = 0; i < 101; i++) await world.addTable(`t${i}`)
    await world.ec2.createRouteTable({ VpcId: world.vpcId })
    const before = world.callsOf('DescribeRouteTables').length
    expect(await world.provider.tables(signal)).toHaveLength(101)
    const calls = world.callsOf('DescribeRouteTables').slice(before)
    expect(calls).toHaveLength(2)
    for (const { parameters } of calls)
      expect(parameters).toMatchObject({
        'Filter.1.Name': 'tag-key',
        'Filter.1.Value.1': `kubernetes.io/cluster/${world.clusterName}`,
        MaxResults: '100',
      })
  })

  test('of another cluster are not ours, whatever the name looks like', async () => {
    world = await createSimulatedAws()
    await world.addTable('a')
    const provider = awsProvider({
      ec2: world.providerEc2,
      budget: ampleBudget(),
      clusterName: 'conformance-*',
    })
    expect(await provider.tables(signal)).toEqual([])
  })
})
