import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type GcpWorld, createGcpWorld, nodeOf } from '../../test/conformance/gcp-world.ts'
import { parseCidr } from '../../net/cidr.ts'
import type { Family } from '../../net/address.ts'
import type { NodeView, RouteProvider, TargetProblem } from '../provider.ts'
import type { Target } from '../route.ts'

const { signal } = new AbortController()
let world: GcpWorld
let network: string

beforeEach(async () => {
  world = await createGcpWorld()
  network = (await world.addTable('a')).id
})
afterEach(() => world.close())

async function find(
  provider: RouteProvider,
  node: NodeView,
  family: Family = 4,
): Promise<Target | TargetProblem | undefined> {
  return (await provider.targets([{ node, family }], signal)).get(`${node.name}/${family}`)
}

describe('an instance in the network', () => {
  // https://github.com/kubernetes/kubernetes/issues/52398: the name of the node had to be that of the instance.
  test('of a node with a name of its own: the same target at every look', async () => {
    const { view, target } = await world.addNode('node-1')
    const node = { ...view, name: 'node-1.c.project.internal' }
    expect(await find(world.provider, node)).toEqual(target)
    const table = { id: network }
    const destination = parseCidr('10.244.3.0/24')
    const changes = [{ op: 'create', destination, target } as const]
    expect(await world.provider.apply(table, { changes }, signal)).toEqual([{ result: 'done' }])
    // What is listed is what is wanted: nothing is left to write.
    const { routes } = await world.provider.list(table, signal)
    expect(routes).toContainEqual({
      ...world.provider.canonical({ destination, target }),
      state: 'active',
      origin: 'static',
    })
  })

  test('without IPv6 takes no IPv6 route, and says why', async () => {
    const { estate } = world.simulator
    const v4only = estate.addSubnetwork({ network, name: 'v4', region: 'europe-west1', range: '10.8.0.0/24' })
    const instance = estate.addInstance({
      project: world.project,
      zone: 'europe-west1-b',
      name: 'old',
      subnetworks: [v4only],
    })
    const { view, target } = nodeOf('old', instance)
    expect(await find(world.provider, view)).toEqual(target)
    expect(await find(world.provider, view, 6)).toMatchObject({
      problem: 'invalid',
      message: expect.stringContaining('has no IPv6 address there') as string,
    })
  })

  test('of another network is none', async () => {
    const { view } = await world.addNode('node-1')
    const provider = world.providerWith({ networks: [`projects/${world.project}/global/networks/nodes`] })
    expect(await find(provider, view)).toMatchObject({ problem: 'invalid' })
  })

  test.each(['aws:///eu-central-1a/i-0123', 'gce://project/zone', 'gce:///z/i', 'gce://p/z/i/more'])(
    'is not what %s names',
    async (providerID) => {
      expect(await find(world.provider, { name: 'x', providerID, addresses: [] })).toMatchObject({
        problem: 'invalid',
      })
    },
  )
})

test('a network that is named by the number of its project is the same one, before it was ever listed', async () => {
  const { view, target } = await world.addNode('node-1')
  const byNumber = network.replace(world.project, '123456')
  world.simulator.estate.addProject('123456')
  world.simulator.faults.inject({
    method: 'networks.get',
    when: ({ parameters }) => parameters.get('project') === '123456',
    fault: {
      kind: 'page',
      status: 200,
      body: JSON.stringify({ name: 'a', selfLink: `https://www.googleapis.com/compute/v1/${network}` }),
    },
  })
  const provider = world.providerWith({ networks: [byNumber] })
  expect(await find(provider, view)).toEqual(target)
  expect(await provider.tables(signal)).toEqual([{ id: network, name: 'a' }])
})

describe('many at once', () => {
  test('take a list or two, not a request each', async () => {
    const nodes = await Promise.all(Array.from({ length: 40 }, (_, n) => world.addNode(`node-${n}`)))
    const queries = nodes.flatMap(({ view }) =>
      [4, 6].map((family) => ({ node: view, family: family as Family })),
    )
    const found = await world.provider.targets(queries, signal)
    expect(found.size).toBe(80)
    for (const { view, target } of nodes) expect(found.get(`${view.name}/4`)).toEqual(target)
    expect(world.callsOf('instances.get')).toHaveLength(0)
    expect(world.callsOf('instances.aggregatedList').length).toBeLessThanOrEqual(4)
  })

  test('of a zone that no list reaches: none is gone, each is asked for by name', async () => {
    const nodes = await Promise.all(Array.from({ length: 6 }, (_, n) => world.addNode(`node-${n}`)))
    world.simulator.estate.setReachable('zones/europe-west1-b', false)
    const found = await world.provider.targets(
      nodes.map(({ view }) => ({ node: view, family: 4 as const })),
      signal,
    )
    expect([...found.values()]).toEqual(nodes.map(({ target }) => target))
  })

  test('one that can not be looked at now is waiting, the others are found', async () => {
    const [one, two] = [await world.addNode('one'), await world.addNode('two')]
    world.simulator.faults.inject({
      method: 'instances.get',
      when: ({ parameters }) => parameters.get('instance') === 'one',
      fault: { kind: 'error', status: 503, reason: 'backendError' },
    })
    const found = await world.provider.targets(
      [one, two].map(({ view }) => ({ node: view, family: 4 as const })),
      signal,
    )
    expect(found.get('one/4')).toMatchObject({ problem: 'waiting' })
    expect(found.get('two/4')).toEqual(two.target)
  })
})

// https://docs.cloud.google.com/vpc/docs/static-routes: a next hop by name is in the project of the route.
describe('shared VPC: the network is the host project’s, the instances are not', () => {
  const host = 'projects/host-1/global/networks/shared'
  let provider: RouteProvider

  beforeEach(() => {
    const { estate } = world.simulator
    estate.addProject('host-1')
    estate.addNetwork('host-1', 'shared')
    estate.addSubnetwork({
      network: host,
      name: 's',
      region: 'europe-west1',
      range: '10.9.0.0/24',
      ipv6: 'fd20:0:9::/64',
    })
    provider = world.providerWith({ networks: [host] })
  })

  test('routes lead to addresses, of each family its own', async () => {
    const subnetwork = 'projects/host-1/regions/europe-west1/subnetworks/s'
    const instance = world.simulator.estate.addInstance({
      project: world.project,
      zone: 'europe-west1-b',
      name: 'node-1',
      subnetworks: [subnetwork],
    })
    const { view } = nodeOf('node-1', instance)
    const [v4, v6] = [await find(provider, view, 4), await find(provider, view, 6)]
    expect([v4, v6]).toEqual([
      { kind: 'address', id: '10.9.0.2' },
      { kind: 'address', id: 'fd20:0:9::2:0:0' },
    ])
    const targets = [v4, v6] as Target[]
    const changes = targets.map(
      (target, index) =>
        ({
          op: 'create',
          destination: parseCidr(index === 0 ? '10.244.3.0/24' : 'fd00:10:244:3::/64'),
          target,
        }) as const,
    )
    const [table] = await provider.tables(signal)
    expect(table).toEqual({ id: host, name: 'shared' })
    expect(await provider.apply({ id: host }, { changes }, signal)).toEqual([
      { result: 'done' },
      { result: 'done' },
    ])
    const { routes } = await provider.list({ id: host }, signal)
    for (const { destination, target } of changes)
      expect(routes).toContainEqual({ destination, target, state: 'active', origin: 'static' })
    expect(await provider.running?.(targets, signal)).toEqual([true, true])
    expect(await provider.prepare?.(targets, signal)).toEqual([
      { result: 'done', changed: false },
      { result: 'done', changed: false },
    ])
    world.simulator.estate.removeInstance(instance.path)
    expect(await provider.running?.(targets, signal)).toEqual([false, false])
  })
})

test('a stopped instance is no live target, and not gone', async () => {
  const { view, target } = await world.addNode('node-1')
  for (const [status, isLive] of [
    ['TERMINATED', false],
    ['SUSPENDED', false],
    ['STOPPING', false],
    ['PROVISIONING', true],
    ['STAGING', true],
    ['REPAIRING', true],
    ['RUNNING', true],
  ] as const) {
    world.simulator.estate.changeInstance(target.id, { status })
    expect(await world.provider.running?.([target], signal), status).toEqual([isLive])
    expect(await find(world.provider, view), status).toEqual(target)
  }
})
