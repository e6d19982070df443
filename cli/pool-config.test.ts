import { describe, expect, test } from 'vitest'
import { formatCidr } from '../net/cidr.ts'
import { type PoolFlags, readPoolConfig } from './pool-config.ts'
import { UsageError } from './usage.ts'

const flags: PoolFlags = {
  allocateNodeCidrs: true,
  nodeCidrMaskSizeIpv4: '24',
  nodeCidrMaskSizeIpv6: '64',
}

describe('where the pools are written down', () => {
  test('in a ConfigMap', () => {
    expect(readPoolConfig({ ...flags, poolsConfigMap: 'podway-system/podway-pools' })).toEqual({
      pools: [],
      poolPlace: { kind: 'config-map', namespace: 'podway-system', name: 'podway-pools' },
      serviceRanges: [],
    })
  })

  test('in a file', () => {
    expect(readPoolConfig({ ...flags, poolsFile: '/etc/podway/pools.yaml' }).poolPlace).toEqual({
      kind: 'file',
      path: '/etc/podway/pools.yaml',
    })
  })

  test('nowhere, if somebody else allocates', () => {
    const given = { ...flags, allocateNodeCidrs: false, poolsFile: 'pools.yaml' }
    expect(readPoolConfig(given)).toEqual({ pools: undefined, poolPlace: undefined, serviceRanges: [] })
  })
})

test('what Services have', () => {
  const { serviceRanges } = readPoolConfig({
    ...flags,
    clusterCidr: '10.244.0.0/16',
    serviceClusterIpRange: '10.96.0.0/12,fd00:10:96::/112',
  })
  expect(serviceRanges.map(formatCidr)).toEqual(['10.96.0.0/12', 'fd00:10:96::/112'])
})

test.each<[string, Partial<PoolFlags>, string]>([
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
  expect(() => readPoolConfig({ ...flags, ...given })).toThrow(UsageError)
  expect(() => readPoolConfig({ ...flags, ...given })).toThrow(message)
})
