import { describe, expect, test } from 'vitest'
import { routesTo, sampleFabric } from './aws/sample-vpc.ts'
import { type FabricState, gatewaysOf, versionOf } from './fabric-state.ts'

const reversed = (state: FabricState): FabricState => ({
  tables: state.tables.map((table) => ({ routes: table.routes.toReversed(), id: table.id })).reverse(),
  ports: state.ports.map((port) => ({ ...port, addresses: port.addresses.toReversed() })).reverse(),
})

test('the version does not depend on any order', () => {
  expect(versionOf(reversed(sampleFabric()))).toBe(versionOf(sampleFabric()))
})

describe('the version changes with', () => {
  const cases: readonly (readonly [string, FabricState])[] = [
    ['a route less', sampleFabric({ a: routesTo('a1') })],
    ['a route in another table', sampleFabric({ db: routesTo('a1') })],
    ['a blackhole', sampleFabric({ b: routesTo('a1', 'blackhole') })],
    ['the source/destination check', sampleFabric({}, { a1: { sourceDestCheck: true } })],
    ['an instance that stopped', sampleFabric({}, { a1: { up: false } })],
    ['an address', sampleFabric({}, { a1: { addresses: ['10.0.1.12'] } })],
    ['a delegated prefix', sampleFabric({}, { a1: { prefixes: ['2001:db8:0:1:8000::/80'] } })],
  ]
  const versions = cases.map(([, state]) => versionOf(state))
  test.each(cases)('%s', (_, state) => {
    expect(versionOf(state)).not.toBe(versionOf(sampleFabric()))
    expect(versions.filter((version) => version === versionOf(state))).toHaveLength(1)
  })
})

test('the router has the first address behind the lowest of each of a subnet’s ranges', () => {
  expect(gatewaysOf(['10.0.1.0/24', '2001:db8:0:1::/64'])).toEqual(['10.0.1.1', '2001:db8:0:1::1'])
})
