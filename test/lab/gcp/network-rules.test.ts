import { describe, expect, test } from 'vitest'
import { versionOf } from '../fabric-state.ts'
import { whereTo } from '../testing/where-to.ts'
import { type SampleMachine, podAddresses } from '../testing/sample-pods.ts'
import { instancePath, ownAddresses, port, route, routesTo, sampleFabric } from './sample-network.ts'

type Sample = Parameters<typeof sampleFabric>

/** From a pod of that instance, unless the source is told. */
function receivers(
  sample: Sample,
  from: SampleMachine,
  destination: string,
  source = podAddresses(from)[destination.includes(':') ? 6 : 4],
): readonly string[] {
  return whereTo(sampleFabric(...sample), { from: port(from), source, destination })
}

describe('who gets a packet from a pod of a1', () => {
  const cases: readonly (readonly [
    what: string,
    sample: Sample,
    destination: string,
    to: readonly SampleMachine[],
  ])[] = [
    ['to a pod, by the route of the whole network', [], podAddresses('b1')[4], ['b1']],
    ['to a pod by IPv6', [], podAddresses('b1')[6], ['b1']],
    ['to a neighbour’s pod: its own subnet is no exception', [], podAddresses('a2')[4], ['a2']],
    ['to a pod without a route', [routesTo('a1')], podAddresses('a2')[4], []],
    ['to an instance of another region, without any static route', [[]], ownAddresses('b1')[4], ['b1']],
    ['to an instance that may not forward', [[]], ownAddresses('db')[6], ['db']],
    ['to any address of the /96 of an instance', [[]], `${ownAddresses('b1')[6]}7`, ['b1']],
    ['to an address of a subnet that nobody has', [[route('0.0.0.0/0', 'b1')]], '10.0.2.200', []],
    [
      'by two routes of one priority: each gets a share',
      [[route('10.244.3.0/24', 'b1'), route('10.244.3.0/24', 'a2')]],
      '10.244.3.2',
      ['a2', 'b1'],
    ],
    [
      'by two routes to one instance',
      [[route('10.244.3.0/24', 'b1'), route('10.244.3.0/24', 'b1')]],
      '10.244.3.2',
      ['b1'],
    ],
    [
      'by the lowest priority number',
      [[route('10.244.3.0/24', 'b1'), route('10.244.3.0/24', 'a2', { priority: 999 })]],
      '10.244.3.2',
      ['a2'],
    ],
    [
      'by the longest prefix, whatever the priorities',
      [[route('10.244.3.0/24', 'b1'), route('10.244.0.0/16', 'a2', { priority: 1 })]],
      '10.244.3.2',
      ['b1'],
    ],
    [
      'by the next priority, if the instance of the best one does not run',
      [
        [route('10.244.3.0/24', 'b1'), route('10.244.3.0/24', 'a2', { priority: 999 })],
        { a2: { isRunning: false } },
      ],
      '10.244.3.2',
      ['b1'],
    ],
    [
      'by no broader route, if no instance of the longest one runs',
      [[route('10.244.3.0/24', 'b1'), route('10.244.0.0/16', 'a2')], { b1: { isRunning: false } }],
      '10.244.3.2',
      [],
    ],
    [
      'by a route to an instance that is gone',
      [
        [
          route('10.244.3.0/24', 'b1', {
            nextHop: { kind: 'instance', instance: 'projects/p/zones/z/instances/x' },
          }),
        ],
      ],
      '10.244.3.2',
      [],
    ],
    [
      'by a next hop that is an address',
      [[route('10.244.3.0/24', 'b1', { nextHop: { kind: 'address', address: ownAddresses('b1')[4] } })]],
      '10.244.3.2',
      ['b1'],
    ],
    [
      'by a gateway, which the lab lacks, though an instance has the next priority',
      [
        [
          route('10.244.3.0/24', 'b1'),
          route('10.244.3.0/24', 'b1', { priority: 1, nextHop: { kind: 'other' } }),
        ],
      ],
      '10.244.3.2',
      [],
    ],
    [
      'to an instance that may not forward: only what is for itself',
      [routesTo('b1'), { b1: { canIpForward: false } }],
      '10.244.3.2',
      [],
    ],
    [
      'by IPv6, to an instance that has none',
      [routesTo('b1'), { b1: { addresses: [ownAddresses('b1')[4]], ranges: [] } }],
      podAddresses('b1')[6],
      [],
    ],
    [
      'to an alias range, without a route, to an instance that may not forward',
      [[], { b1: { ranges: ['10.65.7.0/24'], canIpForward: false } }],
      '10.65.7.2',
      ['b1'],
    ],
    ['to a part of a secondary range that is no alias range', [[route('0.0.0.0/0', 'b1')]], '10.65.7.2', []],
    [
      'to an alias range, whatever static route lies in it',
      [[route('10.65.7.0/25', 'a2')], { b1: { ranges: ['10.65.7.0/24'] } }],
      '10.65.7.2',
      ['b1'],
    ],
  ]
  test.each(cases)('%s', (_, sample, destination, to) => {
    expect(receivers(sample, 'a1', destination)).toEqual(to.map(port))
  })
})

describe('an instance that may not forward sends', () => {
  const off: Sample = [routesTo('b1'), { a1: { canIpForward: false, ranges: ['10.64.7.0/24'] } }]
  test.each([
    ['from its own address', ownAddresses('a1')[4], [port('b1')]],
    ['from its alias range', '10.64.7.2', [port('b1')]],
    ['not from a pod that it only routes for', podAddresses('a1')[4], []],
    ['not from another’s address', ownAddresses('a2')[4], []],
  ])('%s', (_, source, to) => {
    expect(receivers(off, 'a1', podAddresses('b1')[4], source)).toEqual(to)
  })
})

describe('a route with network tags', () => {
  const tagged: Sample = [
    [route('10.244.3.0/24', 'b1', { tags: ['node', 'x'] }), ...routesTo('a2')],
    { a1: { tags: ['node', 'of-no-route'] } },
  ]
  test('is for instances that have one of them', () => {
    expect(receivers(tagged, 'a1', '10.244.3.2')).toEqual([port('b1')])
  })
  test('and for no others, who have all the rest', () => {
    expect(receivers(tagged, 'b1', '10.244.3.2')).toEqual([])
    expect(receivers(tagged, 'b1', '10.244.2.2')).toEqual([port('a2')])
  })
  test('beats a broader one that is for all', () => {
    const [routes = [], change] = tagged
    const broader = [...routes, route('10.244.0.0/16', 'a2')]
    expect(receivers([broader, change], 'a1', '10.244.3.2')).toEqual([port('b1')])
    expect(receivers([broader, change], 'b1', '10.244.3.2')).toEqual([port('a2')])
  })
})

test('an instance that does not run gives nothing', () => {
  expect(receivers([undefined, { a1: { isRunning: false } }], 'a1', podAddresses('b1')[4])).toEqual([])
})

test('tags that no route has make no table, and no version', () => {
  const plain = sampleFabric()
  const tagged = sampleFabric(undefined, { a1: { tags: ['web'] }, b1: { tags: ['db'] } })
  expect(tagged.tables).toHaveLength(1)
  expect(versionOf(tagged)).toBe(versionOf(plain))
})

test('the version changes with a priority that moves packets, and with no other', () => {
  const pair = (priority: number): string =>
    versionOf(sampleFabric([route('10.244.3.0/24', 'b1'), route('10.244.3.0/24', 'a2', { priority })]))
  expect(pair(999)).not.toBe(pair(1000))
  expect(pair(999)).toBe(pair(1))
  expect(pair(1001)).toBe(versionOf(sampleFabric([route('10.244.3.0/24', 'b1')])))
})

test('every port has the addresses of its subnet’s router as gateways', () => {
  const gateways = sampleFabric().ports.map(({ gateways: its, id }) => [id, its])
  expect(gateways).toContainEqual([`${instancePath('b1')}:nic0`, ['10.0.2.1', 'fd20:0:0:2::1']])
})
