import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import { type GcpWorld, createGcpWorld } from '../../test/conformance/gcp-world.ts'
import type { Quota, RouteProvider } from '../provider.ts'
import type { Table } from '../route.ts'
import { RouteQuota } from './quota.ts'

const { signal } = new AbortController()
let world: GcpWorld
let table: Table
beforeEach(async () => {
  world = await createGcpWorld()
  table = await world.addTable('a')
})
afterEach(() => world.close())

async function quotaOf(provider: RouteProvider): Promise<Quota['families'][number] | undefined> {
  return provider.quota?.(table, await provider.list(table, signal))?.families[0]
}

describe('how many routes a network takes', () => {
  test('200 of both families together, unless told; its own default route counts', async () => {
    expect(await quotaOf(world.provider)).toEqual({ family: 'both', used: 1, limit: 200 })
  })

  test('as the user says', async () => {
    expect(await quotaOf(world.providerWith({ routesPerNetwork: 500 }))).toMatchObject({ limit: 500 })
  })

  test('no more than the project has left of a quota of its own', async () => {
    world.simulator.estate.addProject(world.project, { quotas: { ROUTES: { limit: 250, usage: 240 } } })
    await world.provider.tables(signal)
    expect(await quotaOf(world.provider)).toEqual({ family: 'both', used: 1, limit: 11 })
  })

  test('who may not read the project’s quotas still finds its networks', async () => {
    world.simulator.faults.inject({
      method: 'projects.get',
      fault: { kind: 'error', status: 403, reason: 'forbidden' },
    })
    expect(await world.provider.tables(signal)).toEqual([table])
  })
})

test('every static route counts, those besides another of the same destination too, and no subnet’s', async () => {
  const node = await world.addNode('node-1')
  const destination = parseCidr('10.244.3.0/24')
  await world.provider.apply(table, { changes: [{ op: 'create', destination, target: node.target }] }, signal)
  await world.insertRoute({
    name: 'besides',
    network: table.id,
    destRange: '10.244.3.0/24',
    priority: 2000,
    nextHopInstance: node.target.id,
  })
  expect(await quotaOf(world.provider)).toMatchObject({ used: 3 })
})

test('a limit that Google told is forgotten when there is more than it', () => {
  const quota = new RouteQuota({})
  quota.tell('n', { limit: 5 })
  expect(quota.of('n', 'p', 5)).toEqual({ families: [{ family: 'both', used: 5, limit: 5 }] })
  expect(quota.of('n', 'p', 6)).toEqual({ families: [{ family: 'both', used: 6, limit: 200 }] })
})

// https://github.com/gardener/gardener-extension-provider-gcp/issues/558: the quota is shared by clusters.
test('the network is full by our count when Google refuses the next route, and no earlier', async () => {
  world.simulator.estate.addProject(world.project, { staticRoutesPerNetwork: 4 })
  const provider = world.providerWith({ routesPerNetwork: 4 })
  const node = await world.addNode('node-1')
  for (let n = 0; n < 4; n++) {
    const { used = 0, limit = 0 } = (await quotaOf(provider)) ?? {}
    const destination = parseCidr(n % 2 === 0 ? `10.244.${n}.0/24` : `fd00:10:244:${n}::/64`)
    const [outcome] = await provider.apply(
      table,
      { changes: [{ op: 'create', destination, target: node.target }] },
      signal,
    )
    expect(outcome?.result).toBe(used < limit ? 'done' : 'failed')
    if (outcome?.result === 'failed') expect(outcome.error.class).toBe('quota')
  }
})

describe('together with the networks that it is peered with', () => {
  /** With that many routes of its own, and one by default. */
  const peer = (routes: number, project = world.project): string => {
    const { estate } = world.simulator
    if (project !== world.project) estate.addProject(project)
    const path = estate.addNetwork(project, 'peer')
    estate.peer(table.id, path)
    for (let n = 0; n < routes; n++)
      estate.addRoute({ network: path, name: `peers-${n}`, destination: `10.77.${n}.0/24` })
    return path
  }
  const look = async (provider = world.provider): Promise<Quota['families'][number] | undefined> => {
    await provider.tables(signal)
    return quotaOf(provider)
  }

  test('what has less room counts: the network alone, as long as its peers have little', async () => {
    peer(9)
    expect(await look()).toEqual({ family: 'both', used: 1, limit: 200 })
  })

  test('300 of all of them, unless told', async () => {
    peer(149)
    expect(await look()).toEqual({ family: 'both', used: 151, limit: 300 })
    expect(await look(world.providerWith({ routesPerPeeringGroup: 400 }))).toMatchObject({ limit: 200 })
  })

  // "The effective limit is always greater than or equal to" that of the quota, and of the network alone.
  test('no less than what the network alone takes', async () => {
    peer(149)
    const provider = world.providerWith({ routesPerNetwork: 500 })
    expect(await look(provider)).toEqual({ family: 'both', used: 151, limit: 500 })
  })

  test('a peering that ends is forgotten', async () => {
    const path = peer(149)
    expect(await look()).toMatchObject({ used: 151 })
    const asked = (): number =>
      world.callsOf('routes.list').filter(({ parameters }) => parameters.filter?.includes('/peer"')).length
    const before = asked()
    world.simulator.estate.removeNetwork(path)
    expect(await look()).toMatchObject({ used: 1 })
    expect(asked()).toBe(before)
  })

  test('what of them may not be read is not in it, and not asked for again', async () => {
    peer(149, 'of-others')
    world.simulator.faults.inject({
      method: 'routes.list',
      when: ({ parameters }) => parameters.get('project') === 'of-others',
      times: 9,
      fault: { kind: 'error', status: 403, reason: 'forbidden' },
    })
    expect(await look()).toEqual({ family: 'both', used: 1, limit: 200 })
    await look()
    const asked = world.callsOf('routes.list').filter(({ parameters }) => parameters.project === 'of-others')
    expect(asked).toHaveLength(1)
  })

  test('the limit that Google names when it refuses a route', async () => {
    world.simulator.estate.addProject(world.project, {
      staticRoutesPerNetwork: 3,
      staticRoutesPerPeeringGroup: 8,
    })
    peer(6)
    const node = await world.addNode('node-1')
    const create = { op: 'create', destination: parseCidr('10.99.3.0/24'), target: node.target } as const
    const provider = world.providerWith({ routesPerNetwork: 3 })
    const [outcome] = await provider.apply(table, { changes: [create] }, signal)
    expect(outcome).toMatchObject({ result: 'failed', error: { class: 'quota' } })
    expect(await look(provider)).toEqual({ family: 'both', used: 8, limit: 8 })
  })
})
