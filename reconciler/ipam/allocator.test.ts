import { describe, expect, test } from 'vitest'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import type { NodePool } from '../../providers/provider.ts'
import { Allocator, type Applicant } from './allocator.ts'
import type { LabelSelector } from './label-selector.ts'
import { Pool } from './pool.ts'

const pool = (range: string, mask: number, selector?: LabelSelector): Pool =>
  new Pool(parseCidr(range), mask, selector)

/** The blocks as text, or the message. */
function allocate(
  allocator: Allocator,
  owner: string,
  applicant: Applicant = {},
): readonly string[] | string {
  const allocation = allocator.allocate(owner, applicant)
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

test('held by its node and by its routes, free when both are gone', () => {
  const allocator = new Allocator([pool('10.0.0.0/24', 24)])
  const cidr = parseCidr('10.0.0.0/24')
  allocate(allocator, 'node a')
  allocator.quarantine(cidr)
  allocator.quarantine(cidr)
  allocator.releaseAll('node a')
  expect(allocate(allocator, 'node b')).toContain('no free')
  allocator.endQuarantine(cidr)
  allocator.endQuarantine(cidr)
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

test('what a node turned out to have is its own, and nothing else that it was to get', () => {
  const allocator = new Allocator([pool('10.0.0.0/22', 24)])
  allocate(allocator, 'a')
  const its = ['10.0.1.0/24', '192.168.0.0/24'].map(parseCidr)
  allocator.settle('a', its)
  allocator.settle('a', its)
  expect(allocator.heldBy('a').map(formatCidr).sort()).toEqual(['10.0.1.0/24', '192.168.0.0/24'])
  expect(['b', 'c', 'd'].map((owner) => allocate(allocator, owner))).toEqual([
    ['10.0.2.0/24'],
    ['10.0.3.0/24'],
    ['10.0.0.0/24'],
  ])
})

describe('which pools a node gets from', () => {
  const small = { matchLabels: { size: 'small' } }

  test('one for its labels before one for all, whatever the order', () => {
    const allocator = new Allocator([pool('10.0.0.0/16', 24), pool('10.9.0.0/25', 26, small)])
    const labels = { size: 'small' }
    expect(allocate(allocator, 'a', { labels })).toEqual(['10.9.0.0/26'])
    expect(allocate(allocator, 'b')).toEqual(['10.0.0.0/24'])
    expect(allocate(allocator, 'c', { labels })).toEqual(['10.9.0.64/26'])
    // The pool for all is for it too.
    expect(allocate(allocator, 'd', { labels })).toEqual(['10.0.1.0/24'])
  })

  test('every family that one of its pools serves, and no other', () => {
    const allocator = new Allocator([pool('10.0.0.0/16', 24), pool('fd00::/48', 64, small)])
    expect(allocate(allocator, 'a', { labels: { size: 'small' } })).toEqual(['10.0.0.0/24', 'fd00::/64'])
    expect(allocate(allocator, 'b')).toEqual(['10.0.1.0/24'])
  })

  test('the family that is configured first comes first, whichever pool it is from', () => {
    const allocator = new Allocator([
      pool('fd00::/48', 64),
      pool('10.0.0.0/16', 24, small),
      pool('10.1.0.0/16', 24),
    ])
    expect(allocate(allocator, 'a', { labels: { size: 'small' } })).toEqual(['fd00::/64', '10.0.0.0/24'])
  })

  test('none: it is told which there are', () => {
    const allocator = new Allocator([pool('10.0.0.0/16', 24, small)])
    expect(allocator.allocate('a', { labels: { size: 'big' } })).toEqual({
      result: 'unmatched',
      message:
        "no podCIDR: no pool is for a node with these labels (the node selectors of 10.0.0.0/16 don't select it)",
    })
    expect(new Allocator([]).allocate('a')).toMatchObject({
      result: 'unmatched',
      message: 'no podCIDR: there is no pool',
    })
  })

  test('whether it depends on labels at all', () => {
    expect(new Allocator([pool('10.0.0.0/16', 24)]).isSelective).toBe(false)
    expect(new Allocator([pool('10.0.0.0/16', 24), pool('fd00::/48', 64, {})]).isSelective).toBe(true)
  })
})

describe('a machine that comes back', () => {
  const world = (): Allocator => {
    const allocator = new Allocator([pool('10.0.0.0/22', 24), pool('fd00::/62', 64)])
    for (const [index, name] of ['a', 'b'].entries()) {
      for (const text of [`10.0.${index}.0/24`, `fd00:0:0:${index}::/64`]) {
        allocator.occupy(parseCidr(text), `node ${name}`)
        allocator.quarantine(parseCidr(text), { owner: `node ${name}`, providerID: `aws:///${name}` })
      }
      allocator.releaseAll(`node ${name}`)
    }
    return allocator
  }

  test('gets what it had, of both families, though it is another Node', () => {
    expect(allocate(world(), 'node b2', { providerID: 'aws:///b' })).toEqual([
      '10.0.1.0/24',
      'fd00:0:0:1::/64',
    ])
  })

  test('the Node itself too, by whatever it is known', () => {
    expect(allocate(world(), 'node b')).toEqual(['10.0.1.0/24', 'fd00:0:0:1::/64'])
  })

  test('nobody else gets it', () => {
    const allocator = world()
    expect(allocate(allocator, 'c', { providerID: 'aws:///c' })).toEqual(['10.0.2.0/24', 'fd00:0:0:2::/64'])
    expect(allocate(allocator, 'd')).toEqual(['10.0.3.0/24', 'fd00:0:0:3::/64'])
    expect(allocate(allocator, 'e')).toContain('no free')
  })

  test('once: a second Node of the machine gets another', () => {
    const allocator = world()
    allocate(allocator, 'node b2', { providerID: 'aws:///b' })
    expect(allocate(allocator, 'node b3', { providerID: 'aws:///b' })).toEqual([
      '10.0.2.0/24',
      'fd00:0:0:2::/64',
    ])
  })

  test('not what is over, what became another’s, what must not be given, or what no pool has any more', () => {
    const applicant = { providerID: 'aws:///b' }
    const v4 = parseCidr('10.0.1.0/24')
    const first = (change: (allocator: Allocator) => void): string | undefined => {
      const allocator = world()
      change(allocator)
      const cidrs = allocate(allocator, 'node b2', applicant)
      return typeof cidrs === 'string' ? cidrs : cidrs[0]
    }
    expect(first((one) => one.endQuarantine(v4))).toBe('10.0.1.0/24')
    const taken = first((one) => {
      one.endQuarantine(v4)
      one.occupy(v4, 'x')
    })
    expect(taken).toBe('10.0.2.0/24')
    expect(first((one) => one.quarantine(v4, { owner: 'node x', providerID: 'aws:///x' }))).toBe(
      '10.0.2.0/24',
    )
    expect(first((one) => one.reserve('services', [v4]))).toBe('10.0.2.0/24')
    expect(first((one) => one.configure([pool('10.9.0.0/16', 24)]))).toBe('10.9.0.0/24')
    expect(first((one) => one.configure([pool('10.0.0.0/16', 26)]))).toBe('10.0.2.0/26')
  })
})

describe('what must not be given away', () => {
  test('overlapping: any block that shares an address', () => {
    const allocator = new Allocator([pool('10.0.0.0/21', 24)])
    allocator.reserve('vpc', ['10.0.0.0/23', '10.0.3.128/25', 'fd00::/8', '192.168.0.0/16'].map(parseCidr))
    expect(['a', 'b', 'c'].map((owner) => allocate(allocator, owner))).toEqual([
      ['10.0.2.0/24'],
      ['10.0.4.0/24'],
      ['10.0.5.0/24'],
    ])
  })

  test('around: a block in the range is harmless, one that is it or contains it is not', () => {
    const allocator = new Allocator([pool('10.0.0.0/22', 24)])
    allocator.reserve(
      'foreign',
      ['0.0.0.0/0', '10.0.0.0/23', '10.0.0.0/24', '10.0.1.128/25'].map(parseCidr),
      'around',
    )
    expect(['a', 'b', 'c'].map((owner) => allocate(allocator, owner))).toEqual([
      ['10.0.2.0/24'],
      ['10.0.3.0/24'],
      'no free IPv4 podCIDR: all of 10.0.0.0/22 (4 nodes of /24, 2 of them reserved: something else has the addresses) is taken',
    ])
  })

  test('what a source says replaces what it said; the others’ words stay', () => {
    const allocator = new Allocator([pool('10.0.0.0/23', 24)])
    const cidrs = ['10.0.0.0/24', '10.0.1.0/24'].map(parseCidr)
    allocator.reserve('services', cidrs)
    allocator.reserve('vpc', cidrs.slice(1))
    expect(allocate(allocator, 'a')).toContain('no free')
    allocator.reserve('services', cidrs)
    allocator.reserve('services', [])
    expect(allocate(allocator, 'a')).toEqual(['10.0.0.0/24'])
    expect(allocate(allocator, 'b')).toContain('no free')
    allocator.reserve('vpc', [])
    expect(allocate(allocator, 'b')).toEqual(['10.0.1.0/24'])
  })

  test('a range that a source names twice is free when it names it no more', () => {
    const allocator = new Allocator([pool('10.0.0.0/24', 24)])
    allocator.reserve('foreign', ['10.0.0.0/24', '10.0.0.0/24'].map(parseCidr), 'around')
    allocator.reserve('foreign', [], 'around')
    expect(allocate(allocator, 'a')).toEqual(['10.0.0.0/24'])
  })

  test('what a node has it keeps', () => {
    const allocator = new Allocator([pool('10.0.0.0/23', 24)])
    allocate(allocator, 'a')
    allocator.reserve('vpc', [parseCidr('10.0.0.0/24')])
    expect(allocate(allocator, 'a')).toEqual(['10.0.0.0/24'])
  })
})

describe('where the cloud says what a node may have', () => {
  const reserved = parseCidr('2001:db8:0:0:8000::/78')
  const cloudPool = (assigned: readonly string[] = [], ranges = [reserved]): NodePool => ({
    family: 6,
    prefixLength: 80,
    ranges,
    reserved: [],
    assigned: assigned.map(parseCidr),
  })
  const give = (allocator: Allocator, owner: string, pool = cloudPool(), providerID?: string) => {
    const answer = allocator.allocate(owner, {
      cloudPool: pool,
      ...(providerID === undefined ? {} : { providerID }),
    })
    return answer.result === 'allocated' ? answer.cidrs.map(formatCidr) : answer.result
  }
  const block = (n: number): string => `2001:db8:0:0:800${n}::/80`

  test('it is from there, beside what the pools of the other family have, and from no pool of its own', () => {
    const pools = ['10.244.0.0/16 24', 'fd00::/48 64'].map((text) => {
      const [range = '', mask] = text.split(' ')
      return new Pool(parseCidr(range), Number(mask))
    })
    const allocator = new Allocator(pools)
    expect(give(allocator, 'a')).toEqual(['10.244.0.0/24', block(0)])
    expect(give(allocator, 'a')).toEqual(['10.244.0.0/24', block(0)])
    expect(give(allocator, 'b')).toEqual(['10.244.1.0/24', block(1)])
  })

  test('the network’s own local route reserves nothing there, and all else does', () => {
    const allocator = new Allocator([])
    allocator.reserve('local', [parseCidr('2001:db8::/56')], 'local')
    allocator.reserve('kept', [parseCidr('2001:db8:0:0:8000::/126')])
    allocator.reserve('foreign', [parseCidr(block(1))], 'around')
    expect(give(allocator, 'a')).toEqual([block(2)])
  })

  test('what it has already comes first, unless another node has it, or had it', () => {
    const allocator = new Allocator([])
    allocator.occupy(parseCidr(block(1)), 'other')
    allocator.quarantine(parseCidr(block(2)), { providerID: 'machine' })
    const outside = '2001:db8:0:0:1::/80'
    expect(give(allocator, 'a', cloudPool([block(1), block(2), outside]))).toEqual([outside])
    expect(give(allocator, 'b', cloudPool([block(1), block(2)]), 'machine')).toEqual([block(2)])
  })

  test('what is held before the cloud is asked is held in its ranges too, and freed there', () => {
    const allocator = new Allocator([])
    for (const n of [0, 1, 2]) allocator.quarantine(parseCidr(block(n)))
    expect(give(allocator, 'a')).toEqual([block(3)])
    expect(give(allocator, 'b')).toBe('exhausted')
    allocator.endQuarantine(parseCidr(block(1)))
    expect(give(allocator, 'b')).toEqual([block(1)])
  })

  test('IPv4 is first, whichever of the two the cloud gives', () => {
    const ofCloud: NodePool = {
      family: 4,
      prefixLength: 24,
      ranges: [parseCidr('10.64.0.0/16')],
      reserved: [],
      assigned: [],
    }
    expect(give(new Allocator([pool('fd00::/48', 64)]), 'a', ofCloud)).toEqual(['10.64.0.0/24', 'fd00::/64'])
    expect(give(new Allocator([pool('10.0.0.0/16', 24)]), 'a')).toEqual(['10.0.0.0/24', block(0)])
  })

  test('without a range there is nothing to give', () => {
    expect(new Allocator([]).allocate('a', { cloudPool: cloudPool([], []) })).toMatchObject({
      result: 'exhausted',
      message: 'no free IPv6 podCIDR: there is no range to take one from',
    })
  })
})
