import { afterEach, beforeEach, expect, test } from 'vitest'
import { type GceSimulator, createGceSimulator } from '../../simulators/gce/gce-simulator.ts'
import { NETWORK, PROJECT, buildWorld, instancePath } from '../../simulators/gce/sdk-fixture.ts'
import { type RunningServer, serve } from '../../simulators/http-server.ts'
import { RestClient } from '../rest-client.ts'
import type { NetworkState, Nic } from './network-state.ts'
import { readNetwork } from './read-network.ts'

let simulator: GceSimulator
let server: RunningServer
let api: RestClient

beforeEach(async () => {
  simulator = createGceSimulator({ rates: 'off' })
  buildWorld(simulator)
  server = await serve(simulator)
  api = new RestClient({ url: server.url, token: 'somebody' })
})

afterEach(async () => {
  await api.close()
  await server.close()
})

const read = (network = 'prod'): Promise<NetworkState> => readNetwork(api, PROJECT, network)

const insert = async (route: object): Promise<void> => {
  await api.send('POST', `/compute/v1/projects/${PROJECT}/global/routes`, { network: NETWORK, ...route })
}

const nic = (state: NetworkState, name: string): Nic | undefined =>
  state.nics.find(({ instance }) => instance === instancePath(name))

test('the subnets of the network and of no other one, with their secondary ranges', async () => {
  expect((await read()).subnets).toEqual([
    {
      path: 'projects/prod-1/regions/europe-west1/subnetworks/hybrid',
      ranges: ['10.8.0.0/16'],
      secondaryRanges: [],
    },
    {
      path: 'projects/prod-1/regions/europe-west1/subnetworks/nodes',
      ranges: ['10.0.0.0/24', 'fd20::/64'],
      secondaryRanges: ['10.64.0.0/16'],
    },
  ])
  expect((await read('other')).subnets).toHaveLength(1)
})

test('an interface, with its addresses, its tags, and whether its instance runs and forwards', async () => {
  expect(nic(await read(), 'a')).toEqual({
    instance: instancePath('a'),
    name: 'nic0',
    subnet: 'projects/prod-1/regions/europe-west1/subnetworks/nodes',
    addresses: ['10.0.0.2', 'fd20::2:0:0'],
    ranges: ['fd20::2:0:0/96'],
    canIpForward: true,
    tags: ['node'],
    isRunning: true,
  })
  simulator.estate.changeInstance(instancePath('a'), { status: 'TERMINATED', canIpForward: false })
  expect(nic(await read(), 'a')).toMatchObject({ isRunning: false, canIpForward: false })
  simulator.estate.removeInstance(instancePath('a'))
  expect(nic(await read(), 'a')).toBeUndefined()
})

test('alias ranges', async () => {
  simulator.estate.addInstance({
    project: PROJECT,
    zone: 'europe-west1-c',
    name: 'c',
    subnetworks: ['projects/prod-1/regions/europe-west1/subnetworks/nodes'],
    aliases: [{ range: '10.64.7.0/24', rangeName: 'pods' }],
  })
  const path = 'projects/prod-1/zones/europe-west1-c/instances/c'
  const { nics } = await read()
  expect(nics.find(({ instance }) => instance === path)?.ranges).toEqual(['10.64.7.0/24', 'fd20::4:0:0/96'])
})

test('static routes of that network alone, to instances, to addresses and to what is neither', async () => {
  await insert({ name: 'one', destRange: '10.244.1.0/24', nextHopInstance: instancePath('a') })
  await insert({
    name: 'two',
    destRange: 'fd00:10:244:1::/64',
    nextHopIp: 'fd20::2:0:0',
    priority: 999,
    tags: ['node'],
  })
  await insert({
    name: 'three',
    destRange: '0.0.0.0/0',
    nextHopGateway: `projects/${PROJECT}/global/gateways/default-internet-gateway`,
  })
  expect((await read()).routes).toEqual([
    {
      destination: '10.244.1.0/24',
      priority: 1000,
      tags: [],
      nextHop: { kind: 'instance', instance: instancePath('a') },
    },
    { destination: '0.0.0.0/0', priority: 1000, tags: [], nextHop: { kind: 'other' } },
    {
      destination: 'fd00:10:244:1::/64',
      priority: 999,
      tags: ['node'],
      nextHop: { kind: 'address', address: 'fd20::2:0:0' },
    },
  ])
})

test('routes of all pages', async () => {
  for (let index = 0; index < 150; index++)
    simulator.handle(
      {
        method: 'POST',
        target: `/compute/v1/projects/${PROJECT}/global/routes`,
        headers: { authorization: 'Bearer somebody' },
        body: JSON.stringify({
          name: `r${index}`,
          network: NETWORK,
          destRange: `10.245.${index}.0/24`,
          nextHopInstance: instancePath('a'),
        }),
      },
      Date.now(),
    )
  const { routes } = await read()
  expect(new Set(routes.map(({ destination }) => destination)).size).toBe(150)
})

test('a refusal is told', async () => {
  simulator.faults.inject({
    method: 'routes.list',
    fault: { kind: 'error', status: 403, reason: 'rateLimitExceeded' },
  })
  await expect(read()).rejects.toThrow('403')
})
