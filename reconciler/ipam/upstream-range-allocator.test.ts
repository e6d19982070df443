import { describe, expect, test } from 'vitest'
import { silentLogger } from '../../kube/log.ts'
import type { Node } from '../../kube/objects.ts'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { Allocator, nodeOwner } from './allocator.ts'
import { NodeCidrs } from './node-cidrs.ts'
import { Pool } from './pool.ts'

// The scenarios of pkg/controller/nodeipam/ipam/range_allocator_test.go in kubernetes/kubernetes, by their names. Ranges
// with host bits are written here as the ranges they mean; podCIDRs stand as upstream has them.

const pools = (...texts: readonly string[]): readonly Pool[] =>
  texts.map((text) => {
    const [range = '', mask = ''] = text.split(' ')
    return new Pool(parseCidr(range), Number(mask))
  })

const node = (name: string, podCIDRs: readonly string[]): Node => ({
  metadata: { name, uid: name, resourceVersion: '1' },
  spec: podCIDRs.length === 0 ? {} : { podCIDRs },
})

/** An allocator that has seen the Nodes. */
function open(served: readonly Pool[], nodes: readonly Node[]): Allocator {
  const allocator = new Allocator(served)
  const cidrs = new NodeCidrs({
    allocator,
    monotonic: () => 0,
    onOtherAllocator: () => {
      throw new Error('there is no other allocator here')
    },
    log: silentLogger,
  })
  for (const object of nodes) cidrs.see({ type: 'added', object })
  return allocator
}

function next(allocator: Allocator, name = 'node0'): readonly string[] | string {
  const allocation = allocator.allocate(nodeOwner(name))
  return allocation.result === 'allocated' ? allocation.cidrs.map(formatCidr) : allocation.message
}

// https://github.com/kubernetes-sigs/node-ipam-controller/issues/27: what upstream fails on at the start is adopted here.
describe('TestOccupyPreExistingCIDR', () => {
  const dual = pools('10.10.0.0/16 24', 'a00::/8 24')
  const single = pools('10.10.0.0/16 24')
  test.each<[string, readonly Pool[], readonly string[], readonly string[]]>([
    ['success, single stack no node allocation', single, [], ['10.10.0.0/24']],
    ['success, dual stack no node allocation', dual, [], ['10.10.0.0/24', 'a00::/24']],
    ['success, single stack correct node allocation', single, ['10.10.0.1/24'], ['10.10.1.0/24']],
    [
      'success, dual stack both allocated correctly',
      dual,
      ['10.10.0.1/24', 'a00::/86'],
      ['10.10.1.0/24', 'a00:100::/24'],
    ],
    ['fail, single stack incorrect node allocation', single, ['172.10.0.1/24'], ['10.10.0.0/24']],
    [
      'fail, dualstack node allocating from non existing cidr',
      single,
      ['10.10.0.1/24', 'a00::/86'],
      ['10.10.1.0/24'],
    ],
    [
      'fail, dualstack node allocating bad v4',
      dual,
      ['172.10.0.1/24', 'a00::/86'],
      ['10.10.0.0/24', 'a00:100::/24'],
    ],
    [
      'fail, dualstack node allocating bad v6',
      dual,
      ['10.10.0.1/24', 'cdd::/86'],
      ['10.10.1.0/24', 'a00::/24'],
    ],
  ])('%s', (_name, served, podCIDRs, nextNode) => {
    const allocator = open(served, [node('node0', podCIDRs)])
    expect(allocator.heldBy(nodeOwner('node0'))).toHaveLength(podCIDRs.length)
    expect(next(allocator, 'node1')).toEqual(nextNode)
  })
})

describe('TestAllocateOrOccupyCIDRSuccess', () => {
  const services = ['127.123.234.0/26']
  const taken = ['127.123.234.64/30', '127.123.234.68/30', '127.123.234.72/30', '127.123.234.80/30']
  test.each<[string, readonly Pool[], readonly string[], readonly string[], readonly string[]]>([
    [
      'When there’s no ServiceCIDR return first CIDR in range',
      pools('127.123.234.0/24 30'),
      [],
      [],
      ['127.123.234.0/30'],
    ],
    ['Correctly filter out ServiceCIDR', pools('127.123.234.0/24 30'), services, [], ['127.123.234.64/30']],
    [
      'Correctly ignore already allocated CIDRs',
      pools('127.123.234.0/24 30'),
      services,
      taken,
      ['127.123.234.76/30'],
    ],
    [
      'Dualstack CIDRs v4,v6',
      pools('127.0.0.0/8 24', 'ace:cab:deca::/84 98'),
      services,
      [],
      ['127.0.0.0/24', 'ace:cab:deca::/98'],
    ],
    [
      'Dualstack CIDRs v6,v4',
      pools('ace:cab:deca::/84 98', '127.0.0.0/8 24'),
      services,
      [],
      ['ace:cab:deca::/98', '127.0.0.0/24'],
    ],
    [
      // Upstream takes one of each pool; a Node may have one of each family.
      'Dualstack CIDRs, more than two',
      pools('127.0.0.0/8 24', 'ace:cab:deca::/84 98', '10.0.0.0/8 24'),
      services,
      [],
      ['127.0.0.0/24', 'ace:cab:deca::/98'],
    ],
    ['no double counting', pools('10.10.0.0/22 24'), [], ['10.10.0.0/24', '10.10.2.0/24'], ['10.10.1.0/24']],
  ])('%s', (_name, served, reserved, held, expected) => {
    const allocator = open(
      served,
      held.map((cidr) => node(cidr, [cidr])),
    )
    allocator.reserve('services', reserved.map(parseCidr))
    expect(next(allocator)).toEqual(expected)
  })

  test('no double counting: a Node that is seen again and again holds one block', () => {
    const one = node('node0', ['10.10.0.0/24'])
    const allocator = open(pools('10.10.0.0/22 24'), [one, one, node('node1', ['10.10.2.0/24']), one])
    expect(allocator.statistics()).toMatchObject([{ used: 2, free: 2 }])
  })
})

describe('TestAllocateOrOccupyCIDRFailure', () => {
  test('When there’s no ServiceCIDR return first CIDR in range', () => {
    const all = ['127.123.234.0/30', '127.123.234.4/30', '127.123.234.8/30', '127.123.234.12/30']
    const allocator = open(
      pools('127.123.234.0/28 30'),
      all.map((cidr) => node(cidr, [cidr])),
    )
    expect(next(allocator)).toContain('no free IPv4 podCIDR')
  })
})

describe('TestReleaseCIDRSuccess', () => {
  test.each([
    [
      'Correctly release preallocated CIDR',
      '127.123.234.4/30',
      ['127.123.234.0/30', '127.123.234.8/30', '127.123.234.12/30'],
    ],
    [
      'Correctly recycle CIDR',
      '127.123.234.0/30',
      ['127.123.234.4/30', '127.123.234.8/30', '127.123.234.12/30'],
    ],
  ])('%s', (_name, released, held) => {
    const allocator = open(
      pools('127.123.234.0/28 30'),
      [released, ...held].map((cidr) => node(cidr, [cidr])),
    )
    expect(next(allocator)).toContain('no free')
    allocator.releaseAll(nodeOwner(released))
    expect(next(allocator)).toEqual([released])
  })
})
