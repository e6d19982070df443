import { describe, expect, test } from 'vitest'
import { Ec2Error } from './errors.ts'
import { readParameters, refuseMissing, refuseUnknown } from './parameters.ts'

const values = (record: Record<string, string>): ReadonlyMap<string, string> =>
  new Map(Object.entries(record))

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof Ec2Error) return `${error.code}: ${error.message}`
    throw error
  }
  return 'none'
}

describe('readParameters', () => {
  test('lists and structures come in the order of their numbers, not of the text', () => {
    const parameters = readParameters(
      values({
        'InstanceId.10': 'ten',
        'InstanceId.2': 'two',
        'Filter.2.Name': 'b',
        'Filter.1.Name': 'a',
        'Filter.1.Value.2': 'y',
        'Filter.1.Value.1': 'x',
      }),
    )
    expect(parameters.list('InstanceId')).toEqual(['two', 'ten'])
    expect(
      parameters.structures('Filter').map((filter) => [filter.text('Name'), filter.list('Value')]),
    ).toEqual([
      ['a', ['x', 'y']],
      ['b', []],
    ])
  })

  test('a name is not found by the start of another one', () => {
    const parameters = readParameters(
      values({ 'InstanceIdentity.1': 'x', 'Ipv6Addresses.1.Ipv6Address': 'a' }),
    )
    expect(parameters.list('InstanceId')).toEqual([])
    expect(parameters.has('InstanceId')).toBe(false)
    expect(parameters.has('Ipv6Address')).toBe(false)
    expect(parameters.has('Ipv6Addresses')).toBe(true)
  })

  test.each([
    ['a flag', (v: string) => readParameters(values({ DryRun: v })).flag('DryRun'), 'yes'],
    ['an integer', (v: string) => readParameters(values({ MaxResults: v })).integer('MaxResults'), '5.5'],
    ['an integer', (v: string) => readParameters(values({ MaxResults: v })).integer('MaxResults'), ''],
  ])('%s that is none is refused', (_, read, value) => {
    expect(codeOf(() => read(value))).toMatch(/^InvalidParameterValue/)
  })

  test('empty text is no value where one is needed', () => {
    expect(codeOf(() => readParameters(values({ VpcId: '' })).required('VpcId'))).toBe(
      'MissingParameter: The request must contain the parameter vpcId',
    )
  })
})

test.each([
  ['a name of the action', { RouteTableId: 'x' }, 'none'],
  ['a list of the action', { 'Filter.17.Value.3': 'x' }, 'none'],
  ['another name', { routeTableId: 'x' }, 'UnknownParameter: The parameter routeTableId is not recognized'],
  [
    'a list where there is none',
    { 'RouteTableId.1': 'x' },
    'UnknownParameter: The parameter RouteTableId.1 is not recognized',
  ],
  [
    'a single value where there is a list',
    { Filter: 'x' },
    'UnknownParameter: The parameter Filter is not recognized',
  ],
])('refuseUnknown: %s', (_, parameters, code) => {
  expect(
    codeOf(() =>
      refuseUnknown(values(parameters as Record<string, string>), ['RouteTableId', 'Filter.#.Value.#']),
    ),
  ).toBe(code)
})

test.each([
  ['there', { VpcId: 'x', 'InstanceId.1': 'x' }, 'none'],
  ['absent', { 'InstanceId.1': 'x' }, 'MissingParameter: The request must contain the parameter vpcId'],
  [
    'a list without values',
    { VpcId: 'x' },
    'MissingParameter: The request must contain the parameter instanceId',
  ],
])('refuseMissing: %s', (_, parameters, code) => {
  expect(
    codeOf(() => refuseMissing(values(parameters as Record<string, string>), ['VpcId', 'InstanceId.#'])),
  ).toBe(code)
})
