import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { type GcpAliasWorld, createGcpAliasWorld, podRange } from '../../test/conformance/gcp-alias-world.ts'
import { nodeOf } from '../../test/conformance/gcp-world.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import type { NodePool, RouteProvider, TargetProblem } from '../provider.ts'
import { type Table, belongs } from '../route.ts'
import { aliasTableOf } from './alias-table.ts'

const { signal } = new AbortController()
const zone = 'europe-west1-b'
const region = 'europe-west1'

let world: GcpAliasWorld
let provider: RouteProvider
let network: string

beforeEach(async () => {
  world = await createGcpAliasWorld({ rates: 'off' })
  provider = world.providerWith({})
  network = (await world.addTable('a')).id.replace(/\/aliasIpRanges$/, '')
})
afterEach(() => world.close())

const poolOf = async ({ view }: WorldNode, from = provider): Promise<NodePool | TargetProblem | undefined> =>
  (await from.pools?.([view], signal))?.get(view.name)

const problem = (message: string): unknown => ({
  problem: 'invalid',
  message: expect.stringContaining(message) as unknown,
})

/** In a subnet of its own. */
function nodeIn(
  secondary: Readonly<Record<string, string>>,
  more: {
    readonly aliases?: readonly { readonly range: string; readonly rangeName?: string }[]
    readonly canIpForward?: boolean
  } = {},
): WorldNode {
  const { estate } = world.simulator
  const subnetwork = estate.addSubnetwork({
    network,
    name: 'own',
    region,
    range: '10.9.0.0/24',
    ipv6: 'fd20:9::/64',
    secondary,
  })
  const instance = estate.addInstance({
    project: world.project,
    zone,
    name: 'own',
    subnetworks: [subnetwork],
    ...more,
  })
  return nodeOf('own', instance)
}

describe('tables', () => {
  const holding = (tables: readonly Table[], cidr: string): readonly string[] =>
    tables.filter((table) => belongs(table, parseCidr(cidr))).map(({ id }) => id)

  test('the network is one beside that of its routes: for what lies in its subnets’ ranges, which routes are not for', async () => {
    await world.addNode('node-1')
    const tables = await provider.tables(signal)
    expect(tables.map(({ id, name }) => [id, name])).toEqual([
      [network, 'a'],
      [aliasTableOf(network), 'alias ranges of a'],
    ])
    expect(holding(tables, '10.244.7.0/24')).toEqual([aliasTableOf(network)])
    expect(holding(tables, '10.99.1.0/24')).toEqual([network])
    expect(holding(tables, 'fd00:10:244:1::/64')).toEqual([network])
    // What Google's own allocator gives: a part of what the interface has.
    expect(holding(tables, 'fd20:0:0:2:0:2::/112')).toEqual([aliasTableOf(network)])
    // Around a subnet, but not in it: whoever writes it is told by Google.
    expect(holding(tables, '10.0.0.0/8')).toEqual([network])
  })

  test('are looked for again when a node shows up in a subnet that is new, or has another range', async () => {
    const node = await world.addNode('node-1')
    await provider.tables(signal)
    await poolOf(node)
    expect(provider.tablesOutdated?.()).toBe(false)
    const own = nodeIn({ pods: '10.100.0.0/16' })
    await poolOf(own)
    expect(provider.tablesOutdated?.()).toBe(true)
    const tables = await provider.tables(signal)
    expect(holding(tables, '10.100.3.0/24')).toEqual([aliasTableOf(network)])
    expect(provider.tablesOutdated?.()).toBe(false)
    const subnetwork = `projects/${world.project}/regions/${region}/subnetworks/own`
    world.simulator.estate.addSecondaryRange(subnetwork, 'more', '10.101.0.0/16')
    await poolOf(own)
    expect(provider.tablesOutdated?.()).toBe(true)
  })

  test('a region that is out of reach: nothing is taken for gone', async () => {
    await world.addNode('node-1')
    world.simulator.estate.setReachable(`regions/${region}`, false)
    await expect(provider.tables(signal)).rejects.toMatchObject({ class: 'transient', code: 'UNREACHABLE' })
  })

  test('in the usual mode there is no such table, and no pool; what is left of the other can be read', async () => {
    const node = await world.addNode('node-1')
    world.setAliases(node, '10.244.3.0/24')
    const usual = world.providerWith({ mode: 'routes' })
    expect(await usual.tables(signal)).toEqual([{ id: network, name: 'a' }])
    expect(usual).not.toHaveProperty('pools')
    const { routes } = await usual.list({ id: aliasTableOf(network) }, signal)
    expect(routes).toContainEqual(expect.objectContaining({ destination: parseCidr('10.244.3.0/24') }))
  })
})

describe('a reading', () => {
  test('has all alias ranges, of single addresses too, and what of IPv6 is the interface’s own', async () => {
    const node = await world.addNode('node-1')
    world.setAliases(node, '10.244.3.0/24', '10.244.9.9/32')
    const { routes } = await provider.list({ id: aliasTableOf(network) }, signal)
    expect(
      routes.map(({ destination, origin, target }) => [formatCidr(destination), origin, target]),
    ).toEqual([
      ['10.244.3.0/24', 'static', node.target],
      ['10.244.9.9/32', 'static', node.target],
      ['fd20::2:0:2:0:0/112', 'local', node.target],
    ])
  })

  test('a stopped instance keeps its ranges: they are a black hole', async () => {
    const node = await world.addNode('node-1')
    world.setAliases(node, '10.244.3.0/24')
    world.simulator.estate.changeInstance(node.target.id, { status: 'TERMINATED' })
    const { routes } = await provider.list({ id: aliasTableOf(network) }, signal)
    expect(routes.map(({ state }) => state)).toEqual(['blackhole', 'blackhole'])
  })

  // A route that is missing in a reading is written again: an instance that is not listed is not gone.
  test('a zone that is out of reach: the reading fails, and nothing is taken for gone', async () => {
    await world.addNode('node-1')
    world.simulator.estate.setReachable(`zones/${zone}`, false)
    await expect(provider.list({ id: aliasTableOf(network) }, signal)).rejects.toMatchObject({
      class: 'transient',
      message: expect.stringContaining(`zones/${zone}`) as string,
    })
  })
})

describe('pools', () => {
  test('the only secondary range of the node’s own subnet; Google keeps nothing of it', async () => {
    expect(await poolOf(await world.addNode('node-1'))).toEqual({
      family: 4,
      prefixLength: 24,
      ranges: [parseCidr(podRange)],
      reserved: [],
      assigned: [],
    })
  })

  test('blocks are of the size that is told', async () => {
    const node = await world.addNode('node-1')
    expect(await poolOf(node, world.providerWith({ nodePrefixLength: 26 }))).toMatchObject({
      prefixLength: 26,
    })
  })

  test('of several secondary ranges, those that are named; sorted', async () => {
    const node = nodeIn({ late: '10.102.0.0/16', early: '10.101.0.0/16', services: '10.100.0.0/20' })
    expect(await poolOf(node)).toEqual(problem('several secondary ranges (late, early, services)'))
    const named = world.providerWith({ podRanges: ['late', 'early', 'of-another-subnet'] })
    expect(await poolOf(node, named)).toMatchObject({
      ranges: [parseCidr('10.101.0.0/16'), parseCidr('10.102.0.0/16')],
    })
  })

  test('a subnet without a secondary range is a problem of its nodes, and says how to make one', async () => {
    expect(await poolOf(nodeIn({}))).toEqual(
      problem(`update own --region ${region} --project ${world.project} --add-secondary-ranges pods=RANGE`),
    )
  })

  test('a name that the subnet does not have, or a range without room for a block, is one too', async () => {
    const node = nodeIn({ pods: '10.100.0.0/25' })
    expect(await poolOf(node)).toEqual(problem('has no room for a /24 in its secondary range pods'))
    expect(await poolOf(node, world.providerWith({ podRanges: ['pod'] }))).toEqual(
      problem('has no secondary range called pod: make one with gcloud'),
    )
  })

  // As GKE and kops make instances; cloud_cidr_allocator.go takes the first alias range.
  test('what the interface was made with is told, whatever its size; no address of its own, and nothing of services', async () => {
    const node = nodeIn(
      { pods: '10.100.0.0/16', services: '10.101.0.0/20' },
      {
        aliases: [
          { range: '10.9.0.200/32' },
          { range: '10.100.9.7/32', rangeName: 'pods' },
          { range: '10.101.0.0/24', rangeName: 'services' },
          { range: '10.100.4.0/23', rangeName: 'pods' },
        ],
      },
    )
    const named = world.providerWith({ podRanges: ['pods'] })
    expect(await poolOf(node, named)).toMatchObject({ assigned: [parseCidr('10.100.4.0/23')] })
  })

  test('a node of which nothing is known yet waits; one that is gone is gone', async () => {
    const node = await world.addNode('node-1')
    const found = await provider.pools?.(
      [
        { name: 'new', addresses: [] },
        { ...node.view, name: 'gone', providerID: world.unknownProviderID() },
      ],
      signal,
    )
    expect(found?.get('new')).toMatchObject({ problem: 'waiting' })
    expect(found?.get('gone')).toMatchObject({ problem: 'gone' })
  })
})

describe('IP forwarding', () => {
  test('an alias range needs none; an IPv6 route does, and the node says so', async () => {
    const node = nodeIn({ pods: '10.100.0.0/16' }, { canIpForward: false })
    const found = await provider.targets(
      [
        { node: node.view, family: 4 },
        { node: node.view, family: 6 },
      ],
      signal,
    )
    expect(found.get('own/4')).toEqual(node.target)
    expect(found.get('own/6')).toEqual(problem('canIpForward is false'))
    expect(provider).not.toHaveProperty('prepare')
  })
})

describe('the ranges that the network serves', () => {
  test('all of every subnet: by the table of routes in the usual mode; by that of alias ranges in IPv4 in this one', async () => {
    await world.addNode('node-1')
    const ranges = async (of: RouteProvider): Promise<unknown> =>
      (await of.servedRanges?.(await of.tables(signal), signal))?.map(({ range, table }) => [
        formatCidr(range),
        table,
      ])
    const aliases = aliasTableOf(network)
    expect(await ranges(world.providerWith({ mode: 'routes' }))).toEqual([
      ['10.0.1.0/24', network],
      [podRange, network],
      ['fd20:0:0:2::/64', network],
    ])
    expect(await ranges(provider)).toEqual([
      ['fd20:0:0:2::/64', network],
      ['10.0.1.0/24', aliases],
      [podRange, aliases],
    ])
  })
})
