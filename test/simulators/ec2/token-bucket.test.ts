import { describe, expect, test } from 'vitest'
import { REGION, verdict, wireRequest } from './sdk-fixture.ts'
import { createEc2Simulator } from './ec2-simulator.ts'
import { AWS_BUCKETS, createTokenBuckets } from './token-bucket.ts'

const START = Date.UTC(2026, 0, 1)
const none = new Map<string, string>()
const filtered = new Map([['Filter.1.Name', 'vpc-id']])

/** How many of `calls` calls at one moment are let through. */
function granted(
  buckets: ReturnType<typeof createTokenBuckets>,
  action: string,
  parameters: ReadonlyMap<string, string>,
  now: number,
  calls = 300,
): number {
  let count = 0
  for (let i = 0; i < calls; i++) if (buckets.take(action, parameters, now)) count++
  return count
}

describe('the documented buckets', () => {
  test.each([
    ['CreateRoute', none, 50, 5],
    ['ReplaceRoute', none, 50, 5],
    ['DeleteRoute', none, 50, 5],
    ['ModifyInstanceAttribute', none, 50, 5],
    ['ModifyNetworkInterfaceAttribute', none, 100, 5],
    ['CreateNetworkInterface', none, 100, 5],
    ['AssignIpv6Addresses', none, 100, 5],
    ['DescribeRouteTables', none, 100, 20],
    ['DescribeInstances', none, 50, 10],
    ['DescribeInstances', filtered, 100, 20],
    ['DescribeNetworkInterfaces', none, 50, 10],
    ['DescribeNetworkInterfaces', new Map([['MaxResults', '5']]), 100, 20],
    ['DescribeNetworkInterfaces', new Map([['DryRun', 'true']]), 50, 10],
  ] as const)('%s %o: %i at once, then %i a second', (action, parameters, capacity, refill) => {
    const buckets = createTokenBuckets(AWS_BUCKETS)
    expect(granted(buckets, action, parameters, START)).toBe(capacity)
    expect(granted(buckets, action, parameters, START + 1000)).toBe(refill)
    expect(granted(buckets, action, parameters, START + 3000)).toBe(2 * refill)
    expect(granted(buckets, action, parameters, START + 3_600_000)).toBe(capacity)
  })

  test('one action takes nothing from another', () => {
    const buckets = createTokenBuckets(AWS_BUCKETS)
    expect(granted(buckets, 'CreateRoute', none, START)).toBe(50)
    expect(granted(buckets, 'DeleteRoute', none, START)).toBe(50)
  })

  test('a clock that goes back gives nothing, and takes nothing', () => {
    const buckets = createTokenBuckets(AWS_BUCKETS)
    granted(buckets, 'CreateRoute', none, START)
    expect(granted(buckets, 'CreateRoute', none, START - 60_000)).toBe(0)
    expect(granted(buckets, 'CreateRoute', none, START + 1000)).toBe(5)
  })
})

describe('in the simulator', () => {
  const route = (n: number) =>
    wireRequest('DeleteRoute', { RouteTableId: 'rtb-1', DestinationCidrBlock: `10.0.${n}.0/24` })

  test('what is throttled is refused with 503, before anything else is looked at, and logged', () => {
    const simulator = createEc2Simulator({ region: REGION })
    const verdicts = Array.from({ length: 52 }, (_, n) => verdict(simulator.handle(route(n), START)))
    expect(verdicts.slice(49)).toEqual([
      'InvalidRouteTableId.Malformed',
      'RequestLimitExceeded',
      'RequestLimitExceeded',
    ])
    expect(simulator.calls.at(-1)).toMatchObject({
      status: 503,
      code: 'RequestLimitExceeded',
      executed: false,
    })
    expect(verdict(simulator.handle(route(1), START + 200))).toBe('InvalidRouteTableId.Malformed')
    expect(verdict(simulator.handle(route(1), START + 200))).toBe('RequestLimitExceeded')
  })

  test('sizes can be set by action, the others stay', () => {
    const simulator = createEc2Simulator({
      region: REGION,
      buckets: { DeleteRoute: { capacity: 1, refill: 0.5 } },
    })
    const at = (ms: number): string => verdict(simulator.handle(route(1), START + ms))
    expect([at(0), at(1999), at(2000)]).toEqual([
      'InvalidRouteTableId.Malformed',
      'RequestLimitExceeded',
      'InvalidRouteTableId.Malformed',
    ])
    const vpcs = Array.from({ length: 101 }, () =>
      verdict(simulator.handle(wireRequest('DescribeVpcs'), START)),
    )
    expect(vpcs.slice(99)).toEqual(['200', 'RequestLimitExceeded'])
  })

  test('off is off', () => {
    const simulator = createEc2Simulator({ region: REGION, buckets: 'off' })
    const verdicts = Array.from({ length: 200 }, () =>
      verdict(simulator.handle(wireRequest('DescribeInstances'), START)),
    )
    expect(new Set(verdicts)).toEqual(new Set(['200']))
  })
})
