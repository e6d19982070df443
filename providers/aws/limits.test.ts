import { expect, test } from 'vitest'
import { AWS_BUCKETS, createTokenBuckets } from '../../test/simulators/ec2/token-bucket.ts'
import { ec2Limits } from './limits.ts'

// The simulator has read the same page by itself. All our describes are filtered, which the parameter stands for.
const parameters = new Map([['Filter.1.Name', 'vpc-id']])

test.each(Object.entries(ec2Limits.byAction))(
  '%s is given what EC2 gives',
  (action, { burst, perSecond }) => {
    const buckets = createTokenBuckets(AWS_BUCKETS)
    const given = (now: number): number => {
      let calls = 0
      while (buckets.take(action, parameters, now)) calls++
      return calls
    }
    expect(given(0)).toBe(burst)
    expect(given(2_000)).toBe(2 * perSecond)
  },
)

test('an action without a line is taken for a write', () => {
  expect(ec2Limits.others).toEqual(ec2Limits.byAction.CreateRoute)
})
