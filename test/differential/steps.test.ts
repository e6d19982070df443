import { describe, expect, test } from 'vitest'
import type { Ec2Action } from '../../providers/aws/ec2-api.ts'
import { createEc2Simulator } from '../simulators/ec2/ec2-simulator.ts'
import { serve } from '../simulators/http-server.ts'
import { tell } from './cloud.ts'
import { DIFFERENCES } from './differences.ts'
import { STEPS } from './steps.ts'

const names = STEPS.map(({ name }) => name)
const listed = DIFFERENCES.flatMap(({ seen }) => Object.keys(seen))
const repeated = (list: readonly string[]): readonly string[] =>
  list.filter((name, index) => list.indexOf(name) !== index)

test('each step has a name of its own', () => {
  expect(repeated(names)).toEqual([])
})

describe('each listed difference', () => {
  test('is of a step, and has one reason', () => {
    expect(listed.filter((name) => !names.includes(name))).toEqual([])
    expect(repeated(listed)).toEqual([])
  })

  test('says what differs', () => {
    const lines = DIFFERENCES.flatMap(({ seen }) => Object.values(seen))
    expect(lines.filter((each) => each.length === 0)).toEqual([])
  })

  test('names a document of AWS', () => {
    expect(DIFFERENCES.map(({ source }) => new URL(source).host)).toEqual(
      DIFFERENCES.map(() => 'docs.aws.amazon.com'),
    )
  })
})

describe('the steps', async () => {
  const server = await serve(createEc2Simulator({ region: 'eu-central-1', buckets: 'off' }))
  const answers = await tell(server.url, STEPS).finally(() => server.close())
  const verdicts = (action: string): readonly string[] =>
    STEPS.filter((step) => step.action === action).map(({ name }) => answers.get(name)?.verdict ?? 'none')

  test('are all sent', () => {
    expect([...answers.values()].filter(({ verdict }) => verdict.startsWith('not sent'))).toEqual([])
  })

  /** Of the AWS provider: the compiler knows if one is missing here. */
  const ofProvider: Readonly<Record<Ec2Action, true>> = {
    DescribeRouteTables: true,
    DescribeInstances: true,
    DescribeNetworkInterfaces: true,
    DescribeSubnets: true,
    CreateRoute: true,
    ReplaceRoute: true,
    DeleteRoute: true,
    ModifyNetworkInterfaceAttribute: true,
    GetSubnetCidrReservations: true,
    AssignIpv6Addresses: true,
    UnassignIpv6Addresses: true,
    DescribeVpcs: true,
    DescribeVpcPeeringConnections: true,
    DescribeSecurityGroups: true,
    DescribeNetworkAcls: true,
  }
  test.each([
    ...Object.keys(ofProvider),
    // The demo
    ...['CreateVpc', 'CreateSubnet', 'CreateRouteTable', 'AssociateRouteTable'],
    ...['RunInstances', 'TerminateInstances'],
    // The conformance world
    ...['CreateInternetGateway', 'AttachInternetGateway', 'DeleteRouteTable'],
  ])('ask for %s in good and in bad form', (action) => {
    expect(verdicts(action)).toContain('200')
    expect(verdicts(action)).toContainEqual(expect.stringMatching(/^4/))
  })
})
