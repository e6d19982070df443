import { describe, expect, test } from 'vitest'
import { formatCidr } from '../net/cidr.ts'
import { readAzureConfig } from './azure-config.ts'
import { type ControllerConfig, readControllerConfig } from './controller-config.ts'
import { type Texts, told } from './testing/told.ts'
import { UsageError } from './usage.ts'

const flags = { provider: 'aws', clusterName: 'prod', clusterCidr: '10.244.0.0/16' } as const
const { clusterCidr: _clusterCidr, ...withoutCidr } = flags

const read = (texts: Texts): ControllerConfig => told('controller', texts, readControllerConfig)

const poolsOf = (given: Texts): readonly string[] | undefined =>
  read(given).pools?.map((pool) => `${formatCidr(pool.range)} /${pool.nodePrefixLength}`)

test('the defaults', () => {
  const { pools, ...rest } = read(flags)
  expect(rest).toEqual({
    provider: 'aws',
    clusterName: 'prod',
    azure: readAzureConfig({}),
    aws: {
      routeTables: 'tag',
      extraRouteTableIds: [],
      targetInterface: { by: 'primary' },
      matchNodeNames: false,
      routesPerTable: undefined,
      role: undefined,
      mode: 'routes',
    },
    gcp: {
      mode: 'routes',
      podRanges: [],
      routesPerPeeringGroup: undefined,
      project: undefined,
      networks: [],
      impersonate: undefined,
      priority: undefined,
      tags: [],
      routesPerNetwork: undefined,
    },
    poolPlace: undefined,
    serviceRanges: [],
    configureRoutes: true,
    policy: 'sync',
    adopt: 'none',
    driftMs: 90_000,
    leaderElection: {
      leaseDurationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2_000,
      namespace: 'podway-system',
      name: 'podway-controller',
    },
    apiBudgetShare: 0.8,
    metricsBindAddress: { host: undefined, port: 10277, text: ':10277' },
    kubeconfig: undefined,
    logLevel: 'info',
  })
  expect(pools).toHaveLength(1)
})

describe('pools', () => {
  test.each<[name: string, given: Texts, pools: readonly string[] | undefined]>([
    ['one family', flags, ['10.244.0.0/16 /24']],
    [
      'dual-stack, in the order given',
      { ...flags, clusterCidr: 'fd00:10:244::/48,10.244.0.0/16' },
      ['fd00:10:244::/48 /64', '10.244.0.0/16 /24'],
    ],
    [
      'several of a family, with another mask',
      { ...flags, clusterCidr: '10.1.0.0/16,10.9.0.0/16', nodeCidrMaskSizeIpv4: '25' },
      ['10.1.0.0/16 /25', '10.9.0.0/16 /25'],
    ],
    ['somebody else allocates', { ...flags, allocateNodeCidrs: false }, undefined],
    ['somebody else allocates, by text', { ...flags, allocateNodeCidrs: 'false' }, undefined],
    ['somebody else allocates, and no range is named', { ...withoutCidr, allocateNodeCidrs: 'f' }, undefined],
    ['by text', { ...flags, allocateNodeCidrs: 'true' }, ['10.244.0.0/16 /24']],
  ])('%s', (_name, given, pools) => {
    expect(poolsOf(given)).toEqual(pools)
  })
})

describe('refused, with the flag in the message', () => {
  test.each<[given: Texts, message: string]>([
    [{ provider: 'nimbus' }, '--provider=nimbus: expected one of aws, azure, gcp'],
    [{ provider: '' }, '--provider=: expected one of aws, azure, gcp'],
    [{ clusterName: ' ' }, '--cluster-name is empty'],
    [{ clusterCidr: '' }, '--cluster-cidr is required to allocate podCIDRs'],
    [{ clusterCidr: 'garbage' }, '--cluster-cidr: invalid address "garbage"'],
    [{ clusterCidr: '10.244.0.1/16' }, 'the range is 10.244.0.0/16'],
    [{ clusterCidr: 'garbage', allocateNodeCidrs: false }, '--cluster-cidr: invalid address'],
    [{ clusterCidr: '10.0.0.0/8,fd00::/48,10.244.0.0/16' }, '10.0.0.0/8 and 10.244.0.0/16 overlap'],
    [{ clusterCidr: '10.0.0.0/8,10.0.0.0/8' }, 'overlap: name each range once'],
    [{ nodeCidrMaskSizeIpv4: '33' }, '--node-cidr-mask-size-ipv4=33: expected a whole number from 1 to 32'],
    [{ nodeCidrMaskSizeIpv6: 'x' }, '--node-cidr-mask-size-ipv6=x: expected a whole number from 1 to 128'],
    [
      { nodeCidrMaskSizeIpv4: '15' },
      '--node-cidr-mask-size-ipv4: a node mask of /15 does not fit into 10.244.0.0/16',
    ],
    [
      { clusterCidr: 'fd00::/65' },
      '--node-cidr-mask-size-ipv6: a node mask of /64 does not fit into fd00::/65',
    ],
    [{ allocateNodeCidrs: 'maybe' }, '--allocate-node-cidrs=maybe: expected true or false'],
    [{ policy: 'delete-all' }, '--policy=delete-all: expected one of sync, upsert-only, observe'],
    [{ adopt: 'all' }, '--adopt=all: expected one of none, matching'],
    [{ metricsBindAddress: '10277' }, '--metrics-bind-address=10277: expected a host and a port'],
    [{ leaderElect: 'maybe' }, '--leader-elect=maybe: expected true or false'],
    [
      { leaderElectLeaseDuration: '9s' },
      '--leader-elect-lease-duration=9s must be longer than --leader-elect-renew-deadline=10s',
    ],
    [
      { leaderElectLeaseDuration: '10100ms' },
      '--leader-elect-lease-duration=10.1s must be at least 0.125s longer than --leader-elect-renew-deadline=10s',
    ],
    [{ leaderElectRetryPeriod: '9s' }, '--leader-elect-renew-deadline=10s must be longer than 1.2 times'],
    [{ driftInterval: '10' }, '--drift-interval=10: expected a duration'],
    [{ driftInterval: '999ms' }, '--drift-interval=999ms: expected from 1s'],
    [{ routeReconciliationPeriod: '10' }, '--route-reconciliation-period=10: expected a duration'],
    [{ routeReconciliationPeriod: '999ms' }, '--route-reconciliation-period=999ms: expected from 1s'],
    // Beyond 2³¹−1 ms a timer fires at once: the API would be read without pause.
    [{ routeReconciliationPeriod: '597h' }, '--route-reconciliation-period=597h: expected from 1s'],
    [{ apiBudgetShare: '0' }, '--api-budget-share=0: expected a number above 0, and at most 100'],
    [{ apiBudgetShare: '101' }, '--api-budget-share=101: expected a number above 0'],
    [{ apiBudgetShare: '-0.5' }, '--api-budget-share=-0.5: expected'],
    [{ apiBudgetShare: '80%' }, '--api-budget-share=80%: expected'],
    [{ apiBudgetShare: '' }, '--api-budget-share=: expected'],
    [{ logLevel: 'loud' }, '--log-level=loud: expected one of trace, debug, info, warn, error, fatal'],
  ])('%j', (given, message) => {
    expect(() => read({ ...flags, ...given })).toThrow(UsageError)
    expect(() => read({ ...flags, ...given })).toThrow(message)
  })
})

test.each([
  [{}, 90_000],
  [{ driftInterval: '5m' }, 300_000],
  [{ routeReconciliationPeriod: '10s' }, 10_000],
  [{ driftInterval: '5m', routeReconciliationPeriod: '10s' }, 300_000],
])('the drift interval of %j', (given, ms) => {
  expect(read({ ...flags, ...given }).driftMs).toBe(ms)
})

test.each([false, 'false'])('routes left to somebody else by %j', (configureCloudRoutes) => {
  expect(read({ ...flags, configureCloudRoutes }).configureRoutes).toBe(false)
})

test.each([false, 'false'])('leader election switched off by %j', (leaderElect) => {
  expect(read({ ...flags, leaderElect }).leaderElection).toBeUndefined()
})

test('a lease of a second', () => {
  const { leaderElection } = read({
    ...flags,
    leaderElectLeaseDuration: '1s',
    leaderElectRenewDeadline: '600ms',
    leaderElectRetryPeriod: '150ms',
  })
  expect(leaderElection).toMatchObject({ leaseDurationMs: 1_000, renewDeadlineMs: 600, retryPeriodMs: 150 })
})

test.each(['1s', '24h'])('a period of %s', (routeReconciliationPeriod) => {
  expect(read({ ...flags, routeReconciliationPeriod }).driftMs).toBeGreaterThan(0)
})

test.each(['0.01', '0.5', '1', '1.0', '16'])('an API budget share of %s', (apiBudgetShare) => {
  expect(read({ ...flags, apiBudgetShare }).apiBudgetShare).toBe(Number(apiBudgetShare))
})

test('the mode in which the VPC delegates prefixes needs a cloud that is written to, and no pool', () => {
  const withoutPools = { ...withoutCidr, awsMode: 'ipv6-prefix' }
  expect(read(withoutPools)).toMatchObject({ pools: [], aws: { mode: 'ipv6-prefix' } })
  expect(() => read({ ...withoutPools, configureCloudRoutes: 'false' })).toThrow(
    '--aws-mode=ipv6-prefix and --configure-cloud-routes=false',
  )
})

test('the mode of alias ranges needs a cloud that is written to, no pool of IPv4, and takes the size of IPv4 blocks', () => {
  const aliases = { ...withoutCidr, provider: 'gcp', gcpMode: 'alias-ip', nodeCidrMaskSizeIpv4: '26' }
  expect(read(aliases)).toMatchObject({
    pools: [],
    gcp: { mode: 'alias-ip', nodePrefixLength: 26 },
  })
  expect(read({ ...aliases, clusterCidr: 'fd00:10:244::/48' }).pools).toHaveLength(1)
  expect(() => read({ ...aliases, clusterCidr: '10.244.0.0/16' })).toThrow(
    'IPv4 podCIDRs (--gcp-mode): leave IPv4 out',
  )
  expect(() => read({ ...aliases, configureCloudRoutes: 'false' })).toThrow(
    '--gcp-mode=alias-ip and --configure-cloud-routes=false',
  )
})
