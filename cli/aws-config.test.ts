import { describe, expect, test } from 'vitest'
import { type AwsConfig, readAwsConfig } from './aws-config.ts'
import { type Texts, told } from './testing/told.ts'
import { UsageError } from './usage.ts'

const arn = 'arn:aws-us-gov:iam::123456789012:role/podway'

const read = (texts: Texts): AwsConfig =>
  told(
    'controller',
    { provider: 'aws', clusterName: 'prod', allocateNodeCidrs: false, ...texts },
    readAwsConfig,
  )

describe('what is said', () => {
  test.each<[flags: Texts, config: Partial<AwsConfig>]>([
    [{}, { routeTables: 'tag', extraRouteTableIds: [], matchNodeNames: false, routesPerTable: undefined }],
    [{}, { role: undefined }],
    [{ routeTables: 'tag' }, { routeTables: 'tag' }],
    [{ routeTables: 'auto' }, { routeTables: 'auto' }],
    [{ routeTables: 'vpc' }, { routeTables: 'vpc' }],
    [{ routeTables: 'rtb-1, rtb-2' }, { routeTables: ['rtb-1', 'rtb-2'] }],
    [{ routeTableIds: 'rtb-1, rtb-2' }, { routeTables: ['rtb-1', 'rtb-2'] }],
    [{ routeTableIds: '' }, { routeTables: 'tag' }],
    [{ routeTables: 'auto', routeTableIds: '' }, { routeTables: 'auto' }],
    [
      { routeTables: 'auto', extraRouteTableIds: 'rtb-9' },
      { routeTables: 'auto', extraRouteTableIds: ['rtb-9'] },
    ],
    [{}, { targetInterface: { by: 'primary' } }],
    [{ awsTargetInterface: 'primary' }, { targetInterface: { by: 'primary' } }],
    [{ awsTargetInterface: 'device-index=2' }, { targetInterface: { by: 'device-index', index: 2 } }],
    [{ awsTargetInterface: 'subnet=subnet-0a' }, { targetInterface: { by: 'subnet', id: 'subnet-0a' } }],
    [
      { awsTargetInterface: 'tag=role=pods=all' },
      { targetInterface: { by: 'tag', key: 'role', value: 'pods=all' } },
    ],
    [{ awsTargetInterface: 'tag=pods=' }, { targetInterface: { by: 'tag', key: 'pods', value: '' } }],
    [{ awsMatchNodeNames: true }, { matchNodeNames: true }],
    [{ awsMatchNodeNames: 'false' }, { matchNodeNames: false }],
    [{ awsRoutesPerTable: '1000' }, { routesPerTable: 1_000 }],
    [{ awsRoleArn: arn }, { role: { arn } }],
    [{ awsRoleArn: arn, awsRoleExternalId: 'an:id' }, { role: { arn, externalId: 'an:id' } }],
    [{ awsRoleArn: 'arn:aws-cn:iam::123456789012:role/path/podway' }, {}],
    [{}, { mode: 'routes' }],
    [{ awsMode: 'ipv6-prefix' }, { mode: 'ipv6-prefix' }],
  ])('%j', (flags, config) => expect(read(flags)).toMatchObject(config))
})

describe('refused, with the flag in the message', () => {
  test.each<[flags: Texts, message: string]>([
    [{ routeTables: 'all' }, '--route-tables=all: expected tag, auto, vpc, or the ids'],
    [{ routeTables: '' }, '--route-tables=: expected tag'],
    [{ routeTables: 'rtb-1,auto' }, '--route-tables=rtb-1,auto: expected tag'],
    [{ routeTables: 'auto', routeTableIds: 'rtb-1' }, '--route-tables and --route-table-ids: name'],
    [{ awsTargetInterface: 'first' }, '--aws-target-interface=first: expected primary, device-index=N'],
    [{ awsTargetInterface: 'primary=1' }, '--aws-target-interface=primary=1: expected'],
    [{ awsTargetInterface: 'tag=pods' }, '--aws-target-interface=tag=pods: expected'],
    [{ awsTargetInterface: 'subnet=10.0.1.0/24' }, '--aws-target-interface=subnet=10.0.1.0/24: expected'],
    [
      { awsTargetInterface: 'device-index=' },
      '--aws-target-interface=device-index=: expected a whole number',
    ],
    [{ awsMatchNodeNames: 'maybe' }, '--aws-match-node-names=maybe: expected true or false'],
    [{ awsRoleArn: 'podway' }, '--aws-role-arn=podway: expected the ARN of a role'],
    [{ awsRoleArn: 'arn:aws:iam::123456789012:user/podway' }, 'expected the ARN of a role'],
    [
      { awsRoleExternalId: 'an-id' },
      '--aws-role-external-id: name the role that asks for it with --aws-role-arn',
    ],
    [{ awsRoleArn: arn, awsRoleExternalId: 'an id' }, '--aws-role-external-id: expected 2 to 1,224 letters'],
    [{ awsMode: 'prefix' }, '--aws-mode=prefix: expected'],
    [{ awsRoutesPerTable: '1001' }, '--aws-routes-per-table=1001: expected a whole number from 1 to 1000'],
  ])('%j', (flags, message) => {
    expect(() => read(flags)).toThrow(UsageError)
    expect(() => read(flags)).toThrow(message)
  })
})
