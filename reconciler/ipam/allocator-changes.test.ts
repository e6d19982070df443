import { describe, expect, test } from 'vitest'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { Allocator } from './allocator.ts'
import type { LabelSelector } from './label-selector.ts'
import { Pool } from './pool.ts'
import type { NearlyExhausted } from './pool-forecast.ts'

const pool = (range: string, mask: number, selector?: LabelSelector): Pool =>
  new Pool(parseCidr(range), mask, selector)

/** The blocks as text, or the message. */
function allocate(allocator: Allocator, owner: string): readonly string[] | string {
  const allocation = allocator.allocate(owner)
  return allocation.result === 'allocated' ? allocation.cidrs.map(formatCidr) : allocation.message
}

describe('pools that change while nodes have blocks', () => {
  test('one is added: what is held in it already is known', () => {
    const allocator = new Allocator([pool('10.0.0.0/24', 24)])
    allocator.occupy(parseCidr('10.9.0.0/24'), 'a')
    allocator.quarantine(parseCidr('10.9.1.0/24'))
    allocator.reserve('vpc', [parseCidr('10.9.2.0/24')])
    allocator.reserve('foreign', ['10.9.0.0/16', '10.9.3.0/25'].map(parseCidr), 'around')
    allocator.configure([pool('10.0.0.0/24', 24), pool('10.9.0.0/16', 24)])
    expect(['b', 'c'].map((owner) => allocate(allocator, owner))).toEqual([['10.0.0.0/24'], ['10.9.4.0/24']])
    expect(allocator.statistics()[1]).toMatchObject({ used: 2, quarantined: 1, reserved: 2, free: 251 })
  })

  test('one is removed: it gives nothing more, and what is held stays held', () => {
    const allocator = new Allocator([pool('10.0.0.0/16', 24), pool('10.9.0.0/16', 24)])
    allocate(allocator, 'a')
    allocator.configure([pool('10.9.0.0/16', 24)])
    expect(allocate(allocator, 'a')).toEqual(['10.0.0.0/24'])
    expect(allocate(allocator, 'b')).toEqual(['10.9.0.0/24'])
    allocator.configure([pool('10.0.0.0/16', 24)])
    expect(allocate(allocator, 'c')).toEqual(['10.0.1.0/24'])
  })

  test('one gets another mask: blocks that overlap what is held are not given', () => {
    const allocator = new Allocator([pool('10.0.0.0/16', 24)])
    allocate(allocator, 'a')
    allocator.configure([pool('10.0.0.0/16', 23)])
    expect(allocate(allocator, 'b')).toEqual(['10.0.2.0/23'])
    allocator.configure([pool('10.0.0.0/16', 26)])
    expect(allocate(allocator, 'c')).toEqual(['10.0.1.0/26'])
  })

  test('one gets another selector, or another place: it goes on behind the block given last', () => {
    const allocator = new Allocator([pool('10.0.0.0/16', 24), pool('fd00::/48', 64)])
    allocate(allocator, 'a')
    allocator.releaseAll('a')
    allocator.configure([pool('fd00::/48', 64), pool('10.0.0.0/16', 24, {})])
    expect(allocate(allocator, 'b')).toEqual(['fd00:0:0:1::/64', '10.0.1.0/24'])
  })

  test('those that overlap are refused, and those of before are served on', () => {
    const allocator = new Allocator([pool('10.0.0.0/16', 24)])
    expect(() => allocator.configure([pool('10.9.0.0/16', 24), pool('10.9.4.0/24', 26)])).toThrow('overlap')
    expect(allocate(allocator, 'a')).toEqual(['10.0.0.0/24'])
  })
})

describe('a pool that is nearly exhausted', () => {
  const told: NearlyExhausted[] = []
  const fill = (allocator: Allocator, from: number, to: number): readonly number[] => {
    told.length = 0
    for (let i = from; i < to; i++) allocator.allocate(`n${i}`)
    return told.map(({ share }) => share)
  }
  const open = (): Allocator =>
    new Allocator([pool('10.0.0.0/16', 24)], { onNearlyExhausted: (warning) => void told.push(warning) })

  test('80 % and 95 %, once each', () => {
    const allocator = open()
    expect(fill(allocator, 0, 204)).toEqual([])
    expect(fill(allocator, 204, 205)).toEqual([0.8])
    expect(told[0]?.note).toBe(
      'pool 10.0.0.0/16 has 51 of 256 blocks of /24 left (80 % taken: 205 by nodes, 0 in quarantine, 0 reserved): add a pool before it is empty',
    )
    expect(fill(allocator, 205, 243)).toEqual([])
    expect(fill(allocator, 243, 256)).toEqual([0.95])
    expect(fill(allocator, 256, 300)).toEqual([])
  })

  test('again only if it was well below in between', () => {
    const allocator = open()
    fill(allocator, 0, 205)
    for (let i = 0; i < 5; i++) allocator.releaseAll(`n${i}`)
    expect(fill(allocator, 300, 305)).toEqual([])
    for (let i = 5; i < 40; i++) allocator.releaseAll(`n${i}`)
    expect(fill(allocator, 400, 401)).toEqual([])
    expect(fill(allocator, 401, 440)).toEqual([0.8])
  })

  test('what is reserved and quarantined can’t be given either', () => {
    const allocator = open()
    allocator.reserve('vpc', [parseCidr('10.0.0.0/17')])
    allocator.quarantine(parseCidr('10.0.128.0/18'))
    expect(fill(allocator, 0, 12)).toEqual([])
    expect(fill(allocator, 12, 13)).toEqual([0.8])
  })
})

describe('somebody was refused, and something is let go of', () => {
  test.each<[string, (allocator: Allocator) => void]>([
    ['a node goes', (one) => one.releaseAll('a')],
    ['a node turns out to have something else', (one) => void one.settle('a', [parseCidr('192.168.0.0/24')])],
    ['routes are gone', (one) => one.endQuarantine(parseCidr('10.0.1.0/24'))],
    ['a reservation ends', (one) => one.reserve('vpc', [])],
  ])('%s: it is told, once', (_name, letGo) => {
    let told = 0
    const allocator = new Allocator([pool('10.0.0.0/24', 24)], { onFree: () => void told++ })
    allocator.occupy(parseCidr('10.0.0.0/24'), 'a')
    allocator.quarantine(parseCidr('10.0.1.0/24'))
    allocator.reserve('vpc', [parseCidr('10.0.2.0/24')])
    allocator.occupy(parseCidr('10.0.3.0/24'), 'c')
    allocator.release(parseCidr('10.0.3.0/24'), 'c')
    expect(told).toBe(0)
    allocator.allocate('b')
    letGo(allocator)
    allocator.releaseAll('a')
    expect(told).toBe(1)
  })
})

test('what is taken back from a node that gets only half is not told: it would ask again, without end', () => {
  let told = 0
  const allocator = new Allocator([pool('10.0.0.0/22', 24), pool('fd00::/64', 64)], {
    onFree: () => void told++,
  })
  for (const owner of ['a', 'b', 'b', 'c']) allocator.allocate(owner)
  expect(told).toBe(0)
  allocator.releaseAll('a')
  expect(told).toBe(1)
})
