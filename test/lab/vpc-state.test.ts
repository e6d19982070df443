import { describe, expect, test } from 'vitest'
import { routesTo, sampleVpc } from './sample-vpc.ts'
import { type VpcState, versionOf } from './vpc-state.ts'

const reversed = (state: VpcState): VpcState => ({
  tables: state.tables.map((table) => ({ routes: table.routes.toReversed(), id: table.id })).reverse(),
  enis: state.enis.map((eni) => ({ ...eni, addresses: eni.addresses.toReversed() })).reverse(),
  subnets: state.subnets.toReversed(),
  cidrs: state.cidrs.toReversed(),
})

test('the version does not depend on any order', () => {
  expect(versionOf(reversed(sampleVpc()))).toBe(versionOf(sampleVpc()))
})

describe('the version changes with', () => {
  const cases: readonly (readonly [string, VpcState])[] = [
    ['a route less', sampleVpc({ a: routesTo('a1') })],
    ['a route in another table', sampleVpc({ db: routesTo('a1') })],
    ['a blackhole', sampleVpc({ b: routesTo('a1', 'blackhole') })],
    ['the source/destination check', sampleVpc({}, { a1: { sourceDestCheck: true } })],
    ['an instance that stopped', sampleVpc({}, { a1: { up: false } })],
    ['an address', sampleVpc({}, { a1: { addresses: ['10.0.1.12'] } })],
    ['a range', { ...sampleVpc(), cidrs: ['10.0.0.0/16'] }],
  ]
  const versions = cases.map(([, state]) => versionOf(state))
  test.each(cases)('%s', (_, state) => {
    expect(versionOf(state)).not.toBe(versionOf(sampleVpc()))
    expect(versions.filter((version) => version === versionOf(state))).toHaveLength(1)
  })
})
