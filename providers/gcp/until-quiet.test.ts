import { describe, expect, test } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import { ampleBudget } from '../../test/conformance/ample-budget.ts'
import type { RouteProvider } from '../provider.ts'
import type { Target } from '../route.ts'
import { gcpProvider } from './gcp-provider.ts'
import type { GcpMode } from './mode.ts'
import { routeName } from './route-mark.ts'
import { VirtualGce } from './testing/virtual-gce.ts'

const { signal } = new AbortController()
const project = 'p'
const network = `projects/${project}/global/networks/n`
const zone = 'europe-west1-b'
const path = (name: string): string => `projects/${project}/zones/${zone}/instances/${name}`
const target = (name: string): Target => ({ kind: 'instance', id: path(name) })
const clusterName = 'prod'

interface World {
  readonly gce: VirtualGce
  readonly provider: (mode: GcpMode) => RouteProvider
  /** What a leader before this one has sent, and not seen the end of. */
  readonly send: (method: string, path: string, body: object) => void
  /** Milliseconds until it resolves. */
  readonly timeOf: (work: Promise<unknown>) => Promise<number>
}

async function makeWorld(operationMs: number): Promise<World> {
  const gce = new VirtualGce({ rates: 'off', operationMs })
  const { estate } = gce.simulator
  estate.addProject(project)
  estate.addNetwork(project, 'n')
  const subnetwork = estate.addSubnetwork({
    network,
    name: 's',
    region: 'europe-west1',
    range: '10.0.0.0/24',
    secondary: { pods: '10.244.0.0/16' },
  })
  for (const name of ['a', 'b']) estate.addInstance({ project, zone, name, subnetworks: [subnetwork] })
  const api = await gce.open()
  return {
    gce,
    provider: (mode) =>
      gcpProvider({
        ...{ gce: api, budget: ampleBudget(), clock: gce.clock, clusterName, mode },
        networks: [network],
        instanceProject: project,
      }),
    send(method, at, body) {
      const reply = gce.simulator.handle(
        {
          method,
          target: `/compute/v1/projects/${project}/${at}`,
          headers: { authorization: 'Bearer predecessor' },
          body: JSON.stringify(body),
        },
        gce.clock.now(),
      )
      expect(reply).toMatchObject({ status: 200 })
    },
    async timeOf(work) {
      const start = gce.clock.monotonic()
      await gce.until(work)
      return gce.clock.monotonic() - start
    },
  }
}

const insert = ({ send }: World, name: string): void =>
  send('POST', 'global/routes', {
    name,
    network,
    destRange: '10.99.3.0/24',
    nextHopInstance: path('a'),
  })
const nameOf = (cluster: string): string =>
  routeName({ clusterName: cluster, network, destination: parseCidr('10.99.3.0/24'), target: target('a') })

function assign({ gce, send }: World, name: string): void {
  const fingerprint = fingerprintOf(gce, name)
  send('PATCH', `zones/${zone}/instances/${name}/updateNetworkInterface?networkInterface=nic0`, {
    fingerprint,
    aliasIpRanges: [{ ipCidrRange: '10.244.3.0/24', subnetworkRangeName: 'pods' }],
  })
}

function fingerprintOf(gce: VirtualGce, name: string): string {
  const reply = gce.simulator.handle(
    {
      method: 'GET',
      target: `/compute/v1/${path(name)}`,
      headers: { authorization: 'Bearer predecessor' },
      body: '',
    },
    gce.clock.now(),
  )
  if (reply.kind !== 'response') throw new Error('no answer')
  const { networkInterfaces } = JSON.parse(reply.body) as {
    readonly networkInterfaces: readonly { readonly fingerprint: string }[]
  }
  return networkInterfaces[0]?.fingerprint ?? ''
}

/** In the mode of alias ranges if there are targets. */
const quiet = ({ provider }: World, targets?: readonly Target[]): Promise<void> =>
  provider(targets === undefined ? 'routes' : 'alias-ip').untilQuiet?.(targets ?? [], signal) ??
  Promise.reject(new Error('it does not wait'))

/** What asking alone takes. */
const aMoment = 2_000

describe('what an earlier leader has begun', () => {
  test('a route of the cluster: waited for until it is there', async () => {
    const world = await makeWorld(20_000)
    insert(world, nameOf(clusterName))
    const ms = await world.timeOf(quiet(world))
    expect(ms).toBeGreaterThanOrEqual(19_000)
    expect(ms).toBeLessThan(22_000)
  })

  test.each([
    ['a route of another cluster', nameOf('other')],
    ['of one whose name begins the same', nameOf('prod-eu')],
    ['of nobody’s', 'by-hand'],
  ])('%s: nobody waits', async (_, name) => {
    const world = await makeWorld(20_000)
    insert(world, name)
    expect(await world.timeOf(quiet(world))).toBeLessThan(aMoment)
  })

  test('an alias range of one of the ledger’s targets: waited for; of another instance, not', async () => {
    const world = await makeWorld(20_000)
    assign(world, 'a')
    const provider = world.provider('alias-ip')
    const others = [target('b'), { kind: 'address', id: '10.0.0.3' }] as const
    expect(await world.timeOf(quiet(world, others))).toBeLessThan(aMoment)
    const ms = await world.timeOf(quiet(world, [target('a'), target('b')]))
    expect(ms).toBeGreaterThan(15_000)
    const table = { id: `${network}/aliasIpRanges` }
    const { routes } = await world.gce.until(provider.list(table, signal))
    expect(routes).toMatchObject([{ target: target('a') }])
  })

  // Of a shared VPC, a record knows the instance by its address there.
  test('an alias range of an instance that is known by its address: waited for too', async () => {
    const world = await makeWorld(20_000)
    assign(world, 'a')
    const ms = await world.timeOf(quiet(world, [{ kind: 'address', id: '10.0.0.2' }]))
    expect(ms).toBeGreaterThan(15_000)
  })

  test.each([
    ['a route', (world: World) => insert(world, nameOf(clusterName)), undefined],
    ['an alias range', (world: World) => assign(world, 'a'), [target('a')]],
  ])('%s that never comes is not waited for longer than two minutes', async (_, begin, targets) => {
    const world = await makeWorld(Infinity)
    begin(world)
    const ms = await world.timeOf(
      expect(quiet(world, targets)).rejects.toMatchObject({
        class: 'transient',
        message: expect.stringContaining('is not known yet') as string,
      }),
    )
    expect(ms).toBeGreaterThan(110_000)
    expect(ms).toBeLessThan(130_000)
  })

  test('once it has ended, a listing asks for nothing more', async () => {
    const world = await makeWorld(20_000)
    insert(world, nameOf(clusterName))
    const provider = world.provider('routes')
    await world.gce.until(provider.untilQuiet?.([], signal) ?? Promise.reject(new Error('it does not wait')))
    await world.gce.until(provider.list({ id: network }, signal))
    const asked = world.gce.simulator.calls.filter(({ method }) => method === 'globalOperations.list')
    expect(asked).toHaveLength(1)
  })

  test('what ends badly is no failure: the tables are read after it', async () => {
    const world = await makeWorld(5_000)
    world.gce.simulator.estate.addProject(project, { staticRoutesPerNetwork: 1 })
    insert(world, nameOf(clusterName))
    await world.timeOf(quiet(world))
  })

  test('who may not ask lists routes all the same', async () => {
    const world = await makeWorld(0)
    const fault = { kind: 'error', status: 403, reason: 'forbidden' } as const
    world.gce.simulator.faults.inject({ method: 'globalOperations.list', fault })
    const { routes } = await world.gce.until(world.provider('routes').list({ id: network }, signal))
    expect(routes).not.toEqual([])
  })

  test('who may not ask is told which permission is missing', async () => {
    const world = await makeWorld(0)
    world.gce.simulator.faults.inject({
      method: 'globalOperations.list',
      fault: { kind: 'error', status: 403, reason: 'forbidden' },
    })
    await expect(world.gce.until(quiet(world))).rejects.toMatchObject({
      class: 'unauthorized',
      message: expect.stringContaining('compute.globalOperations.list') as string,
    })
  })
})
