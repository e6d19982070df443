import { expect, test } from 'vitest'
import { type MissingPermission, inWords, missingPermission } from './refusal.ts'

const role = 'arn:aws:sts::123456789012:assumed-role/podway/i-1'
const table = 'arn:aws:ec2:eu-central-1:123456789012:route-table/rtb-1'
const start = 'You are not authorized to perform this operation. '

test.each<[name: string, message: string, missing: MissingPermission | undefined]>([
  [
    'action, resource and reason',
    `${start}User: ${role} is not authorized to perform: ec2:CreateRoute on resource: ${table} because no identity-based policy allows the ec2:CreateRoute action. Encoded authorization failure message: xyz`,
    {
      principal: role,
      action: 'ec2:CreateRoute',
      resource: table,
      reason: 'no identity-based policy allows the ec2:CreateRoute action',
    },
  ],
  [
    'an explicit denial',
    `${start}User: ${role} is not authorized to perform: ec2:DeleteRoute on resource: ${table} with an explicit deny in a service control policy. Encoded authorization failure message: xyz`,
    {
      principal: role,
      action: 'ec2:DeleteRoute',
      resource: table,
      reason: 'denied with an explicit deny in a service control policy',
    },
  ],
  [
    'an action of no resource',
    `${start}User: ${role} is not authorized to perform: ec2:DescribeRouteTables because no permissions boundary allows the ec2:DescribeRouteTables action`,
    {
      principal: role,
      action: 'ec2:DescribeRouteTables',
      resource: undefined,
      reason: 'no permissions boundary allows the ec2:DescribeRouteTables action',
    },
  ],
  [
    'of STS, when a role is assumed, and of another partition',
    'User: arn:aws-cn:iam::123456789012:user/u is not authorized to perform: sts:AssumeRole on resource: arn:aws-cn:iam::123456789012:role/r',
    {
      principal: 'arn:aws-cn:iam::123456789012:user/u',
      action: 'sts:AssumeRole',
      resource: 'arn:aws-cn:iam::123456789012:role/r',
      reason: undefined,
    },
  ],
  [
    'the short form',
    `${start}User: ${role} is not authorized to perform: ec2:CreateRoute.`,
    { principal: role, action: 'ec2:CreateRoute', resource: undefined, reason: undefined },
  ],
  ['nothing but what is encoded', `${start}Encoded authorization failure message: xyz`, undefined],
  ['nothing', '', undefined],
  ['something else', 'AWS was not able to validate the provided access credentials', undefined],
])('%s', (_name, message, missing) => expect(missingPermission(message)).toEqual(missing))

test('what is encoded is left out, whatever it holds', () => {
  expect(inWords(`${start}Encoded authorization failure message: a\nb`)).toBe(start.trim())
  expect(inWords('as it is')).toBe('as it is')
})
