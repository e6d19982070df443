import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../../kube/clock.ts'
import { parseAddress } from '../../../net/address.ts'
import { parseCidr } from '../../../net/cidr.ts'
import { type GceSimulator, createGceSimulator } from '../../../test/simulators/gce/gce-simulator.ts'
import type { Instance } from '../../../test/simulators/gce/state.ts'
import { type RunningServer, serve } from '../../../test/simulators/http-server.ts'
import { ApiBudget } from '../../budget.ts'
import { ProviderError } from '../../errors.ts'
import type { ExaminedNode } from '../../examined.ts'
import { type GceClient, createGceClient } from '../client.ts'
import { gceLimits } from '../limits.ts'
import { explainGcpWay } from './explain-way.ts'

const [project, zone, region] = ['p', 'europe-west1-b', 'europe-west1']
let simulator: GceSimulator
let server: RunningServer
let client: GceClient
let network: string
let subnet: string
let a: Instance
let b: Instance

beforeEach(async () => {
  simulator = createGceSimulator({ rates: 'off', zones: [zone] })
  const { estate } = simulator
  server = await serve(simulator)
  client = await createGceClient({
    authorizer: {
      headers: () => Promise.resolve(new Map([['authorization', 'Bearer podway']])),
      refused: () => undefined,
    },
    endpoint: server.url,
  })
  estate.addProject(project)
  network = estate.addNetwork(project, 'n')
  const pods = { pods: '10.64.0.0/16' }
  subnet = estate.addSubnetwork({
    ...{ network, name: 's', region, range: '10.0.1.0/24', ipv6: 'fd20::/64' },
    secondary: pods,
  })
  a = machine('a', ['10.64.1.0/24'])
  b = machine('b', ['10.64.3.0/24'])
})

afterEach(async () => {
  await client.close()
  await server.close()
})

const machine = (name: string, aliases: readonly string[] = []): Instance =>
  simulator.estate.addInstance({
    ...{ project, zone, name, subnetworks: [subnet] },
    aliases: aliases.map((range) => ({ range, rangeName: 'pods' })),
  })

/** As anyone makes it, by the API. */
async function insertRoute(destRange: string, to: Instance, more: object = {}): Promise<void> {
  const send = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${server.url}/compute/v1/projects/${project}/${path}`, {
      method,
      headers: { authorization: 'Bearer somebody' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(await answer.text())
  }
  const name = `r${simulator.estate.routes(network).length}`
  await send('POST', 'global/routes', { name, network, destRange, nextHopInstance: to.path, ...more })
  // Any request settles what is due.
  await send('GET', 'global/networks')
}

const node = (name: string, more: Partial<ExaminedNode> = {}): ExaminedNode => ({
  name,
  providerID: `gce://${project}/${zone}/${name}`,
  addresses: [],
  podCIDRs: name === 'b' ? ['10.244.3.0/24', 'fd00:10:244:3::/64', '10.64.3.0/24'].map(parseCidr) : [],
  ...more,
})

interface Sent {
  readonly from?: ExaminedNode
  readonly to?: ExaminedNode | undefined
  readonly source?: string
  readonly destination?: string
  readonly mac?: string
}
const explain = ({ mac, source = '10.244.1.2', destination = '10.244.3.2', ...more }: Sent = {}) =>
  explainGcpWay({
    gce: {
      api: client.api,
      budget: new ApiBudget({ clock: systemClock, limits: gceLimits, share: 1 }),
      clock: systemClock,
    },
    instanceProject: project,
    networks: [network],
    attempt: (work) => work(),
  })(
    {
      ...{ source: parseAddress(source), destination: parseAddress(destination), mac },
      from: node('a'),
      to: node('b'),
      ...more,
    },
    AbortSignal.timeout(20_000),
  )
const codes = async (sent?: Sent): Promise<readonly string[]> => (await explain(sent)).map(({ code }) => code)

const whole = ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayForward']
const six = { source: 'fd00:10:244:1::2', destination: 'fd00:10:244:3::2' }
const alias = { source: '10.64.1.2', destination: '10.64.3.2' }

test('the default route that every network has is no route to a pod', async () => {
  const found = await explain()
  expect(found.map(({ code }) => code)).toEqual(['SenderMayForward', 'CloudRouteMissing'])
  expect(found[1]?.object).toEqual({ kind: 'network', name: network })
})

test('static routes of both families', async () => {
  await insertRoute('10.244.3.0/24', b)
  await insertRoute('fd00:10:244:3::/64', b)
  expect(await codes()).toEqual(whole)
  expect(await codes(six)).toEqual(whole)
})

test('of several routes the best counts, as Google has them', async () => {
  await insertRoute('10.244.3.0/24', b)
  await insertRoute('10.244.3.0/24', a, { priority: 1001 })
  expect(await codes()).toEqual(whole)
  await insertRoute('10.244.3.0/24', a)
  expect(await codes()).toEqual(['SenderMayForward', 'CloudRouteElsewhere', 'ReceiverMayForward'])
  await insertRoute('10.244.3.0/28', a)
  expect(await codes()).toEqual(['SenderMayForward', 'CloudRouteElsewhere'])
  simulator.estate.changeInstance(a.path, { canIpForward: false })
  expect(await codes()).toEqual(['SenderMayNotForward', 'CloudRouteElsewhere'])
})

test('a next hop by address, and one whose address nobody has', async () => {
  await insertRoute('10.244.3.0/24', b, { nextHopInstance: undefined, nextHopIp: '10.0.1.3' })
  expect(await codes()).toEqual(whole)
  simulator.estate.removeInstance(b.path)
  expect(await codes()).toEqual(['SenderMayForward', 'CloudRouteBlackhole', 'CloudPlaceUnknown'])
})

test('a stopped instance, and one that may not forward', async () => {
  await insertRoute('10.244.3.0/24', b)
  simulator.estate.changeInstance(b.path, { canIpForward: false })
  expect(await codes()).toEqual(['SenderMayForward', 'CloudRouteFound', 'ReceiverMayNotForward'])
  simulator.estate.changeInstance(b.path, { status: 'TERMINATED' })
  const found = await explain()
  expect(found.map(({ code }) => code)).toEqual(['SenderMayForward', 'CloudRouteBlackhole'])
  expect(found[1]?.fix).toContain('gcloud compute instances start b --project p --zone europe-west1-b')
})

test('a route with tags is for who has them', async () => {
  await insertRoute('10.244.3.0/24', b, { tags: ['node'] })
  expect(await codes()).toEqual(['SenderMayForward', 'CloudRouteMissing'])
  simulator.estate.changeInstance(a.path, { tags: ['node'] })
  expect(await codes()).toEqual(whole)
})

test('alias ranges, with nobody’s leave to forward', async () => {
  for (const { path } of [a, b]) simulator.estate.changeInstance(path, { canIpForward: false })
  expect(await codes(alias)).toEqual(['SenderMayForward', 'CloudRouteFound'])
  // Not all instances are read for that.
  expect(simulator.calls.map(({ method }) => method)).not.toContain('instances.aggregatedList')
})

test('an alias range that another instance has, and that nobody has', async () => {
  simulator.estate.setAliases(b.path, 'nic0', [])
  expect(await codes(alias)).toEqual(['SenderMayForward', 'CloudRouteMissing'])
  const other = machine('other', ['10.64.3.0/24'])
  const [, astray] = await explain(alias)
  expect(astray).toMatchObject({
    code: 'CloudRouteElsewhere',
    object: { kind: 'instance', name: other.path },
  })
  simulator.permissions.deny('compute.instances.list')
  expect((await explain(alias))[1]?.message).toContain('may not be read')
})

test('a Node’s own IPv6 address is delivered by its subnet, and the /96 around it', async () => {
  expect(await codes({ ...six, destination: 'fd20::3:0:0' })).toEqual(['SenderMayForward', 'CloudRouteFound'])
  expect(await codes({ ...six, destination: 'fd20::3:0:7' })).toEqual(['SenderMayForward', 'CloudRouteFound'])
  expect(await codes({ ...six, destination: 'fd20::9:0:7' })).toEqual([
    'SenderMayForward',
    'CloudRouteMissing',
  ])
})

test('an instance of two networks sends by that whose hardware address is told, else by the cluster’s', async () => {
  const outside = simulator.estate.addNetwork(project, 'outside')
  const range = '10.9.0.0/24'
  const other = simulator.estate.addSubnetwork({ network: outside, name: 'o', region, range })
  simulator.estate.addInstance({ project, zone, name: 'two', subnetworks: [other, subnet] })
  await insertRoute('10.244.3.0/24', b)
  const from = node('two')
  expect(await codes({ from })).toEqual(whole)
  expect(await codes({ from, mac: '42:01:0a:00:01:04' })).toEqual(whole)
  expect(await codes({ from, mac: '42:01:0a:09:00:02' })).toEqual(['SenderMayForward', 'CloudRouteMissing'])
})

test('a Node without provider ID is found by its address', async () => {
  const addresses = [parseAddress('10.0.1.2')]
  const { providerID: _, ...unnamed } = node('a', { addresses })
  await insertRoute('10.244.3.0/24', b)
  expect(await codes({ from: unnamed })).toEqual(whole)
  expect(await codes({ from: { ...unnamed, addresses: [] } })).toEqual(['CloudPlaceUnknown'])
})

test('a Node whose instance is not known leaves open what it takes to know', async () => {
  expect(await codes({ from: node('gone') })).toEqual(['CloudPlaceUnknown'])
  expect(await codes({ from: node('a', { providerID: 'aws:///z/i-1' }) })).toEqual(['CloudPlaceUnknown'])
  await insertRoute('10.244.3.0/24', b)
  expect(await codes({ to: node('gone') })).toEqual([
    'SenderMayForward',
    'CloudRouteFound',
    'CloudPlaceUnknown',
  ])
})

test('a network of another project (shared VPC), whose routes lead to addresses', async () => {
  const { estate } = simulator
  estate.addProject('host')
  const shared = estate.addNetwork('host', 'shared')
  const own = estate.addSubnetwork({ network: shared, name: 'h', region, range: '10.7.0.0/24' })
  for (const name of ['c', 'd']) estate.addInstance({ project, zone, name, subnetworks: [own] })
  const ends = { from: node('c'), to: node('d') }
  expect(await codes(ends)).toEqual(['SenderMayForward', 'CloudRouteMissing'])
  const nextHop = { kind: 'ip', address: parseAddress('10.7.0.3') } as const
  estate.addRoute({ network: shared, name: 'to-d', destination: '10.244.3.0/24', nextHop })
  expect(await codes(ends)).toEqual(whole)
})

test('a hybrid subnet: routes count where no interface has the address', async () => {
  simulator.estate.addSubnetwork({ network, name: 'm', region, range: '10.244.3.0/24', allowsOverlap: true })
  expect(await codes()).toEqual(['SenderMayForward', 'CloudRouteMissing'])
  await insertRoute('10.244.3.0/24', b)
  expect(await codes()).toEqual(whole)
})

test('what may not be read is told with the permission', async () => {
  simulator.permissions.deny('compute.routes.list')
  const [found, ...more] = await explain()
  expect(more).toEqual([])
  expect(found).toMatchObject({ code: 'CloudNotRead', severity: 'unknown', object: { name: 'routes.list' } })
  expect(found?.message).toContain('compute.routes.list')
  simulator.permissions.deny('compute.instances.get')
  expect(await codes()).toEqual(['CloudNotRead'])
})

test('any other failure fails', async () => {
  simulator.faults.inject({
    method: 'instances.get',
    fault: { kind: 'error', status: 503, reason: 'backendError' },
  })
  await expect(explain()).rejects.toBeInstanceOf(ProviderError)
})
