import { describe, expect, test } from 'vitest'
import { formatCidr, nthSubnet, parseCidr } from '../../net/cidr.ts'
import { Pool } from './pool.ts'
import { PoolBlocks } from './pool-blocks.ts'

// The scenarios of pkg/controller/nodeipam/ipam/cidrset/cidr_set_test.go in kubernetes/kubernetes, by their names. Its
// ranges with host bits are written here as the ranges they mean.

const open = (range: string, mask: number): PoolBlocks => new PoolBlocks(new Pool(parseCidr(range), mask))

function allocateNext(pool: PoolBlocks): string | undefined {
  const cidr = pool.candidate()
  if (cidr !== undefined) pool.hold(cidr, 'node')
  return cidr === undefined ? undefined : formatCidr(cidr)
}

const times = (count: number, pool: PoolBlocks): readonly (string | undefined)[] =>
  Array.from({ length: count }, () => allocateNext(pool))

describe('TestCIDRSetFullyAllocated', () => {
  test.each([
    ['Fully allocated CIDR with IPv4', '127.123.234.0/30'],
    ['Fully allocated CIDR with IPv6', 'beef:1234::/30'],
  ])('%s', (_name, range) => {
    const pool = open(range, 30)
    expect(times(2, pool)).toEqual([range, undefined])
    pool.release(parseCidr(range), 'node')
    expect(times(2, pool)).toEqual([range, undefined])
  })
})

describe('TestIndexToCIDRBlock', () => {
  test.each([
    ['1st IP address indexed with IPv4', '127.123.0.0/16', 24, 0n, '127.123.0.0/24'],
    ['16th IP address indexed with IPv4', '127.123.0.0/16', 24, 15n, '127.123.15.0/24'],
    ['5th IP address indexed with IPv4', '192.168.5.208/28', 32, 5n, '192.168.5.213/32'],
    ['1st IP address indexed with IPv6 /64', '2001:db8:1234::/48', 64, 0n, '2001:db8:1234::/64'],
    ['16th IP address indexed with IPv6 /64', '2001:db8:1234::/48', 64, 15n, '2001:db8:1234:f::/64'],
    ['6426th IP address indexed with IPv6 /63', '2001:db8:85a3::/50', 63, 6425n, '2001:db8:85a3:3232::/63'],
    ['1st IP address indexed with IPv6 /48', '2001:db8::/32', 48, 0n, '2001:db8::/48'],
    ['16th IP address indexed with IPv6 /48', '2001:db8::/32', 48, 15n, '2001:db8:f::/48'],
    ['6426th IP address indexed with IPv6 /48', '2001:db8::/32', 48, 6425n, '2001:db8:1919::/48'],
    ['1st IP address indexed with IPv6 /72', '2001:db8:1234:ff00::/56', 72, 0n, '2001:db8:1234:ff00::/72'],
    [
      '16th IP address indexed with IPv6 /72',
      '2001:db8:1234:ff00::/56',
      72,
      15n,
      '2001:db8:1234:ff00:f00::/72',
    ],
    [
      '6426th IP address indexed with IPv6 /72',
      '2001:db8:1234:ff00::/56',
      72,
      6425n,
      '2001:db8:1234:ff19:1900::/72',
    ],
    [
      '1st IP address indexed with IPv6 /96',
      '2001:db8:1234:0:1234::/80',
      96,
      0n,
      '2001:db8:1234:0:1234::/96',
    ],
    [
      '16th IP address indexed with IPv6 /96',
      '2001:db8:1234:0:1234::/80',
      96,
      15n,
      '2001:db8:1234:0:1234:f::/96',
    ],
    [
      '6426th IP address indexed with IPv6 /96',
      '2001:db8:1234:ff00::/80',
      96,
      6425n,
      '2001:db8:1234:ff00:0:1919::/96',
    ],
  ])('%s', (_name, range, mask, index, block) => {
    const pool = open(range, mask)
    for (let i = 0n; i < index; i++) pool.hold(nthSubnet(parseCidr(range), mask, i), 'node')
    expect(allocateNext(pool)).toBe(formatCidr(parseCidr(block)))
  })
})

describe('TestCIDRSet_RandomishAllocation', () => {
  test.each([
    ['RandomishAllocation with IPv4', '127.123.0.0/16'],
    ['RandomishAllocation with IPv6', 'beef::/16'],
  ])('%s', (_name, range) => {
    const pool = open(range, 24)
    const given = times(256, pool)
    expect(allocateNext(pool)).toBeUndefined()
    for (const cidr of given) pool.release(parseCidr(cidr ?? ''), 'node')
    expect(times(256, pool)).toEqual(given)
    expect(allocateNext(pool)).toBeUndefined()
  })
})

describe('TestCIDRSet_AllocationOccupied', () => {
  test.each([
    ['AllocationOccupied with IPv4', '127.123.0.0/16'],
    ['AllocationOccupied with IPv6', 'beef::/16'],
  ])('%s', (_name, range) => {
    const pool = open(range, 24)
    const given = times(256, pool).map((cidr) => parseCidr(cidr ?? ''))
    for (const cidr of given) pool.release(cidr, 'node')
    for (const cidr of given.slice(128)) pool.hold(cidr, 'node')
    for (const cidr of given.slice(128, 129)) pool.hold(cidr, 'node')
    expect(times(128, pool)).toEqual(given.slice(0, 128).map(formatCidr))
    expect(allocateNext(pool)).toBeUndefined()
  })
})

// Upstream a release undoes whatever was occupied there; here each undoes one hold, so that one node that lets go of its
// range never frees what another holds.
test('TestDoubleOccupyRelease: one undoes one', () => {
  const pool = open('10.42.0.0/16', 24)
  const steps = [
    ['hold', '10.42.5.0/24', 1],
    ['hold', '10.42.9.0/24', 2],
    ['hold', '10.42.8.0/22', 5],
    ['hold', '10.42.9.0/24', 5],
    ['release', '10.42.9.0/24', 5],
    ['release', '10.42.9.0/24', 5],
    ['release', '10.42.8.0/22', 1],
    ['release', '10.42.4.0/22', 1],
    ['release', '10.42.9.0/24', 1],
  ] as const
  for (const [op, cidr, used] of steps) {
    pool[op](parseCidr(cidr), 'node')
    expect(pool.statistics().used).toBe(used)
  }
  expect(new Set(times(255, pool)).has(undefined)).toBe(false)
  expect(allocateNext(pool)).toBeUndefined()
})

describe('TestGetBitforCIDR: the block is taken, and it alone', () => {
  test.each([
    ['Get 0 Bit with IPv4', '127.0.0.0/8', 16, '127.0.0.0/16', 1],
    ['Get 0 Bit with IPv6', 'be00::/8', 16, 'be00::/16', 1],
    ['Get 123rd Bit with IPv4', '127.0.0.0/8', 16, '127.123.0.0/16', 1],
    ['Get xef Bit with IPv6', 'be00::/8', 16, 'beef::/16', 1],
    ['Get 168th Bit with IPv4', '127.0.0.0/8', 16, '127.168.0.0/16', 1],
    ['Get x68th Bit with IPv6', 'be00::/8', 16, 'be68::/16', 1],
    ['Get 224th Bit with IPv4', '127.0.0.0/8', 16, '127.224.0.0/16', 1],
    ['Get x24th Bit with IPv6', 'be00::/8', 16, 'be24::/16', 1],
    ['Get 12th Bit with IPv4', '192.168.0.0/16', 24, '192.168.12.0/24', 1],
    ['Get x12th Bit with IPv6', 'beef::/16', 24, 'beef:1200::/24', 1],
    ['Get 151st Bit with IPv4', '192.168.0.0/16', 24, '192.168.151.0/24', 1],
    ['Get x97st Bit with IPv6', 'beef::/16', 24, 'beef:9700::/24', 1],
    ['Get error with IPv4', '192.168.0.0/16', 24, '127.168.224.0/24', 0],
    ['Get error with IPv6', 'beef::/16', 24, '2001:db00::/24', 0],
  ])('%s', (_name, range, mask, held, used) => {
    const pool = open(range, mask)
    pool.hold(parseCidr(held), 'node')
    expect(pool.statistics().used).toBe(used)
    expect(new Set(times(256, pool)).has(formatCidr(parseCidr(held)))).toBe(false)
  })
})

describe('TestOccupy', () => {
  test.each([
    ['Occupy all Bits with IPv4', '127.0.0.0/8', 16, '127.0.0.0/8', 0, 255],
    ['Occupy all Bits with IPv6', '2001:beef:1200::/40', 48, '2001:beef:1200::/40', 0, 255],
    ['Occupy every Bit with IPv4', '127.0.0.0/8', 16, '64.0.0.0/2', 0, 255],
    ['Occupy every Bit with IPv6', '2001:beef:1200::/40', 48, '2001:beef::/34', 0, 255],
    ['Occupy 1st Bit with IPv4', '127.0.0.0/8', 16, '127.0.0.0/16', 0, 0],
    ['Occupy 1st Bit with IPv6', '2001:beef:1200::/40', 48, '2001:beef:1200::/48', 0, 0],
    ['Occupy 65535 Bits with IPv4', '127.0.0.0/8', 32, '127.0.0.0/16', 0, 65_535],
    ['Occupy 65535 Bits with IPv6', '2001:beef:1200::/48', 64, '2001:beef:1200::/48', 0, 65_535],
    ['Occupy 257th Bit with IPv4', '126.0.0.0/7', 16, '127.0.0.0/15', 256, 257],
    ['Occupy 257th Bit with IPv6', '2001:beef:7e00::/39', 48, '2001:beef:7f00::/47', 256, 257],
    ['Occupy 128th Bit with IPv4', '126.0.0.0/7', 15, '127.0.0.0/15', 128, 128],
    ['Occupy 128th Bit with IPv6', '2001:beef:7e00::/39', 47, '2001:beef:7f00::/47', 128, 128],
    ['Occupy 1031st Bit with IPv4', '126.0.0.0/7', 18, '127.0.0.0/15', 1024, 1031],
    ['Occupy 1031st Bit with IPv6', '2001:beef:7e00::/39', 50, '2001:beef:7f00::/47', 1024, 1031],
  ])('%s', (_name, range, mask, held, begin, end) => {
    const pool = open(range, mask)
    pool.hold(parseCidr(held), 'node')
    const { size, used, free } = pool.statistics()
    expect({ used, free }).toEqual({ used: end - begin + 1, free: size - used })
    const first = begin > 0 ? 0n : BigInt(end + 1)
    const expected = used === size ? undefined : formatCidr(nthSubnet(parseCidr(range), mask, first))
    expect(allocateNext(pool)).toBe(expected)
  })
})

describe('TestCIDRSetv6', () => {
  test.each([
    ['Max cluster subnet size with IPv4', '127.0.0.0/8', 32, ['127.0.0.0/32', '127.0.0.1/32']],
    // Upstream refuses more than 2^16 blocks; there is no such limit here.
    ['Max cluster subnet size with IPv6', 'beef:1234::/32', 49, ['beef:1234::/49', 'beef:1234:0:8000::/49']],
    [
      'Allocate a few IPv6',
      '2001:beef:1234:3690::/60',
      64,
      ['2001:beef:1234:3690::/64', '2001:beef:1234:3691::/64'],
    ],
  ])('%s', (_name, range, mask, expected) => {
    expect(times(2, open(range, mask))).toEqual(expected)
  })
})

describe('what the metrics are made of', () => {
  test('TestCidrSetMetrics', () => {
    const pool = open('10.0.0.0/16', 24)
    for (let i = 1; i <= 256; i++) {
      allocateNext(pool)
      expect(pool.statistics()).toMatchObject({ size: 256, used: i, free: 256 - i })
    }
    for (let i = 0n; i < 256n; i++) pool.release(nthSubnet(parseCidr('10.0.0.0/16'), 24, i), 'node')
    expect(pool.statistics()).toMatchObject({ used: 0, free: 256 })
    pool.hold(parseCidr('10.0.0.0/16'), 'node')
    expect(pool.statistics()).toMatchObject({ used: 256, free: 0 })
  })

  test('TestCidrSetMetricsHistogram', () => {
    const pool = open('10.0.0.0/16', 24)
    pool.hold(parseCidr('10.0.0.0/17'), 'node')
    expect(pool.statistics().used).toBe(128)
    expect(allocateNext(pool)).toBe('10.0.128.0/24')
    expect(pool.statistics().used).toBe(129)
  })

  test('TestCidrSetMetricsDual', () => {
    const v4 = open('10.0.0.0/16', 24)
    const v6 = open('2001:db8::/48', 64)
    for (const cidr of ['10.0.0.0/16', '2001:db8::/48'].map(parseCidr)) {
      v4.hold(cidr, 'node')
      v6.hold(cidr, 'node')
    }
    expect([v4, v6].map((pool) => pool.statistics().used)).toEqual([256, 65_536])
    for (const cidr of ['10.0.0.0/16', '2001:db8::/48'].map(parseCidr)) {
      v4.release(cidr, 'node')
      v6.release(cidr, 'node')
    }
    expect([v4, v6].map((pool) => pool.statistics().used)).toEqual([0, 0])
  })
})
