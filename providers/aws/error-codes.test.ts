import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cidr, formatCidr, nthSubnet, parseCidr } from '../../net/cidr.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import { type ErrorClass, ProviderError } from '../errors.ts'
import type { Change, Outcome, RouteProvider } from '../provider.ts'
import type { Table } from '../route.ts'
import type { ControllerAction } from './ec2-api.ts'

/**
 * Every code that https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html has for the actions in
 * use, at each of them, as EC2 sends it. `InvalidParameterValue` of ReplaceRoute has a test of its own in changes.test.ts.
 */

const reads = [
  'DescribeRouteTables',
  'DescribeInstances',
  'DescribeNetworkInterfaces',
  'DescribeSubnets',
  'GetSubnetCidrReservations',
] as const
const routeWrites = ['CreateRoute', 'ReplaceRoute', 'DeleteRoute'] as const
const prefixWrites = ['AssignIpv6Addresses', 'UnassignIpv6Addresses'] as const
const writes = [...routeWrites, 'ModifyNetworkInterfaceAttribute', ...prefixWrites] as const
const all = [...reads, ...writes] as const

interface Documented {
  readonly codes: readonly string[]
  readonly at: readonly ControllerAction[]
  readonly status?: number
  readonly class: ErrorClass
}

const documented: readonly Documented[] = [
  // Of every action: the request.
  {
    codes: [
      'InvalidAction',
      'InvalidCharacter',
      'InvalidParameter',
      'InvalidParameterCombination',
      'InvalidParameterDependency',
      'InvalidQueryParameter',
      'MalformedQueryString',
      'MissingAction',
      'MissingParameter',
      'UnknownParameter',
      'UnsupportedOperation',
      'UnsupportedProtocol',
      'ValidationError',
      'OperationNotPermitted',
      'FilterLimitExceeded',
      'NoSuchVersion',
      'IdempotentParameterMismatch',
      'InvalidRequest',
    ],
    at: all,
    class: 'invalid',
  },
  { codes: ['InvalidParameterValue'], at: all.filter((one) => one !== 'ReplaceRoute'), class: 'invalid' },
  // Of every action: who asks.
  {
    codes: [
      'AuthFailure',
      'Blocked',
      'IncompleteSignature',
      'InvalidClientTokenId',
      'MissingAuthenticationToken',
      'OptInRequired',
      'PendingVerification',
      'RequestExpired',
      'SignatureDoesNotMatch',
      'UnauthorizedOperation',
      'ExpiredToken',
    ],
    at: all,
    status: 403,
    class: 'unauthorized',
  },
  // Of every action: EC2 itself.
  { codes: ['RequestLimitExceeded', 'BandwidthLimitExceeded'], at: all, status: 503, class: 'throttled' },
  { codes: ['Unavailable', 'ServiceUnavailable'], at: all, status: 503, class: 'transient' },
  { codes: ['InternalError', 'InternalFailure'], at: reads, status: 500, class: 'transient' },
  { codes: ['InternalError', 'InternalFailure'], at: writes, status: 500, class: 'unknown-outcome' },
  // Pages and filters.
  { codes: ['InvalidPaginationToken', 'InvalidNextToken'], at: reads, class: 'transient' },
  { codes: ['InvalidMaxResults', 'InvalidFilter'], at: reads, class: 'invalid' },
  // What a route is made of.
  {
    codes: [
      'InvalidRouteTableId.Malformed',
      'InvalidRoute.Malformed',
      'InvalidNetworkInterfaceId.Malformed',
      'InvalidInstanceID',
      'InvalidInstanceID.Malformed',
    ],
    at: writes,
    class: 'invalid',
  },
  {
    codes: [
      'InvalidRouteTableID.NotFound',
      'InvalidNetworkInterfaceID.NotFound',
      'InvalidNetworkInterface.NotFound',
      'InvalidInstanceID.NotFound',
      'InvalidGatewayID.NotFound',
      'InvalidVpcID.NotFound',
    ],
    at: writes,
    class: 'not-found',
  },
  { codes: ['InvalidRouteTableID.NotFound', 'InvalidVpcID.NotFound'], at: reads, class: 'not-found' },
  { codes: ['RouteLimitExceeded'], at: ['CreateRoute'], class: 'quota' },
  { codes: ['InvalidIPAddress.InUse'], at: ['AssignIpv6Addresses'], class: 'changed' },
  {
    codes: ['PrivateIpAddressLimitExceeded', 'InsufficientCidrBlocks', 'InsufficientFreeAddressesInSubnet'],
    at: ['AssignIpv6Addresses'],
    class: 'invalid',
  },
  { codes: ['RouteAlreadyExists'], at: ['CreateRoute'], class: 'changed' },
  { codes: ['InvalidRoute.NotFound'], at: ['ReplaceRoute'], class: 'changed' },
  {
    codes: [
      'IncorrectState',
      'IncorrectInstanceState',
      'InvalidState',
      'InvalidRoute.InvalidState',
      'InvalidVpcState',
      'DependencyViolation',
    ],
    at: writes,
    class: 'transient',
  },
]

let world: SimulatedAws
let prefixes: RouteProvider
let table: Table
let vpc: Table
let node: WorldNode
let heir: WorldNode

beforeAll(async () => {
  world = await createSimulatedAws({ buckets: 'off', instanceType: 'm5.large' })
  prefixes = world.providerWith({ mode: 'ipv6-prefix' })
  table = await world.addTable('a')
  node = await world.addNode('node-1')
  heir = await world.addNode('node-2')
  await world.stealRoute(table, there, node)
  vpc = { id: world.vpcId }
  await world.ec2.assignIpv6Addresses({
    NetworkInterfaceId: node.target.id,
    Ipv6Prefixes: [formatCidr(prefix(1))],
  })
})
afterAll(() => world.close())

const signal = new AbortController().signal
const there = parseCidr('10.244.1.0/24')
const free = parseCidr('10.244.2.0/24')
const prefix = (n: number): Cidr => nthSubnet(parseCidr(world.subnetRange6), 80, BigInt(n))

/** The error of the provider's call that takes that action. */
async function errorAt(action: ControllerAction): Promise<unknown> {
  const { provider } = world
  const change = async (one: Change, at = table): Promise<Outcome | undefined> =>
    (await provider.apply(at, { changes: [one] }, signal))[0]
  const [from, target] = [node.target, heir.target]
  switch (action) {
    case 'CreateRoute':
      return failureOf(await change({ op: 'create', destination: free, target }))
    case 'ReplaceRoute':
      return failureOf(await change({ op: 'replace', destination: there, from, target }))
    case 'DeleteRoute':
      return failureOf(await change({ op: 'delete', destination: there, from }))
    case 'ModifyNetworkInterfaceAttribute':
      return failureOf((await provider.prepare?.([target], signal))?.[0])
    case 'DescribeRouteTables':
      return thrownBy(provider.list(table, signal))
    case 'DescribeInstances':
      return thrownBy(provider.targets([{ node: node.view, family: 4 }], signal))
    case 'AssignIpv6Addresses':
      return failureOf(await change({ op: 'create', destination: prefix(2), target }, vpc))
    case 'UnassignIpv6Addresses':
      return failureOf(await change({ op: 'delete', destination: prefix(1), from }, vpc))
    case 'GetSubnetCidrReservations':
      return thrownBy(prefixes.pools?.([node.view], signal))
    case 'DescribeNetworkInterfaces':
      return thrownBy(provider.running?.([target], signal))
    case 'DescribeSubnets':
      return thrownBy(provider.servedRanges?.(await provider.tables(signal), signal))
  }
}

const failureOf = (
  outcome: { readonly result: string; readonly error?: ProviderError } | undefined,
): unknown => outcome?.error

const thrownBy = (call: Promise<unknown> | undefined): Promise<unknown> =>
  (call ?? Promise.resolve()).then(
    () => undefined,
    (error: unknown) => error,
  )

describe.each(documented)('$class at $at', ({ codes, at, status, class: expected }) => {
  test.each(codes)('%s', async (code) => {
    for (const action of at) {
      const before = world.callsOf(action).length
      const take = world.simulator.faults.inject({
        action,
        fault: { kind: 'error', code, message: 'As EC2 says it.', ...(status !== undefined && { status }) },
      })
      const error = await errorAt(action)
      take()
      expect(error, action).toBeInstanceOf(ProviderError)
      expect(error, action).toMatchObject({ class: expected, code })
      expect(world.callsOf(action), `attempts of ${action}`).toHaveLength(before + 1)
    }
  })
})
