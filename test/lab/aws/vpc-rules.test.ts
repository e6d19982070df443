import { describe, expect, test } from 'vitest'
import { whereTo } from '../testing/where-to.ts'
import { podAddresses } from '../testing/sample-pods.ts'
import { ownAddresses, routesTo, sampleFabric } from './sample-vpc.ts'
import type { VpcRoute } from './vpc-state.ts'

type Sample = Parameters<typeof sampleFabric>
type Name = 'a1' | 'a2' | 'b1' | 'db'

const to = (destination: string, kind: 'eni' | 'other', id: string): VpcRoute => ({
  destination,
  target: { kind, id },
  state: 'active',
})

describe('who gets a packet from a pod of a1', () => {
  const cases: readonly (readonly [
    what: string,
    sample: Sample,
    destination: string,
    receivers: readonly Name[],
  ])[] = [
    ['to a pod, by the table of its own subnet', [], podAddresses('b1')[4], ['b1']],
    ['to a pod by IPv6', [], podAddresses('b1')[6], ['b1']],
    ['to a pod that only another subnet’s table knows', [{ a: [] }], podAddresses('b1')[4], []],
    ['to an instance, by the local route', [{ a: [] }], ownAddresses('db')[4], ['db']],
    [
      'to an instance, whatever route there is to a part of the VPC',
      [{ a: [to('10.0.3.0/24', 'eni', 'eni-a2')] }],
      ownAddresses('db')[4],
      ['db'],
    ],
    [
      'to an address of the VPC that nobody has, whatever route there is around it',
      [{ a: [to('0.0.0.0/0', 'eni', 'eni-a2')] }],
      '10.0.3.99',
      [],
    ],
    [
      'to a pod, by a route around it',
      [{ a: [to('10.244.0.0/16', 'eni', 'eni-a2')] }],
      podAddresses('b1')[4],
      ['a2'],
    ],
    ['by a blackhole', [{ a: routesTo('b1', 'blackhole') }], podAddresses('b1')[4], []],
    ['by a gateway', [{ a: [to('0.0.0.0/0', 'other', 'igw-1')] }], podAddresses('b1')[4], []],
    ['to an ENI whose check is on', [{}, { b1: { sourceDestCheck: true } }], podAddresses('b1')[4], []],
    [
      'to a prefix that is delegated to an ENI, whose check is on',
      [{ a: [] }, { b1: { prefixes: ['2001:db8:0:2:8000::/80'], sourceDestCheck: true } }],
      '2001:db8:0:2:8000::2',
      ['b1'],
    ],
    ['to an instance that does not run', [{}, { b1: { up: false } }], podAddresses('b1')[4], []],
    ['while its own check is on', [{}, { a1: { sourceDestCheck: true } }], podAddresses('b1')[4], []],
    ['while its own instance does not run', [{}, { a1: { up: false } }], podAddresses('b1')[4], []],
  ]
  test.each(cases)('%s', (_, sample, destination, receivers) => {
    const source = podAddresses('a1')[destination.includes(':') ? 6 : 4]
    expect(whereTo(sampleFabric(...sample), { from: 'eni-a1', source, destination })).toEqual(
      receivers.map((name) => `eni-${name}`),
    )
  })
})
