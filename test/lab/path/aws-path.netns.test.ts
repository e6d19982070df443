import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { parseAddress } from '../../../net/address.ts'
import { podRanges } from '../testing/sample-pods.ts'
import { AwsPathWorld } from './aws-path-world.ts'
import { Breaks } from './breaks.ts'
import { type NodeName, healthy, lost, nodeNames, only6, passes } from './path-nodes.ts'

let world: AwsPathWorld
let breaks: Breaks

beforeAll(async () => {
  world = await AwsPathWorld.create('path')
  breaks = new Breaks(world.nodes)
}, 120_000)

afterAll(() => world.close())

afterEach(async () => {
  await breaks.repair()
  expect(await world.nodes.broken('a1', 'b1')).toEqual(healthy)
})

describe('a way that is whole', () => {
  test('has no finding that is not ok, there and back, in both families', async () => {
    await world.nodes.expectProbed(passes)
    for (const family of [4, 6] as const) {
      const { hops } = await world.nodes.explain('a1', 'b1', family)
      expect(hops.filter(({ finding }) => finding.severity !== 'ok')).toEqual([])
      expect(hops.map(({ at, finding, way }) => `${way} ${at} ${finding.code}`)).toEqual([
        'there a1 PodInterfaceUp',
        'there a1 ForwardingOn',
        'there a1 RouteFound',
        'there a1 FirewallPasses',
        'there a1 AddressKept',
        'there cloud SenderMayForward',
        'there cloud CloudRouteFound',
        'there cloud ReceiverMayForward',
        'there b1 UplinkUp',
        'there b1 ForwardingOn',
        'there b1 RouteFound',
        'there b1 FirewallPasses',
        'there b1 PodInterfaceUp',
        'there b1 MtuFits',
        'back b1 PodInterfaceUp',
        'back b1 ForwardingOn',
        'back b1 RouteFound',
        'back b1 FirewallPasses',
        'back cloud SenderMayForward',
        'back cloud CloudRouteFound',
        'back cloud ReceiverMayForward',
        'back a1 UplinkUp',
        'back a1 ForwardingOn',
        'back a1 RouteFound',
        'back a1 FirewallPasses',
        'back a1 PodInterfaceUp',
        'back a1 MtuFits',
      ])
    }
  })
})

describe('breaks in the cloud', () => {
  const route = (to: NodeName, table: NodeName) => ({
    RouteTableId: world.placed[table].table,
    DestinationCidrBlock: podRanges(to)[0],
  })
  const mended = (work: () => Promise<unknown>): void => {
    breaks.mendBy(async () => {
      await work()
      await world.sync()
    })
  }

  test('the route there is missing', async () => {
    mended(() => world.ec2.createRoute({ ...route('b1', 'a1'), NetworkInterfaceId: world.placed.b1.eni }))
    await world.ec2.deleteRoute(route('b1', 'a1'))
    await world.sync()
    await world.nodes.expectProbed(only6)
    expect(await world.nodes.broken('a1', 'b1')).toEqual(['there cloud CloudRouteMissing', 'passes'])
  })

  test('the route back is missing, in the other subnet’s table', async () => {
    mended(() => world.ec2.createRoute({ ...route('a1', 'b1'), NetworkInterfaceId: world.placed.a1.eni }))
    await world.ec2.deleteRoute(route('a1', 'b1'))
    await world.sync()
    await world.nodes.expectProbed(only6)
    expect(await world.nodes.broken('a1', 'b1')).toEqual(['back cloud CloudRouteMissing', 'passes'])
  })

  test('the route leads to another machine', async () => {
    mended(() => world.ec2.replaceRoute({ ...route('b1', 'a1'), NetworkInterfaceId: world.placed.b1.eni }))
    await world.ec2.replaceRoute({ ...route('b1', 'a1'), NetworkInterfaceId: world.placed.db.eni })
    await world.sync()
    await world.nodes.expectProbed(only6)
    expect(await world.nodes.broken('a1', 'b1')).toEqual(['there cloud CloudRouteElsewhere', 'passes'])
  })

  test.each(nodeNames)('the source/destination check of %s is on', async (node) => {
    const check = (on: boolean): Promise<unknown> =>
      world.ec2.modifyNetworkInterfaceAttribute({
        NetworkInterfaceId: world.placed[node].eni,
        SourceDestCheck: { Value: on },
      })
    mended(() => check(false))
    await check(true)
    await world.sync()
    await world.nodes.expectProbed(lost)
    const code = node === 'a1' ? 'SenderMayNotForward' : 'ReceiverMayNotForward'
    expect(await world.nodes.broken('a1', 'b1')).toEqual([`there cloud ${code}`, `there cloud ${code}`])
  })

  test('the instance does not run: its routes are black holes', async () => {
    mended(() => world.ec2.startInstances({ InstanceIds: [world.placed.b1.instance] }))
    await world.ec2.stopInstances({ InstanceIds: [world.placed.b1.instance] })
    await world.sync()
    await world.nodes.expectProbed(lost)
    expect(await world.nodes.broken('a1', 'b1')).toEqual([
      'there cloud CloudRouteBlackhole',
      'there cloud CloudRouteBlackhole',
    ])
  })
})

describe('an address that is on no Node', () => {
  const explain = () =>
    world.nodes.explainBetween(world.nodes.pod('a1', 4), {
      name: 'the database',
      address: parseAddress(world.placed.db.addresses[4]),
      node: undefined,
      isHost: false,
    })
  const codes = async (): Promise<readonly string[]> =>
    (await explain()).hops
      .filter(({ finding }) => !/Forward|Uplink|Interface|Firewall|Mtu/.test(finding.code))
      .map(({ at, finding, way }) => `${way} ${at} ${finding.code}`)

  test('is followed as far as it can be seen, there and back', async () => {
    const { 4: db } = world.placed.db.addresses
    expect(await codes()).toEqual([
      'there a1 RouteFound',
      'there a1 AddressKept',
      'there cloud CloudRouteFound',
      `there ${db} OutOfSight`,
      `back ${db} OutOfSight`,
      'back a1 RouteFound',
    ])
  })

  test('answers to the Node where pods are masqueraded', async () => {
    const { 4: db } = world.placed.db.addresses
    breaks.rules(
      'a1',
      `table ip other { chain hide { type nat hook postrouting priority 100;
        ip saddr 10.244.0.0/16 ip daddr != 10.244.0.0/16 masquerade
      } }`,
    )
    expect(await world.stage.probe('a1/pod', 'db')).toContain('natted')
    expect(await codes()).toEqual([
      'there a1 RouteFound',
      'there a1 AddressMasqueraded',
      'there cloud CloudRouteFound',
      `there ${db} OutOfSight`,
      `back ${db} OutOfSight`,
      'back a1 RouteFound',
    ])
  })
})
