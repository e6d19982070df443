import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createArmSimulator } from './arm-simulator.ts'
import {
  type SdkFixture,
  all,
  group,
  location,
  makeNetwork,
  networkPath,
  startSdkFixture,
  subscription,
} from './testing/sdk-fixture.ts'

let fixture: SdkFixture
beforeEach(async () => (fixture = await startSdkFixture()))
afterEach(() => fixture.close())

const table = networkPath('routeTables', 'nodes')

test.each<[what: string, target: string, headers: Record<string, string>, status: number, code: string]>([
  ['no token', table, { authorization: '' }, 401, 'AuthenticationFailed'],
  ['no version', table.split('?')[0] ?? '', {}, 400, 'MissingApiVersionParameter'],
  [
    'a version that nobody knows',
    networkPath('routeTables', 'nodes', '2015-06-15'),
    {},
    400,
    'InvalidApiVersionParameter',
  ],
  ['a type that nobody knows', networkPath('natGateways', 'x'), {}, 404, 'InvalidResourceType'],
])('%s', async (_what, target, headers, status, code) => {
  const answer = await fixture.wire('GET', target, undefined, headers)
  expect(answer).toMatchObject({ status, body: { error: { code } } })
  expect(fixture.simulator.calls.at(-1)).toMatchObject({ status, code, executed: false })
})

test('a path is the same whatever its case, and a list has pages', async () => {
  await fixture.close()
  fixture = await startSdkFixture({ pageSize: 2 })
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    await fixture.wire('PUT', networkPath('routeTables', name), { location })
  expect((await fixture.wire('GET', networkPath('ROUTETABLES', 'A'))).status).toBe(200)
  const tables = await all(fixture.client.routeTables.list(group))
  expect(tables.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e'])
})

describe('permissions', () => {
  test('a call without its own, and one without what it links to', async () => {
    await fixture.close()
    fixture = await startSdkFixture({
      permits: (_who, action) => !action.endsWith('routeTables/join/action') && !action.endsWith('delete'),
    })
    const { body } = await fixture.wire('PUT', table, { location })
    await expect(makeNetwork(fixture.client, (body as { id: string }).id)).rejects.toMatchObject({
      statusCode: 403,
      code: 'LinkedAuthorizationFailed',
    })
    await expect(fixture.client.routeTables.delete(group, 'nodes')).rejects.toMatchObject({
      code: 'AuthorizationFailed',
      message: expect.stringContaining("'Microsoft.Network/routeTables/delete'") as unknown,
    })
  })
})

describe('throttling', () => {
  const call = (simulator: ReturnType<typeof createArmSimulator>, method: string, now: number) => {
    const reply = simulator.handle(
      {
        method,
        target: table,
        headers: { authorization: 'Bearer x' },
        body: method === 'PUT' ? JSON.stringify({ location }) : '',
      },
      now,
    )
    return reply.kind === 'response' ? reply : undefined
  }

  test('200 writes at once, then ten a second', () => {
    const simulator = createArmSimulator()
    const statuses = Array.from({ length: 201 }, () => call(simulator, 'PUT', 0)?.status)
    expect(statuses.filter((status) => status === 429)).toHaveLength(1)
    expect(call(simulator, 'PUT', 0)?.headers['retry-after']).toBe('1')
    expect(call(simulator, 'PUT', 100)?.status).toBe(200)
    expect(call(simulator, 'PUT', 100)?.status).toBe(429)
    expect(call(simulator, 'GET', 100)?.headers['x-ms-ratelimit-remaining-subscription-reads']).toBe('249')
  })

  test('1,000 writes of the network in five minutes, whatever ARM itself would take', () => {
    const simulator = createArmSimulator()
    const statuses = Array.from({ length: 1_001 }, (_, i) => call(simulator, 'PUT', i * 100)?.status)
    expect(statuses.findIndex((status) => status === 429)).toBe(1_000)
    expect(call(simulator, 'PUT', 300_000)?.status).toBe(200)
  })

  test('the SDK retries a 429 by itself unless it is told not to', async () => {
    fixture.simulator.faults.inject({
      times: 2,
      fault: { kind: 'error', status: 429, code: 'TooManyRequests' },
    })
    await expect(fixture.client.routeTables.get(group, 'nodes')).rejects.toMatchObject({ statusCode: 429 })
    expect(fixture.simulator.calls).toHaveLength(1)
  })
})

describe('machines', () => {
  test('of a uniform scale set, of a flexible one, and of none: each has its interface where Azure has it', async () => {
    const subnet = await makeNetwork(fixture.client)
    const { machines } = fixture.simulator
    const common = { subscription, group, subnet }
    machines.add({ ...common, name: 'alone' })
    machines.add({ ...common, name: 'flex_1', scaleSet: { name: 'flex', mode: 'Flexible' } })
    const uniform = machines.add({
      ...common,
      name: '0',
      scaleSet: { name: 'uni', mode: 'Uniform' },
      families: [4, 6],
    })
    const { networkInterfaces } = fixture.client
    const names = (list: readonly { readonly name?: string }[]) => list.map(({ name }) => name)
    expect(names(await all(networkInterfaces.list(group)))).toEqual(['alone-nic', 'flex_1-nic'])
    const members = await all(networkInterfaces.listVirtualMachineScaleSetNetworkInterfaces(group, 'uni'))
    expect(members).toMatchObject([{ id: uniform.interfaceId, virtualMachine: { id: uniform.id } }])
    expect(members[0]?.ipConfigurations?.map(({ privateIPAddress }) => privateIPAddress)).toEqual([
      '10.0.1.6',
      'fd00:10::4',
    ])
    machines.terminate(uniform.id)
    expect(await all(networkInterfaces.listVirtualMachineScaleSetNetworkInterfaces(group, 'uni'))).toEqual([])
  })

  test('an interface is made to forward by the whole of it', async () => {
    const subnet = await makeNetwork(fixture.client)
    fixture.simulator.machines.add({ subscription, group, subnet, name: 'a' })
    const { networkInterfaces } = fixture.client
    const nic = await networkInterfaces.get(group, 'a-nic')
    const written = await networkInterfaces.createOrUpdate(
      group,
      'a-nic',
      { ...nic, enableIPForwarding: true },
      { updateIntervalInMs: 1 },
    )
    expect(written).toMatchObject({
      enableIPForwarding: true,
      virtualMachine: nic.virtualMachine,
      primary: true,
    })
    expect(written.ipConfigurations?.[0]?.privateIPAddress).toBe('10.0.1.4')
    expect(fixture.simulator.calls.findLast(({ method }) => method === 'PUT')?.actions).toEqual([
      'Microsoft.Network/networkInterfaces/write',
      'Microsoft.Network/virtualNetworks/subnets/join/action',
    ])
  })

  test('packets follow a table some time after its write is done', () => {
    const simulator = createArmSimulator({ effectiveMs: 5_000 })
    const send = (method: string, target: string, now: number, body?: unknown) => {
      const reply = simulator.handle(
        {
          method,
          target,
          headers: { authorization: 'Bearer x' },
          body: body === undefined ? '' : JSON.stringify(body),
        },
        now,
      )
      if (reply.kind !== 'response') throw new Error('no answer')
      return {
        ...reply,
        json: reply.body === '' ? undefined : (JSON.parse(reply.body) as { id: string; value: unknown[] }),
      }
    }
    const routes = [
      {
        name: 'a',
        properties: {
          addressPrefix: '10.244.1.0/24',
          nextHopType: 'VirtualAppliance',
          nextHopIpAddress: '10.0.1.4',
        },
      },
    ]
    const id = send('PUT', table, 0, { location, properties: { routes } }).json?.id ?? ''
    send('PUT', networkPath('virtualNetworks', 'net'), 0, {
      location,
      properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16'] } },
    })
    const subnet =
      send('PUT', networkPath('virtualNetworks', 'net/subnets/nodes'), 0, {
        properties: { addressPrefix: '10.0.1.0/24', routeTable: { id } },
      }).json?.id ?? ''
    simulator.machines.add({ subscription, group, subnet, name: 'a' })
    const effective = (now: number) => {
      const { headers } = send('POST', networkPath('networkInterfaces', 'a-nic/effectiveRouteTable'), now)
      const { pathname, search } = new URL(headers.location ?? '')
      return send('GET', pathname + search, now).json?.value
    }
    expect(effective(4_999)).toEqual([])
    expect(effective(5_000)).toMatchObject([
      { name: 'a', addressPrefix: ['10.244.1.0/24'], nextHopIpAddress: ['10.0.1.4'] },
    ])
  })
})

test.each(['reset-before', 'reset-after'] as const)('%s', async (kind) => {
  fixture.simulator.faults.inject({ operation: 'RouteTables_CreateOrUpdate', fault: { kind } })
  await expect(fixture.client.routeTables.createOrUpdate(group, 'nodes', { location })).rejects.toThrow()
  expect((await fixture.wire('GET', table)).status).toBe(kind === 'reset-after' ? 200 : 404)
})
