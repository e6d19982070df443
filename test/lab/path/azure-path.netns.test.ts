import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { podAddresses } from '../testing/sample-pods.ts'
import { AzurePathWorld } from './azure-path-world.ts'
import { healthy, lost, only6, passes } from './path-nodes.ts'

let world: AzurePathWorld

beforeAll(async () => {
  world = await AzurePathWorld.create('azpath')
}, 120_000)

afterAll(() => world.close())

/** What mends the break of a test. */
const repairs: (() => void)[] = []
afterEach(async () => {
  for (const repair of repairs.splice(0).toReversed()) repair()
  await world.sync()
  // Each break is one of its own only if the one before is gone.
  await world.nodes.expectProbed(passes)
  expect(await world.nodes.broken('a1', 'b1')).toEqual(healthy)
})

async function breaks(work: () => void, repair: () => void): Promise<void> {
  repairs.push(repair)
  work()
  await world.sync()
}

test('a way that is whole has no finding that is not ok, there and back, in both families', async () => {
  await world.nodes.expectProbed(passes)
  for (const family of [4, 6] as const) {
    const { hops } = await world.nodes.explain('a1', 'b1', family)
    expect(hops.filter(({ finding }) => finding.severity !== 'ok')).toEqual([])
    expect(hops.flatMap(({ at, finding, way }) => (at === 'cloud' ? `${way} ${finding.code}` : []))).toEqual([
      'there SenderMayForward',
      'there CloudRouteFound',
      'there ReceiverMayForward',
      'back SenderMayForward',
      'back CloudRouteFound',
      'back ReceiverMayForward',
    ])
  }
})

describe('a break of one route, of IPv4:', () => {
  const cases: readonly {
    readonly name: string
    readonly work: () => void
    readonly repair: () => void
    readonly broken: string
  }[] = [
    {
      name: 'there it is missing',
      work: () => world.unroute('a1', 'b1', 4),
      repair: () => world.route('a1', 'b1', 4),
      broken: 'there cloud CloudRouteMissing',
    },
    {
      name: 'back it is missing, in the other subnet’s table',
      work: () => world.unroute('b1', 'a1', 4),
      repair: () => world.route('b1', 'a1', 4),
      broken: 'back cloud CloudRouteMissing',
    },
    {
      name: 'it leads to another machine',
      work: () => world.route('a1', 'b1', 4, world.placed.db.addresses[4]),
      repair: () => world.route('a1', 'b1', 4),
      broken: 'there cloud CloudRouteElsewhere',
    },
    {
      name: 'it leads to an address that nobody has',
      work: () => world.route('b1', 'a1', 4, '10.0.33.200'),
      repair: () => world.route('b1', 'a1', 4),
      broken: 'back cloud CloudRouteElsewhere',
    },
    {
      name: 'a part of the range leads elsewhere: the longest prefix counts',
      work: () => world.route('a1', 'b1', 4, world.placed.db.addresses[4], `${podAddresses('b1')[4]}/32`),
      repair: () => world.unroute('a1', 'b1', 4, `${podAddresses('b1')[4]}/32`),
      broken: 'there cloud CloudRouteElsewhere',
    },
    {
      name: 'next hop type None',
      work: () => world.route('a1', 'b1', 4, 'None'),
      repair: () => world.route('a1', 'b1', 4),
      broken: 'there cloud CloudRouteDrops',
    },
  ]
  test.each(cases)('$name', async ({ broken, repair, work }) => {
    await breaks(work, repair)
    await world.nodes.expectProbed(only6)
    expect(await world.nodes.broken('a1', 'b1')).toEqual([broken, 'passes'])
  })
})

test.each([
  ['a1', 'there'],
  ['b1', 'back'],
] as const)('the subnet of %s has no table, so no route %s', async (node, way) => {
  await breaks(
    () => world.associate(node, false),
    () => world.associate(node, true),
  )
  await world.nodes.expectProbed(lost)
  const broken = `${way} cloud CloudRouteMissing`
  expect(await world.nodes.broken('a1', 'b1')).toEqual([broken, broken])
})

test.each([
  ['a1', 'SenderMayNotForward'],
  ['b1', 'ReceiverMayNotForward'],
] as const)('IP forwarding of %s is off', async (node, code) => {
  await breaks(
    () => world.forward(node, false),
    () => world.forward(node, true),
  )
  await world.nodes.expectProbed(lost)
  expect(await world.nodes.broken('a1', 'b1')).toEqual([`there cloud ${code}`, `there cloud ${code}`])
})

test('the machine does not run', async () => {
  await breaks(
    () => world.power('b1', 'deallocated'),
    () => world.power('b1', 'running'),
  )
  await world.nodes.expectProbed(lost)
  const broken = 'there cloud CloudRouteBlackhole'
  expect(await world.nodes.broken('a1', 'b1')).toEqual([broken, broken])
})
