import { describe, expect, test } from 'vitest'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { Allocator } from './allocator.ts'
import { Pool } from './pool.ts'

const pool = (range: string, mask: number): Pool => new Pool(parseCidr(range), mask)

/** The blocks as text, or the message. */
function allocate(allocator: Allocator, owner: string): readonly string[] | string {
  const allocation = allocator.allocate(owner)
  return allocation.result === 'allocated' ? allocation.cidrs.map(formatCidr) : allocation.message
}

test('one block of each family, in the order of the pools', () => {
  const v6First = new Allocator([pool('fd00::/48', 64), pool('10.0.0.0/16', 24)])
  expect(allocate(v6First, 'a')).toEqual(['fd00::/64', '10.0.0.0/24'])
  expect(allocate(v6First, 'b')).toEqual(['fd00:0:0:1::/64', '10.0.1.0/24'])
})

test('asked again, the same', () => {
  const allocator = new Allocator([pool('10.0.0.0/16', 24), pool('fd00::/48', 64)])
  expect(allocate(allocator, 'a')).toEqual(allocate(allocator, 'a'))
})

test('what the owner has of one family is completed by the other', () => {
  const allocator = new Allocator([pool('10.0.0.0/16', 24), pool('fd00::/48', 64)])
  allocator.occupy(parseCidr('192.168.0.0/24'), 'a')
  expect(allocate(allocator, 'a')).toEqual(['192.168.0.0/24', 'fd00::/64'])
})

test('discontiguous pools of a family: the next when the first is full', () => {
  const allocator = new Allocator([pool('10.0.0.0/24', 24), pool('10.9.0.0/23', 24)])
  expect(['a', 'b', 'c'].map((owner) => allocate(allocator, owner))).toEqual([
    ['10.0.0.0/24'],
    ['10.9.0.0/24'],
    ['10.9.1.0/24'],
  ])
})

describe('exhaustion', () => {
  // https://github.com/kubernetes/kubernetes/issues/85866
  test('names every pool of the family, its size and mask', () => {
    const allocator = new Allocator([pool('10.0.0.0/24', 24), pool('10.9.0.0/23', 24), pool('fd00::/48', 64)])
    for (const owner of ['a', 'b', 'c']) allocate(allocator, owner)
    expect(allocate(allocator, 'd')).toBe(
      'no free IPv4 podCIDR: all of 10.0.0.0/24 (1 nodes of /24), 10.9.0.0/23 (2 nodes of /24) is taken',
    )
  })

  test('leak when the second family is exhausted: nothing of the first stays taken', () => {
    const allocator = new Allocator([pool('10.0.0.0/23', 24), pool('fd00::/64', 64)])
    allocate(allocator, 'a')
    for (let i = 0; i < 100; i++) expect(allocate(allocator, 'b')).toContain('no free IPv6 podCIDR')
    allocator.releaseAll('a')
    expect(allocate(allocator, 'c')).toHaveLength(2)
  })

  test('what the owner had before stays its own', () => {
    const allocator = new Allocator([pool('10.0.0.0/23', 24), pool('fd00::/64', 64)])
    allocator.occupy(parseCidr('fd00::/64'), 'a')
    allocator.occupy(parseCidr('10.0.0.0/24'), 'b')
    expect(allocate(allocator, 'b')).toContain('no free IPv6')
    expect(allocate(allocator, 'c')).toContain('no free IPv6')
    allocator.releaseAll('a')
    expect(allocate(allocator, 'b')).toEqual(['10.0.0.0/24', 'fd00::/64'])
  })
})

test('held for two reasons, free when both are gone', () => {
  const allocator = new Allocator([pool('10.0.0.0/24', 24)])
  allocate(allocator, 'node a')
  allocator.occupy(parseCidr('10.0.0.0/24'), 'ledger')
  allocator.releaseAll('node a')
  expect(allocate(allocator, 'node b')).toContain('no free')
  allocator.release(parseCidr('10.0.0.0/24'), 'ledger')
  expect(allocate(allocator, 'node b')).toEqual(['10.0.0.0/24'])
})

test('release and occupy are idempotent, and of the unknown', () => {
  const allocator = new Allocator([pool('10.0.0.0/24', 24)])
  const cidr = parseCidr('10.0.0.0/24')
  allocator.release(cidr, 'nobody')
  allocator.releaseAll('nobody')
  allocator.occupy(cidr, 'a')
  allocator.occupy(cidr, 'a')
  allocator.release(cidr, 'a')
  expect(allocate(allocator, 'b')).toEqual(['10.0.0.0/24'])
})
