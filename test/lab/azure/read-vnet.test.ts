import { afterEach, beforeEach, expect, test } from 'vitest'
import { selfSigned } from '../../../kube/testing/self-signed.ts'
import { type ArmSimulator, createArmSimulator } from '../../simulators/arm/arm-simulator.ts'
import type { Machine } from '../../simulators/arm/machines.ts'
import { group, location, subscription } from '../../simulators/arm/testing/sdk-fixture.ts'
import { type RunningServer, serve } from '../../simulators/http-server.ts'
import { RestClient } from '../rest-client.ts'
import { networkVersion, readVnet } from './read-vnet.ts'
import type { VnetState } from './vnet-state.ts'

const groupId = `/subscriptions/${subscription}/resourceGroups/${group}`
const network = `${groupId}/providers/Microsoft.Network`
const lower = network.toLowerCase()

let simulator: ArmSimulator
let server: RunningServer
let arm: RestClient

const put = (path: string, body: object): Promise<unknown> =>
  arm.send('PUT', `${network}/${path}?api-version=${networkVersion}`, body)

beforeEach(async () => {
  simulator = createArmSimulator({ throttling: 'off', pageSize: 2 })
  const tls = selfSigned('arm')
  server = await serve(simulator, { tls })
  arm = new RestClient({ url: server.url, token: 'somebody', ca: tls.cert })
  await put('virtualNetworks/net', {
    location,
    properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16', 'fd00:10::/48'] } },
  })
  await put('routeTables/Nodes', { location, properties: {} })
  await put('virtualNetworks/net/subnets/nodes', {
    properties: {
      addressPrefixes: ['10.0.1.0/24', 'fd00:10:0:1::/64'],
      routeTable: { id: `${network}/routeTables/Nodes` },
    },
  })
  await put('virtualNetworks/net/subnets/plain', { properties: { addressPrefix: '10.0.2.0/24' } })
})

afterEach(async () => {
  await arm.close()
  await server.close()
})

const read = (): Promise<VnetState> => readVnet(arm, groupId, 'net')

const addMachine = (name: string): Machine =>
  simulator.machines.add({
    subscription,
    group,
    name,
    subnet: `${network}/virtualNetworks/net/subnets/nodes`,
    families: [4, 6],
  })

test('the address space, and subnets with their tables, by lower-cased ids', async () => {
  expect(await read()).toMatchObject({
    addressSpace: ['10.0.0.0/16', 'fd00:10::/48'],
    subnets: [
      {
        id: `${lower}/virtualnetworks/net/subnets/nodes`,
        prefixes: ['10.0.1.0/24', 'fd00:10:0:1::/64'],
        tableId: `${lower}/routetables/nodes`,
      },
      { id: `${lower}/virtualnetworks/net/subnets/plain`, prefixes: ['10.0.2.0/24'], tableId: undefined },
    ],
    tables: [{ id: `${lower}/routetables/nodes`, routes: [] }],
  })
})

test('an interface, with its addresses, whether it forwards, and whether its machine runs', async () => {
  const { id, interfaceId } = addMachine('m')
  const isRunning = async (): Promise<boolean | undefined> => (await read()).nics[0]?.isRunning
  expect((await read()).nics).toEqual([
    {
      id: interfaceId.toLowerCase(),
      subnetId: `${lower}/virtualnetworks/net/subnets/nodes`,
      addresses: ['10.0.1.4', 'fd00:10:0:1::4'],
      enableIpForwarding: false,
      isRunning: true,
    },
  ])
  simulator.machines.power(id, 'deallocated')
  expect(await isRunning()).toBe(false)
  simulator.machines.power(id, 'running')
  expect(await isRunning()).toBe(true)
  simulator.machines.terminate(id)
  expect((await read()).nics).toEqual([])
})

test('interfaces of all pages', async () => {
  for (const name of ['m1', 'm2', 'm3', 'm4', 'm5']) addMachine(name)
  expect((await read()).nics).toHaveLength(5)
})

test('routes by their next hop; one to a service tag has no range', async () => {
  const routes = {
    appliance: {
      addressPrefix: '10.244.1.0/24',
      nextHopType: 'VirtualAppliance',
      nextHopIpAddress: '10.0.1.4',
    },
    six: {
      addressPrefix: 'fd00:10:244:1::/64',
      nextHopType: 'VirtualAppliance',
      nextHopIpAddress: 'fd00:10:0:1::4',
    },
    none: { addressPrefix: '10.245.0.0/16', nextHopType: 'None' },
    vnet: { addressPrefix: '10.0.2.0/24', nextHopType: 'VnetLocal' },
    tag: { addressPrefix: 'Storage', nextHopType: 'Internet' },
  }
  for (const [name, properties] of Object.entries(routes))
    await put(`routeTables/Nodes/routes/${name}`, { properties })
  expect((await read()).tables[0]?.routes).toEqual([
    { prefix: '10.244.1.0/24', nextHop: { kind: 'appliance', address: '10.0.1.4' } },
    { prefix: 'fd00:10:244:1::/64', nextHop: { kind: 'appliance', address: 'fd00:10:0:1::4' } },
    { prefix: '10.245.0.0/16', nextHop: { kind: 'other' } },
    { prefix: '10.0.2.0/24', nextHop: { kind: 'vnet' } },
  ])
})

test('a network that is not there is refused', async () => {
  await expect(readVnet(arm, groupId, 'none')).rejects.toThrow('404')
})
