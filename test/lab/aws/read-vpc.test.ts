import { EC2 } from '@aws-sdk/client-ec2'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createEc2Simulator } from '../../simulators/ec2/ec2-simulator.ts'
import { type RunningServer, serve } from '../../simulators/http-server.ts'
import type { Simulator } from '../../simulators/simulator.ts'
import { readVpc } from './read-vpc.ts'
import type { Eni, VpcRoute, VpcState } from './vpc-state.ts'

let server: RunningServer
let ec2: EC2

async function start(simulator: Simulator): Promise<void> {
  server = await serve(simulator)
  ec2 = new EC2({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
}

afterEach(async () => {
  ec2.destroy()
  await server.close()
})

function must(text: string | undefined): string {
  if (text === undefined) throw new Error('the API left out a field')
  return text
}

describe('the VPC that a simulated EC2 tells of', () => {
  let vpcId: string
  let tableId: string
  let subnetId: string
  let instanceId: string
  let eniId: string

  beforeEach(async () => {
    await start(createEc2Simulator({ buckets: 'off' }))
    const vpc = await ec2.createVpc({ CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true })
    vpcId = must(vpc.Vpc?.VpcId)
    const v6 = must((await readVpc(ec2, vpcId)).cidrs.find((cidr) => cidr.includes(':')))
    const subnet = await ec2.createSubnet({
      VpcId: vpcId,
      CidrBlock: '10.0.1.0/24',
      Ipv6CidrBlock: v6.replace('/56', '/64'),
    })
    subnetId = must(subnet.Subnet?.SubnetId)
    tableId = must((await ec2.createRouteTable({ VpcId: vpcId })).RouteTable?.RouteTableId)
    const { Instances } = await ec2.runInstances({
      ImageId: 'ami-0123456789abcdef0',
      MinCount: 1,
      MaxCount: 1,
      SubnetId: subnetId,
      Ipv6AddressCount: 1,
    })
    instanceId = must(Instances?.[0]?.InstanceId)
    eniId = must(Instances?.[0]?.NetworkInterfaces?.[0]?.NetworkInterfaceId)
  })

  const eni = (state: VpcState): Eni | undefined => state.enis.find(({ id }) => id === eniId)
  const route = (state: VpcState, destination: string): VpcRoute | undefined =>
    state.tables.find(({ id }) => id === tableId)?.routes.find((one) => one.destination === destination)

  test('has both families, and a subnet without a table of its own has the main one', async () => {
    const before = await readVpc(ec2, vpcId)
    expect(before.cidrs).toHaveLength(2)
    expect(before.subnets).toHaveLength(1)
    expect(before.subnets[0]).toMatchObject({ id: subnetId })
    expect(before.subnets[0]?.cidrs).toHaveLength(2)
    expect(before.tables.map(({ id }) => id)).toContain(before.subnets[0]?.tableId)
    expect(before.subnets[0]?.tableId).not.toBe(tableId)
    await ec2.associateRouteTable({ RouteTableId: tableId, SubnetId: subnetId })
    expect((await readVpc(ec2, vpcId)).subnets[0]?.tableId).toBe(tableId)
  })

  test('has an ENI with its addresses, its check, and whether its instance runs', async () => {
    const running = eni(await readVpc(ec2, vpcId))
    expect(running).toMatchObject({ subnetId, sourceDestCheck: true, up: true })
    expect(running?.addresses).toHaveLength(2)
    expect(running?.addresses[0]).toMatch(/^10\.0\.1\./)
    await ec2.modifyNetworkInterfaceAttribute({
      NetworkInterfaceId: eniId,
      SourceDestCheck: { Value: false },
    })
    expect(eni(await readVpc(ec2, vpcId))).toMatchObject({ sourceDestCheck: false })
    await ec2.stopInstances({ InstanceIds: [instanceId] })
    expect(eni(await readVpc(ec2, vpcId))).toMatchObject({ up: false })
  })

  test('has the prefixes that are delegated to an ENI', async () => {
    const made = await ec2.createNetworkInterface({ SubnetId: subnetId })
    eniId = must(made.NetworkInterface?.NetworkInterfaceId)
    expect(eni(await readVpc(ec2, vpcId))?.prefixes).toEqual([])
    const given = await ec2.assignIpv6Addresses({ NetworkInterfaceId: eniId, Ipv6PrefixCount: 1 })
    expect(eni(await readVpc(ec2, vpcId))?.prefixes).toEqual(given.AssignedIpv6Prefixes)
  })

  test('has routes to ENIs of both families, local ones, and blackholes', async () => {
    await ec2.createRoute({
      RouteTableId: tableId,
      DestinationCidrBlock: '10.244.1.0/24',
      NetworkInterfaceId: eniId,
    })
    await ec2.createRoute({
      RouteTableId: tableId,
      DestinationIpv6CidrBlock: 'fd00:10:244:1::/64',
      NetworkInterfaceId: eniId,
    })
    const state = await readVpc(ec2, vpcId)
    expect(route(state, '10.0.0.0/16')).toMatchObject({ target: { kind: 'local' }, state: 'active' })
    for (const destination of ['10.244.1.0/24', 'fd00:10:244:1::/64'])
      expect(route(state, destination)).toMatchObject({ target: { kind: 'eni', id: eniId }, state: 'active' })
    await ec2.terminateInstances({ InstanceIds: [instanceId] })
    expect(route(await readVpc(ec2, vpcId), '10.244.1.0/24')?.state).toBe('blackhole')
  })

  test('is refused if there is none', async () => {
    await expect(readVpc(ec2, 'vpc-00000000000000000')).rejects.toThrow('vpc-00000000000000000')
  })
})

/** Answers of an emulator, cut to what matters: one page for each action. */
const emulator = (routes: string): Simulator => ({
  handle({ body }) {
    const action = new URLSearchParams(body).get('Action') ?? ''
    const pages: Readonly<Record<string, string>> = {
      DescribeVpcs: '<vpcSet><item><vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/16</cidrBlock></item></vpcSet>',
      DescribeSubnets: '<subnetSet/>',
      DescribeRouteTables: `<routeTableSet><item><routeTableId>rtb-1</routeTableId><routeSet>${routes}</routeSet></item></routeTableSet>`,
      DescribeNetworkInterfaces: ['1', '0']
        .map(
          (index) =>
            `<item><networkInterfaceId>eni-${index}</networkInterfaceId><subnetId>subnet-1</subnetId><privateIpAddress>10.0.1.1${index}</privateIpAddress><sourceDestCheck>true</sourceDestCheck><attachment><instanceId>i-1</instanceId><deviceIndex>${index}</deviceIndex><status>attached</status></attachment></item>`,
        )
        .join('')
        .replace(/.*/, '<networkInterfaceSet>$&</networkInterfaceSet>'),
      DescribeInstances:
        '<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceState><code>48</code><name>terminated</name></instanceState></item></instancesSet></item></reservationSet>',
    }
    return {
      kind: 'response',
      status: 200,
      headers: { 'content-type': 'text/xml' },
      body: `<${action}Response>${pages[action] ?? ''}</${action}Response>`,
    }
  },
})

describe('an emulator’s answers are taken as they are meant:', () => {
  const item = (fields: Readonly<Record<string, string>>): string =>
    `<item>${Object.entries(fields)
      .map(([name, value]) => `<${name}>${value}</${name}>`)
      .join('')}</item>`
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, readonly VpcRoute[]])[] = [
    [
      'a route that names an instance means its first ENI',
      { destinationCidrBlock: '10.244.1.0/24', instanceId: 'i-1', state: 'active' },
      [{ destination: '10.244.1.0/24', target: { kind: 'eni', id: 'eni-0' }, state: 'active' }],
    ],
    [
      'host bits are masked, as AWS does when it takes the route',
      { destinationCidrBlock: '10.244.1.7/24', networkInterfaceId: 'eni-1', state: 'active' },
      [{ destination: '10.244.1.0/24', target: { kind: 'eni', id: 'eni-1' }, state: 'active' }],
    ],
    [
      'an instance that is not there is no ENI',
      { destinationCidrBlock: '10.244.1.0/24', instanceId: 'i-2', state: 'active' },
      [{ destination: '10.244.1.0/24', target: { kind: 'other', id: 'i-2' }, state: 'active' }],
    ],
    ['what is no range is no route', { destinationCidrBlock: '10.244/24', instanceId: 'i-1' }, []],
  ]
  test.each(cases)('%s', async (_, fields, routes) => {
    await start(emulator(item(fields)))
    const state = await readVpc(ec2, 'vpc-1')
    expect(state.tables).toEqual([{ id: 'rtb-1', routes }])
    // The route says active; that its instance is terminated is seen at the ENI.
    expect(state.enis.map(({ up }) => up)).toEqual([false, false])
  })
})
