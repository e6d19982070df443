import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ArmSimulatorOptions } from './arm-simulator.ts'
import {
  type SdkFixture,
  all,
  group,
  location,
  makeNetwork,
  networkPath,
  startSdkFixture,
} from './testing/sdk-fixture.ts'

let fixture: SdkFixture
const restart = async (options: ArmSimulatorOptions = {}): Promise<void> => {
  await fixture.close()
  fixture = await startSdkFixture(options)
}
beforeEach(async () => (fixture = await startSdkFixture()))
afterEach(() => fixture.close())

const at = { updateIntervalInMs: 1 }
const table = networkPath('routeTables', 'nodes')
const appliance = (name: string, addressPrefix: string, nextHopIpAddress = '10.0.1.4') => ({
  name,
  properties: { addressPrefix, nextHopType: 'VirtualAppliance', nextHopIpAddress },
})
const put = (routes: readonly unknown[], headers?: Record<string, string>, more: object = {}) =>
  fixture.wire('PUT', table, { location, properties: { routes, ...more } }, headers)
const codeOf = (body: unknown): unknown => (body as { error?: { code?: string } }).error?.code

test('the SDK makes a table, reads it, lists it, and deletes it', async () => {
  const { client } = fixture
  const made = await client.routeTables.createOrUpdate(
    group,
    'nodes',
    {
      location,
      tags: { owner: 'me' },
      routes: [
        {
          name: 'a',
          addressPrefix: '10.244.1.0/24',
          nextHopType: 'VirtualAppliance',
          nextHopIpAddress: '10.0.1.4',
        },
      ],
    },
    at,
  )
  expect(made).toMatchObject({ name: 'nodes', provisioningState: 'Succeeded', tags: { owner: 'me' } })
  expect(made.routes).toMatchObject([{ name: 'a', provisioningState: 'Succeeded', hasBgpOverride: false }])
  expect((await client.routeTables.get(group, 'nodes')).etag).toBe(made.etag)
  const listed = await all(client.routeTables.list(group))
  expect(listed.map(({ id }) => id)).toEqual([made.id])
  expect((await all(client.routeTables.listAll())).length).toBe(1)
  await client.routeTables.delete(group, 'nodes', at)
  await expect(client.routeTables.get(group, 'nodes')).rejects.toMatchObject({
    statusCode: 404,
    code: 'ResourceNotFound',
  })
})

test('the SDK makes, lists and deletes single routes', async () => {
  const { client } = fixture
  await put([])
  const route = {
    addressPrefix: '10.244.1.0/24',
    nextHopType: 'VirtualAppliance',
    nextHopIpAddress: '10.0.1.4',
  }
  expect(await client.routes.createOrUpdate(group, 'nodes', 'a', route, at)).toMatchObject({
    name: 'a',
    ...route,
  })
  expect((await all(client.routes.list(group, 'nodes'))).map(({ name }) => name)).toEqual(['a'])
  await client.routes.delete(group, 'nodes', 'a', at)
  expect(await all(client.routes.list(group, 'nodes'))).toEqual([])
})

test('a table tells which subnets use it, and is not deleted meanwhile', async () => {
  const { client } = fixture
  const { body } = await put([])
  const subnet = await makeNetwork(client, (body as { id: string }).id)
  expect((await client.routeTables.get(group, 'nodes')).subnets).toMatchObject([{ id: subnet }])
  await expect(client.routeTables.delete(group, 'nodes', at)).rejects.toMatchObject({
    code: 'InUseRouteTableCannotBeDeleted',
  })
})

describe('what a PUT may say', () => {
  test.each<[what: string, routes: readonly unknown[], code: string]>([
    ['a name of 81 characters', [appliance('a'.repeat(81), '10.244.1.0/24')], 'InvalidResourceName'],
    ['a colon in a name', [appliance('fd00:1', '10.244.1.0/24')], 'InvalidResourceName'],
    ['a hyphen at the end', [appliance('a-', '10.244.1.0/24')], 'InvalidResourceName'],
    [
      'one name twice',
      [appliance('a', '10.244.1.0/24'), appliance('A', '10.244.2.0/24')],
      'InvalidRequestFormat',
    ],
    ['one prefix twice', [appliance('a', '10.244.1.0/24'), appliance('b', '10.244.1.0/24')], 'RouteConflict'],
    ['host bits', [appliance('a', '10.244.1.7/24')], 'InvalidCIDRNotation'],
    ['no range', [appliance('a', '10.244/16')], 'InvalidAddressPrefixFormat'],
    [
      'no next hop',
      [{ name: 'a', properties: { addressPrefix: '10.244.1.0/24', nextHopType: 'VirtualAppliance' } }],
      'RouteNextHopIpAddressRequired',
    ],
    ['a next hop of the other family', [appliance('a', 'fd00::/64')], 'RouteNextHopIpAddressFamilyMismatch'],
    [
      'an unknown type',
      [{ name: 'a', properties: { addressPrefix: '10.244.1.0/24', nextHopType: 'Gateway' } }],
      'InvalidRequestFormat',
    ],
  ])('%s: refused', async (_what, routes, code) => {
    const { status, body } = await put(routes)
    expect([status, codeOf(body)]).toEqual([400, code])
    expect((await fixture.wire('GET', table)).status).toBe(404)
  })

  test('80 characters, a service tag, the whole internet: taken', async () => {
    const { status } = await put([
      appliance('a'.repeat(80), '10.244.1.0/24'),
      { name: 'tag', properties: { addressPrefix: 'Storage', nextHopType: 'Internet' } },
      { name: 'default_', properties: { addressPrefix: '0.0.0.0/0', nextHopType: 'None' } },
    ])
    expect(status).toBe(201)
  })

  test('the words of a conflict name both routes', async () => {
    const { body } = await put([appliance('a', '10.244.1.0/24'), appliance('b', '10.244.1.0/24')])
    expect(body).toEqual({
      error: {
        code: 'RouteConflict',
        message: 'Route: b conflicts with Route: a. Routes cannot have the same AddressPrefix.',
        details: [],
      },
    })
  })

  test('one route too many', async () => {
    await restart({ routesPerTable: 1 })
    const { body } = await put([appliance('a', '10.244.1.0/24'), appliance('b', '10.244.2.0/24')])
    expect(codeOf(body)).toBe('RouteCountLimitReached')
  })

  test('what a newer version of the API brought is kept', async () => {
    await put(
      [{ ...appliance('a', '10.244.1.0/24'), novelty: { deep: [1] } }],
      {},
      { disablePeeringRoute: 'All', noveltyToo: true },
    )
    expect((await fixture.wire('GET', table)).body).toMatchObject({
      properties: { disablePeeringRoute: 'All', noveltyToo: true, routes: [{ novelty: { deep: [1] } }] },
    })
  })
})

describe('writes at the same time', () => {
  test('If-Match with an older version: 412, and nothing is changed', async () => {
    const { headers } = await put([])
    await put([appliance('a', '10.244.1.0/24')])
    const { status, body } = await put([], { 'if-match': headers.etag ?? '' })
    expect([status, codeOf(body)]).toEqual([412, 'PreconditionFailed'])
    expect((await fixture.wire('GET', table)).body).toMatchObject({ properties: { routes: [{ name: 'a' }] } })
  })

  test('a table that is being updated takes no other write', async () => {
    await restart({ operationMs: () => 60_000 })
    const first = await put([])
    expect(first).toMatchObject({ status: 201, body: { properties: { provisioningState: 'Updating' } } })
    const { status, headers, body } = await put([appliance('a', '10.244.1.0/24')])
    expect([status, codeOf(body), Number(headers['retry-after']) > 0]).toEqual([429, 'RetryableError', true])
    expect(body).toMatchObject({ error: { details: [{ code: 'RetryableErrorDueToAnotherOperation' }] } })
  })
})

test('an operation that fails leaves its routes there, marked', async () => {
  const { client, simulator } = fixture
  await put([appliance('old', '10.244.1.0/24')])
  simulator.faults.inject({
    operation: 'RouteTables_CreateOrUpdate',
    fault: {
      kind: 'operation-ends',
      status: 'Failed',
      code: 'InternalServerError',
      message: 'An error occurred.',
    },
  })
  const routes = ['10.244.1.0/24', '10.244.2.0/24'].map((addressPrefix, index) => ({
    name: index === 0 ? 'old' : 'new',
    addressPrefix,
    nextHopType: 'VirtualAppliance',
    nextHopIpAddress: '10.0.1.4',
  }))
  await expect(client.routeTables.createOrUpdate(group, 'nodes', { location, routes }, at)).rejects.toThrow(
    'An error occurred.',
  )
  const table = await client.routeTables.get(group, 'nodes')
  expect(table.provisioningState).toBe('Failed')
  expect(table.routes?.map(({ name, provisioningState }) => [name, provisioningState])).toEqual([
    ['old', 'Succeeded'],
    ['new', 'Failed'],
  ])
})
