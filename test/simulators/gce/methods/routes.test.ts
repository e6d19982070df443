import { describe, expect, test } from 'vitest'
import { type GceSimulator, type GceSimulatorOptions, createGceSimulator } from '../gce-simulator.ts'
import {
  NETWORK,
  NOW,
  PROJECT,
  buildWorld,
  instancePath,
  jsonOf,
  verdict,
  wireRequest,
} from '../sdk-fixture.ts'

const good = {
  name: 'r-1',
  network: NETWORK,
  destRange: '10.244.3.0/24',
  priority: 1000,
  nextHopInstance: instancePath('a'),
}

interface World {
  readonly simulator: GceSimulator
  readonly insert: (route: object, at?: number) => string
  readonly get: (name: string, at?: number) => Readonly<Record<string, unknown>>
}

function makeWorld(options: GceSimulatorOptions = {}): World {
  const simulator = createGceSimulator({ rates: 'off', ...options })
  buildWorld(simulator)
  return {
    simulator,
    insert: (route, at = NOW) => verdict(simulator.handle(wireRequest('POST', '/global/routes', route), at)),
    get: (name, at = NOW) => jsonOf(simulator.handle(wireRequest('GET', `/global/routes/${name}`), at)),
  }
}

describe('insert', () => {
  test.each<[name: string, change: object, verdict: string]>([
    ['all as it should be', {}, '200'],
    ['a name of 63 characters', { name: `a${'b'.repeat(62)}` }, '200'],
    ['a name of 64', { name: `a${'b'.repeat(63)}` }, '400 invalid'],
    ['a name with capitals', { name: 'R' }, '400 invalid'],
    ['no name', { name: undefined }, '400 required'],
    ['no network', { network: undefined }, '400 required'],
    ['a network that is not there', { network: `projects/${PROJECT}/global/networks/none` }, '404 notFound'],
    ['a network of another project', { network: 'projects/other/global/networks/prod' }, '400 invalid'],
    ['a network by URL', { network: `https://compute.googleapis.com/compute/v1/${NETWORK}` }, '200'],
    ['a network by a part of it', { network: 'global/networks/prod' }, '200'],
    ['what is no network', { network: 'prod' }, '400 invalid'],
    ['no destination', { destRange: undefined }, '400 required'],
    ['host bits', { destRange: '10.244.3.1/24' }, '400 invalid'],
    ['a destination without length', { destRange: '10.244.3.0' }, '400 invalid'],
    ['IPv6', { destRange: 'fd00:10:244:3::/64' }, '200'],
    // https://github.com/rimusz/gke-haproxy-lb/issues/4
    ['a part of a subnet', { destRange: '10.0.0.0/28' }, '400 invalid'],
    ['a whole subnet', { destRange: '10.0.0.0/24' }, '400 invalid'],
    ['more than a subnet', { destRange: '10.0.0.0/16' }, '200'],
    ['a part of a secondary range', { destRange: '10.64.3.0/24' }, '400 invalid'],
    ['a part of a subnet’s IPv6 range', { destRange: 'fd20::/96' }, '400 invalid'],
    ['a part of a peer’s subnet', { destRange: '10.9.3.0/24' }, '400 invalid'],
    ['a part of a hybrid subnet', { destRange: '10.8.3.0/24' }, '200'],
    ['a priority that is none', { priority: 65_536 }, '400 invalid'],
    ['a tag that is none', { tags: ['Node'] }, '400 invalid'],
    ['tags', { tags: ['node'] }, '200'],
    ['no next hop', { nextHopInstance: undefined }, '400 invalid'],
    ['two next hops', { nextHopIp: '10.0.0.2' }, '400 invalid'],
    [
      'an instance of another project',
      { nextHopInstance: 'projects/other/zones/z/instances/a' },
      '400 invalid',
    ],
    ['an instance that is not there', { nextHopInstance: instancePath('none') }, '200'],
    ['an address', { nextHopInstance: undefined, nextHopIp: '10.0.0.2' }, '200'],
    ['an address of the other family', { nextHopInstance: undefined, nextHopIp: 'fd20::2' }, '400 invalid'],
    ['what is no address', { nextHopInstance: undefined, nextHopIp: 'a' }, '400 invalid'],
    ['a field that is none', { nexthop: 'x' }, '400 invalid'],
    ['a description that is too long', { description: 'x'.repeat(2_049) }, '400 invalid'],
  ])('%s', (_name, change, expected) => {
    const { insert } = makeWorld()
    expect(insert(JSON.parse(JSON.stringify({ ...good, ...change })) as object)).toBe(expected)
  })

  test('of a name that is there, or is being made: 409', () => {
    const { insert } = makeWorld({ operationMs: 1_000 })
    expect(insert(good)).toBe('200')
    expect(insert(good)).toBe('409 alreadyExists')
    expect(insert({ ...good, destRange: '10.244.4.0/24' }, NOW + 1_000)).toBe('409 alreadyExists')
  })

  test('of a second route to one destination is taken: they share the packets', () => {
    const { insert } = makeWorld()
    expect(insert(good)).toBe('200')
    expect(insert({ ...good, name: 'r-2', nextHopInstance: instancePath('b') })).toBe('200')
  })
})

describe('operations', () => {
  test('take their time: the route is there when they end', () => {
    const { simulator, get } = makeWorld({ operationMs: 1_000 })
    const operation = jsonOf(simulator.handle(wireRequest('POST', '/global/routes', good), NOW))
    expect(operation).toMatchObject({ kind: 'compute#operation', status: 'RUNNING', operationType: 'insert' })
    const look = (at: number): unknown =>
      jsonOf(simulator.handle(wireRequest('POST', `/global/operations/${String(operation.name)}/wait`), at))
        .status
    expect(get('r-1', NOW + 999)).toHaveProperty('error')
    expect(look(NOW + 999)).toBe('RUNNING')
    expect(look(NOW + 1_000)).toBe('DONE')
    expect(get('r-1', NOW + 1_000)).toMatchObject({ name: 'r-1', priority: 1000, destRange: '10.244.3.0/24' })
  })

  test('may fail in the end, and then nothing has happened', () => {
    const { simulator, insert, get } = makeWorld()
    const error = {
      code: 'INTERNAL_ERROR',
      message: 'no',
      httpStatus: 500,
      httpMessage: 'INTERNAL SERVER ERROR',
    }
    simulator.faults.inject({ method: 'routes.insert', fault: { kind: 'operation-error', error } })
    expect(insert(good)).toBe('200')
    expect(get('r-1')).toHaveProperty('error')
    expect(insert(good)).toBe('200')
    expect(get('r-1')).toMatchObject({ name: 'r-1' })
  })

  test('of one request id are one', () => {
    const { simulator } = makeWorld({ operationMs: 1_000 })
    const request = wireRequest('POST', `/global/routes?requestId=${crypto.randomUUID()}`, good)
    const [one, two] = [simulator.handle(request, NOW), simulator.handle(request, NOW)]
    expect(jsonOf(two)).toEqual(jsonOf(one))
    const zero = wireRequest('POST', '/global/routes?requestId=00000000-0000-0000-0000-000000000000', good)
    expect(verdict(simulator.handle(zero, NOW))).toBe('400 invalid')
  })

  test('beyond the quota end with its name and limit', () => {
    const { simulator, insert } = makeWorld()
    simulator.estate.addProject(PROJECT, { staticRoutesPerNetwork: 1 })
    expect(insert(good)).toBe('200')
    const second = jsonOf(
      simulator.handle(
        wireRequest('POST', '/global/routes', { ...good, name: 'r-2', destRange: '10.244.4.0/24' }),
        NOW,
      ),
    )
    const ended = simulator.handle(wireRequest('GET', `/global/operations/${String(second.name)}`), NOW)
    expect(jsonOf(ended)).toMatchObject({
      status: 'DONE',
      httpErrorStatusCode: 403,
      error: { errors: [{ code: 'QUOTA_EXCEEDED', errorDetails: [{ quotaInfo: { limit: 1 } }] }] },
    })
  })
})

describe('delete', () => {
  test('takes the route away when it ends; meanwhile it is busy', () => {
    const { simulator, insert, get } = makeWorld({ operationMs: 1_000 })
    const remove = (at: number, name = 'r-1'): string =>
      verdict(simulator.handle(wireRequest('DELETE', `/global/routes/${name}`), at))
    insert(good)
    expect(remove(NOW)).toBe('404 notFound')
    expect(remove(NOW + 1_000)).toBe('200')
    expect(remove(NOW + 1_500)).toBe('400 resourceNotReady')
    expect(get('r-1', NOW + 1_500)).toMatchObject({ name: 'r-1' })
    expect(remove(NOW + 2_000)).toBe('404 notFound')
  })

  test('of a subnet’s own route is refused', () => {
    const { simulator } = makeWorld()
    const { items } = jsonOf(simulator.handle(wireRequest('GET', '/global/routes'), NOW)) as {
      readonly items: readonly { readonly name: string; readonly nextHopNetwork?: string }[]
    }
    const own = items.find(({ nextHopNetwork }) => nextHopNetwork !== undefined)?.name ?? ''
    expect(verdict(simulator.handle(wireRequest('DELETE', `/global/routes/${own}`), NOW))).toBe('400 invalid')
  })
})

describe('what is wrong with a next hop is a warning of the route', () => {
  test.each<[code: string, change: object, estate: (simulator: GceSimulator) => void]>([
    ['NEXT_HOP_INSTANCE_NOT_FOUND', {}, ({ estate }) => estate.removeInstance(instancePath('a'))],
    [
      'NEXT_HOP_NOT_RUNNING',
      {},
      ({ estate }) => estate.changeInstance(instancePath('a'), { status: 'TERMINATED' }),
    ],
    [
      'NEXT_HOP_CANNOT_IP_FORWARD',
      {},
      ({ estate }) => estate.changeInstance(instancePath('a'), { canIpForward: false }),
    ],
    [
      'NEXT_HOP_INSTANCE_NOT_ON_NETWORK',
      { network: `projects/${PROJECT}/global/networks/other` },
      () => undefined,
    ],
    [
      'NEXT_HOP_ADDRESS_NOT_ASSIGNED',
      { nextHopInstance: undefined, nextHopIp: '10.0.0.99' },
      () => undefined,
    ],
    [
      'NEXT_HOP_INSTANCE_HAS_NO_IPV6_INTERFACE',
      { destRange: 'fd00::/64', nextHopInstance: instancePath('old') },
      ({ estate }) => {
        const subnetwork = `projects/${PROJECT}/regions/europe-west1/subnetworks/hybrid`
        estate.addInstance({
          project: PROJECT,
          zone: 'europe-west1-b',
          name: 'old',
          subnetworks: [subnetwork],
        })
      },
    ],
  ])('%s', (code, change, happen) => {
    const { simulator, insert, get } = makeWorld()
    expect(insert(JSON.parse(JSON.stringify({ ...good, ...change })) as object)).toBe('200')
    happen(simulator)
    expect(get('r-1')).toMatchObject({ warnings: [{ code }] })
  })

  test('and none where all is well', () => {
    const { insert, get } = makeWorld()
    insert(good)
    expect(get('r-1')).not.toHaveProperty('warnings')
  })
})
