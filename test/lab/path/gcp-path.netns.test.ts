import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { podRanges } from '../testing/sample-pods.ts'
import { GcpPathWorld } from './gcp-path-world.ts'
import { type Probed, healthy, lost, nodeNames, only4, only6, passes } from './path-nodes.ts'

let world: GcpPathWorld

const [v4] = podRanges('b1')

/** What mends the break of a test. */
const repairs: (() => unknown)[] = []
afterEach(async () => {
  for (const repair of repairs.splice(0).toReversed()) await repair()
  await world.sync()
  // Each break is one of its own only if the one before is gone.
  await world.nodes.expectProbed(passes)
  expect(await world.nodes.broken('a1', 'b1')).toEqual(healthy)
})

/** Packets follow what was done, and end so; and so does the explanation. */
async function expectBroken(probed: Probed, broken: readonly string[]): Promise<void> {
  await world.sync()
  await world.nodes.expectProbed(probed)
  expect(await world.nodes.broken('a1', 'b1')).toEqual(broken)
}

function change(name: 'a1' | 'b1', ...[broken, mended]: Parameters<typeof world.estate.changeInstance>[1][]) {
  const { path } = world.instance(name)
  repairs.push(() => world.estate.changeInstance(path, mended ?? {}))
  world.estate.changeInstance(path, broken ?? {})
}

const cloudHops = async (family: 4 | 6): Promise<readonly string[]> => {
  const { hops } = await world.nodes.explain('a1', 'b1', family)
  expect(hops.filter(({ finding }) => finding.severity !== 'ok')).toEqual([])
  return hops.filter(({ at }) => at === 'cloud').map(({ finding, way }) => `${way} ${finding.code}`)
}

const routed = [
  'there SenderMayForward',
  'there CloudRouteFound',
  'there ReceiverMayForward',
  'back SenderMayForward',
  'back CloudRouteFound',
  'back ReceiverMayForward',
]
const delivered = routed.filter((hop) => !hop.includes('Receiver'))

describe('pods that are reached by static routes', () => {
  beforeAll(async () => {
    world = await GcpPathWorld.create('gpath', 'routes')
  }, 120_000)
  afterAll(() => world.close())

  test('a way that is whole, there and back, in both families', async () => {
    await world.nodes.expectProbed(passes)
    for (const family of [4, 6] as const) expect(await cloudHops(family)).toEqual(routed)
  })

  test('the route there is missing', async () => {
    repairs.push(() => world.addRoute(v4, 'b1'))
    world.removeRoutes(v4)
    await expectBroken(only6, ['there cloud CloudRouteMissing', 'passes'])
  })

  test('the route back is missing', async () => {
    const [back] = podRanges('a1')
    repairs.push(() => world.addRoute(back, 'a1'))
    world.removeRoutes(back)
    await expectBroken(only6, ['back cloud CloudRouteMissing', 'passes'])
  })

  test('a route of a lower priority number leads to another machine', async () => {
    repairs.push(async () => {
      world.removeRoutes(v4)
      await world.addRoute(v4, 'b1')
    })
    await world.addRoute(v4, 'db', { priority: 10 })
    await expectBroken(only6, ['there cloud CloudRouteElsewhere', 'passes'])
  })

  test('a longer prefix leads to another machine, whatever its priority', async () => {
    const part = '10.244.3.0/28'
    repairs.push(() => world.removeRoutes(part))
    await world.addRoute(part, 'db', { priority: 60_000 })
    await expectBroken(only6, ['there cloud CloudRouteElsewhere', 'passes'])
  })

  test('a route of a higher priority number takes nothing', async () => {
    repairs.push(async () => {
      world.removeRoutes(v4)
      await world.addRoute(v4, 'b1')
    })
    await world.addRoute(v4, 'db', { priority: 1001 })
    await expectBroken(passes, healthy)
  })

  test('a second route of the same priority takes a share of the connections', async () => {
    repairs.push(async () => {
      world.removeRoutes(v4)
      await world.addRoute(v4, 'b1')
    })
    await world.addRoute(v4, 'db')
    await world.sync()
    const { results } = await world.stage.probeOften('a1/pod', 'b1/pod', 40, 300)
    const its = results.filter(({ probe }) => probe.family === 4)
    const arrived = its.filter(({ verdict }) => verdict.kind === 'ok').length
    expect(arrived).toBeGreaterThan(0)
    expect(arrived).toBeLessThan(its.length)
    expect(await world.nodes.broken('a1', 'b1')).toEqual(['there cloud CloudRouteElsewhere', 'passes'])
  })

  test('the route is for tags that the sender lacks', async () => {
    repairs.push(async () => {
      world.removeRoutes(v4)
      await world.addRoute(v4, 'b1')
    })
    world.removeRoutes(v4)
    await world.addRoute(v4, 'b1', { tags: ['node'] })
    await expectBroken(only6, ['there cloud CloudRouteMissing', 'passes'])
    change('a1', { tags: ['node'] }, { tags: [] })
    await expectBroken(passes, healthy)
  })

  test.each([
    ['a1', 'SenderMayNotForward'],
    ['b1', 'ReceiverMayNotForward'],
  ] as const)('canIpForward of %s is off', async (node, code) => {
    change(node, { canIpForward: false }, { canIpForward: true })
    await expectBroken(lost, [`there cloud ${code}`, `there cloud ${code}`])
  })

  test('the instance does not run', async () => {
    change('b1', { status: 'TERMINATED' }, { status: 'RUNNING' })
    await expectBroken(lost, ['there cloud CloudRouteBlackhole', 'there cloud CloudRouteBlackhole'])
  })
})

describe('pods whose range is an alias range of their Node', () => {
  beforeAll(async () => {
    world = await GcpPathWorld.create('apath', 'alias-ip')
  }, 120_000)
  afterAll(() => world.close())

  const aliases = (name: 'b1' | 'db', ...ranges: readonly string[]): void =>
    world.estate.setAliases(
      world.instance(name).path,
      'nic0',
      ranges.map((range) => ({ range, rangeName: 'pods' })),
    )

  test('a way that is whole, there and back', async () => {
    await world.nodes.expectProbed(passes)
    expect(await cloudHops(4)).toEqual(delivered)
    expect(await cloudHops(6)).toEqual(routed)
  })

  test('needs nobody’s leave to forward, and IPv6 does', async () => {
    for (const node of nodeNames) change(node, { canIpForward: false }, { canIpForward: true })
    await expectBroken(only4, ['passes', 'there cloud SenderMayNotForward'])
  })

  test('the range is another machine’s', async () => {
    repairs.push(() => aliases('b1', v4))
    repairs.push(() => aliases('db'))
    aliases('b1')
    aliases('db', v4)
    await expectBroken(only6, ['there cloud CloudRouteElsewhere', 'passes'])
    const { hops } = await world.nodes.explain('a1', 'b1', 4)
    const astray = hops.find(({ finding }) => finding.code === 'CloudRouteElsewhere')
    expect(astray?.finding.object.name).toBe(world.instance('db').path)
  })

  test('the range is nobody’s', async () => {
    repairs.push(() => aliases('b1', v4))
    aliases('b1')
    await expectBroken(only6, ['there cloud CloudRouteMissing', 'passes'])
  })

  test('the instance does not run', async () => {
    change('b1', { status: 'TERMINATED' }, { status: 'RUNNING' })
    await expectBroken(lost, ['there cloud CloudRouteBlackhole', 'there cloud CloudRouteBlackhole'])
  })
})
