import { describe, expect, test } from 'vitest'
import { whereTo } from '../testing/where-to.ts'
import { type SampleMachine, podAddresses } from '../testing/sample-pods.ts'
import { nicId, ownAddresses, route, routesTo, sampleFabric } from './sample-vnet.ts'

type Sample = Parameters<typeof sampleFabric>

/** From a pod of that machine, unless the source is told. */
function receivers(
  sample: Sample,
  from: SampleMachine,
  destination: string,
  source = podAddresses(from)[destination.includes(':') ? 6 : 4],
): readonly string[] {
  return whereTo(sampleFabric(...sample), { from: nicId(from), source, destination })
}

describe('who gets a packet from a pod of a1', () => {
  const all = routesTo('a1', 'a2', 'b1')
  const none = { kind: 'other' } as const
  const vnet = { kind: 'vnet' } as const
  const cases: readonly (readonly [
    what: string,
    sample: Sample,
    destination: string,
    to: readonly SampleMachine[],
  ])[] = [
    ['to a pod, by the appliance that its subnet’s table names', [], podAddresses('b1')[4], ['b1']],
    ['to a pod by IPv6', [], podAddresses('b1')[6], ['b1']],
    ['to a neighbour’s pod: its own subnet is no exception', [], podAddresses('a2')[4], ['a2']],
    ['to a pod that another subnet’s table knows', [{ a: [] }], podAddresses('b1')[4], []],
    ['to a pod, from a subnet without a table', [{ a: null }], podAddresses('b1')[4], []],
    ['to a machine, from a subnet without a table', [{ a: null }], ownAddresses('db')[4], ['db']],
    ['to a machine of another subnet, by the system’s route', [{ a: [] }], ownAddresses('db')[6], ['db']],
    ['to an address of the network that nobody has', [], '10.0.3.99', []],
    [
      'to a subnet that a longer route leads elsewhere',
      [{ a: [route('10.0.3.0/24', 'a2')] }],
      ownAddresses('db')[4],
      ['a2'],
    ],
    [
      'to a neighbour, if the route is to the subnet of both',
      [{ a: [route('10.0.1.0/24', 'b1')] }],
      ownAddresses('a2')[4],
      ['b1'],
    ],
    [
      'to the network, by a route to its very address space: the user’s counts, not the system’s',
      [{ a: [route('10.0.0.0/16', 'a2')] }],
      ownAddresses('db')[4],
      ['a2'],
    ],
    [
      'to the network, by a broader route: the system’s is longer',
      [{ a: [route('10.0.0.0/8', 'a2')] }],
      ownAddresses('db')[4],
      ['db'],
    ],
    [
      'to one machine, whose route is None',
      [{ a: [{ prefix: `${ownAddresses('db')[4]}/32`, nextHop: none }] }],
      ownAddresses('db')[4],
      [],
    ],
    [
      'to a part of the network that is left to it, within one that is not',
      [{ a: [route('10.0.0.0/16', 'a2'), { prefix: '10.0.3.0/24', nextHop: vnet }] }],
      ownAddresses('db')[4],
      ['db'],
    ],
    [
      'to one machine that is left to the network',
      [{ a: [route('10.0.3.0/24', 'a2'), { prefix: `${ownAddresses('db')[4]}/32`, nextHop: vnet }] }],
      ownAddresses('db')[4],
      ['db'],
    ],
    [
      'by the longest of two routes',
      [{ a: [route('10.244.0.0/16', 'a2'), route('10.244.3.0/24', 'b1')] }],
      podAddresses('b1')[4],
      ['b1'],
    ],
    [
      'to a gateway or the internet, which the lab lacks',
      [{ a: [{ prefix: '0.0.0.0/0', nextHop: none }] }],
      podAddresses('b1')[4],
      [],
    ],
    [
      'to an appliance whose IP forwarding is off',
      [{}, { b1: { enableIpForwarding: false } }],
      podAddresses('b1')[4],
      [],
    ],
    [
      'to that machine itself, whose IP forwarding is off',
      [{}, { b1: { enableIpForwarding: false } }],
      ownAddresses('b1')[4],
      ['b1'],
    ],
    [
      'to an appliance whose address nobody has',
      [{ a: all }, { b1: { addresses: ['10.0.2.99'] } }],
      podAddresses('b1')[4],
      [],
    ],
    ['to an appliance that does not run', [{}, { b1: { isRunning: false } }], podAddresses('b1')[4], []],
  ]
  test.each(cases)('%s', (_, sample, destination, to) => {
    expect(receivers(sample, 'a1', destination)).toEqual(to.map(nicId))
  })
})

test('a machine whose IP forwarding is off sends from its own addresses only', () => {
  const off: Sample = [{}, { a1: { enableIpForwarding: false } }]
  expect(receivers(off, 'a1', podAddresses('b1')[4])).toEqual([])
  expect(receivers(off, 'a1', podAddresses('b1')[4], ownAddresses('a1')[4])).toEqual([nicId('b1')])
})

test('the table of the sender decides: a one-way route is one-way', () => {
  const oneWay: Sample = [{ a: routesTo('b1'), b: [] }]
  expect(receivers(oneWay, 'a1', podAddresses('b1')[4])).toEqual([nicId('b1')])
  expect(receivers(oneWay, 'b1', podAddresses('a1')[4])).toEqual([])
})

test('a machine that does not run gives nothing', () => {
  expect(receivers([{}, { a1: { isRunning: false } }], 'a1', podAddresses('b1')[4])).toEqual([])
})

test('each destination of a table stands once', () => {
  const host = `${ownAddresses('db')[4]}/32`
  const { tables } = sampleFabric({
    a: [route('10.0.0.0/16', 'a2'), { prefix: host, nextHop: { kind: 'vnet' } }],
  })
  for (const { routes } of tables) {
    const destinations = routes.map(({ destination }) => destination)
    expect(new Set(destinations).size).toBe(destinations.length)
  }
})
