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
