import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Fixture, NETWORK, PROJECT, REGION, ZONE, instancePath, startFixture } from './sdk-fixture.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await startFixture()
})
afterAll(() => fixture.close())

const insert = async (name: string, destRange: string): Promise<unknown> =>
  fixture.sdk.routes.insert?.({
    project: PROJECT,
    routeResource: { name, network: NETWORK, destRange, nextHopInstance: instancePath('a') },
  })
const list = async (more: object = {}): Promise<readonly { name: string; nextHopInstance?: string }[]> => {
  const [items] = (await fixture.sdk.routes.list?.({ project: PROJECT, ...more })) ?? []
  return items as readonly { name: string }[]
}

describe('the SDK, unchanged', () => {
  test('inserts, waits, lists in pages, gets and deletes', async () => {
    const [begun] = (await insert('by-sdk-1', '10.244.1.0/24')) as [{ latestResponse: { name: string } }]
    const [ended] =
      (await fixture.sdk.global_operations.wait?.({
        project: PROJECT,
        operation: begun.latestResponse.name,
      })) ?? []
    expect(ended).toMatchObject({ status: 'DONE', operationType: 'insert' })
    await insert('by-sdk-2', '10.244.2.0/24')
    await insert('by-sdk-3', '10.244.3.0/24')
    const paged = await list({ filter: 'name eq by-sdk-.*', maxResults: 1 })
    expect(paged.map(({ name }) => name)).toEqual(['by-sdk-1', 'by-sdk-2', 'by-sdk-3'])
    expect(paged[0]?.nextHopInstance).toBe(`https://www.googleapis.com/compute/v1/${instancePath('a')}`)
    const [got] = (await fixture.sdk.routes.get?.({ project: PROJECT, route: 'by-sdk-1' })) ?? []
    expect(got).toMatchObject({ destRange: '10.244.1.0/24', priority: 1000 })
    await fixture.sdk.routes.delete?.({ project: PROJECT, route: 'by-sdk-1' })
    expect(await list({ filter: 'name = "by-sdk-1"' })).toEqual([])
  })

  test('reads networks, subnets, instances and the project', async () => {
    const { sdk } = fixture
    const of = async (answer: Promise<readonly [unknown, unknown, unknown]> | undefined): Promise<unknown> =>
      (await answer)?.[0]
    expect(await of(sdk.networks.get?.({ project: PROJECT, network: 'prod' }))).toMatchObject({
      peerings: [{ name: 'to-other', state: 'ACTIVE' }],
    })
    expect(await of(sdk.networks.list?.({ project: PROJECT }))).toHaveLength(2)
    expect(
      await of(sdk.subnetworks.get?.({ project: PROJECT, region: REGION, subnetwork: 'nodes' })),
    ).toMatchObject({
      secondaryIpRanges: [{ rangeName: 'pods', ipCidrRange: '10.64.0.0/16' }],
      internalIpv6Prefix: 'fd20::/64',
    })
    expect(await of(sdk.subnetworks.list?.({ project: PROJECT, region: REGION }))).toHaveLength(3)
    expect(await of(sdk.instances.get?.({ project: PROJECT, zone: ZONE, instance: 'a' }))).toMatchObject({
      status: 'RUNNING',
      canIpForward: true,
      tags: { items: ['node'] },
      networkInterfaces: [{ networkIP: '10.0.0.2', ipv6Address: 'fd20::2:0:0' }],
    })
    expect(await of(sdk.instances.list?.({ project: PROJECT, zone: ZONE }))).toHaveLength(2)
    expect(await of(sdk.projects.get?.({ project: PROJECT }))).toMatchObject({
      quotas: [{ metric: 'NETWORKS' }],
    })
  })

  test('gives a refusal with Google’s reason, where it sends details', async () => {
    fixture.simulator.faults.inject({
      method: 'projects.get',
      fault: { kind: 'error', status: 403, reason: 'forbidden', message: 'no' },
    })
    await expect(fixture.sdk.projects.get?.({ project: PROJECT })).rejects.toMatchObject({
      code: 7,
      message: 'no',
    })
  })
})

test('a zone that is out of reach is told in an aggregated list, and fails nothing', async () => {
  fixture.simulator.estate.setReachable(`zones/${ZONE}`, false)
  const answer = await fetch(`${fixture.url}/compute/v1/projects/${PROJECT}/aggregated/instances`, {
    headers: { authorization: 'Bearer test' },
  })
  fixture.simulator.estate.setReachable(`zones/${ZONE}`, true)
  expect(await answer.json()).toMatchObject({
    items: { [`zones/${ZONE}`]: { warning: { code: 'UNREACHABLE' } } },
    unreachables: [`https://www.googleapis.com/compute/v1/zones/${ZONE}`],
  })
})

test.each([
  ['reset-before', false],
  ['reset-after', true],
  ['hang-before', false],
  ['hang-after', true],
] as const)('%s: the write is %s', async (kind, isWritten) => {
  const name = `after-${kind}`
  fixture.simulator.faults.inject({ method: 'routes.insert', fault: { kind } })
  const abort = AbortSignal.timeout(200)
  await expect(
    fetch(`${fixture.url}/compute/v1/projects/${PROJECT}/global/routes`, {
      method: 'POST',
      headers: { authorization: 'Bearer test' },
      body: JSON.stringify({
        name,
        network: NETWORK,
        destRange: '10.250.0.0/24',
        nextHopInstance: instancePath('a'),
      }),
      signal: abort,
    }),
  ).rejects.toThrow()
  expect(fixture.simulator.calls.at(-1)).toMatchObject({ fault: kind, executed: isWritten })
  expect((await list({ filter: `name = "${name}"` })).length).toBe(isWritten ? 1 : 0)
})
