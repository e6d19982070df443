import { describe, expect, test } from 'vitest'
import { formatCidr } from '../net/cidr.ts'
import { type Delegated, type PoolConfig, readPoolConfig } from './pool-config.ts'
import { type Texts, told } from './testing/told.ts'
import { UsageError } from './usage.ts'

const flags: Texts = { provider: 'aws', clusterName: 'prod' }

const read = (texts: Texts, options: { readonly delegated?: Delegated } = {}): PoolConfig =>
  told('controller', texts, (settings) => readPoolConfig(settings, options))

describe('where the pools are written down', () => {
  test('in a ConfigMap', () => {
    expect(read({ ...flags, poolsConfigMap: 'podway-system/podway-pools' })).toEqual({
      pools: [],
      poolPlace: { kind: 'config-map', namespace: 'podway-system', name: 'podway-pools' },
      serviceRanges: [],
    })
  })

  test('in a file', () => {
    expect(read({ ...flags, poolsFile: '/etc/podway/pools.yaml' }).poolPlace).toEqual({
      kind: 'file',
      path: '/etc/podway/pools.yaml',
    })
  })

  test('nowhere, if somebody else allocates', () => {
    const given = { ...flags, allocateNodeCidrs: false, poolsFile: 'pools.yaml' }
    expect(read(given)).toEqual({ pools: undefined, poolPlace: undefined, serviceRanges: [] })
  })
})

test('what Services have', () => {
  const { serviceRanges } = read({
    ...flags,
    clusterCidr: '10.244.0.0/16',
    serviceClusterIpRange: '10.96.0.0/12,fd00:10:96::/112',
  })
  expect(serviceRanges.map(formatCidr)).toEqual(['10.96.0.0/12', 'fd00:10:96::/112'])
})

test.each<[string, Texts, string]>([
  ['no pools', {}, '--cluster-cidr is required'],
  [
    'twice: ConfigMap',
    { clusterCidr: '10.0.0.0/16', poolsConfigMap: 'a/b' },
    '--cluster-cidr and --pools-config-map both',
  ],
  ['twice: file', { clusterCidr: '10.0.0.0/16', poolsFile: 'x' }, '--cluster-cidr and --pools-file both'],
  [
    'twice: both places',
    { poolsConfigMap: 'a/b', poolsFile: 'x' },
    '--pools-config-map and --pools-file both',
  ],
  ['no namespace', { poolsConfigMap: 'pools' }, '--pools-config-map=pools: expected namespace/name'],
  ['no name', { poolsConfigMap: 'a/' }, '--pools-config-map=a/: expected namespace/name'],
  ['too much', { poolsConfigMap: 'a/b/c' }, '--pools-config-map=a/b/c: expected namespace/name'],
  ['no path', { poolsFile: '' }, '--pools-file is empty'],
  [
    'no range of Services',
    { clusterCidr: '10.0.0.0/16', serviceClusterIpRange: 'x' },
    '--service-cluster-ip-range: invalid address',
  ],
])('refused: %s', (_name, given, message) => {
  expect(() => read({ ...flags, ...given })).toThrow(UsageError)
  expect(() => read({ ...flags, ...given })).toThrow(message)
})

describe('where the VPC gives nodes their IPv6 podCIDRs', () => {
  const prefixes = { delegated: { flag: '--aws-mode', family: 6, prefixLength: 80 } } as const

  test('pools are for IPv4, and need not be', () => {
    expect(read({ ...flags, clusterCidr: '10.244.0.0/16' }, prefixes).pools).toHaveLength(1)
    expect(read(flags, prefixes).pools).toEqual([])
    expect(read({ ...flags, nodeCidrMaskSizeIpv6: '80' }, prefixes).pools).toEqual([])
  })

  test.each<[more: Texts, message: string]>([
    [{ clusterCidr: '10.244.0.0/16,fd00::/48' }, '--cluster-cidr=fd00::/48: the VPC gives nodes their IPv6'],
    [{ nodeCidrMaskSizeIpv6: '72' }, '--node-cidr-mask-size-ipv6=72: what the VPC gives is always a /80'],
  ])('%j is refused', (more, message) => {
    expect(() => read({ ...flags, ...more }, prefixes)).toThrow(UsageError)
    expect(() => read({ ...flags, ...more }, prefixes)).toThrow(message)
  })
})
