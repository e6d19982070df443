import { fc, test as property } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { type Cidr, equalCidrs, formatCidr, nthSubnet, overlaps, parseCidr } from '../../net/cidr.ts'
import { Allocator } from './allocator.ts'
import type { LabelSelector } from './label-selector.ts'
import { Pool } from './pool.ts'

const pool = (range: string, mask: number, selector?: LabelSelector): Pool =>
  new Pool(parseCidr(range), mask, selector)

// A Set of blocks, looked at one by one, as a model of the whole allocator.
describe('never one block twice, never half', () => {
  const pools = [
    pool('10.0.0.0/28', 30),
    pool('10.0.1.0/28', 29, { matchLabels: { big: 'yes' } }),
    pool('fd00::/124', 126),
  ]
  const anyOwner = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
  const anyCidr = fc.constantFrom(
    ...[
      '10.0.0.0/30',
      '10.0.0.4/30',
      '10.0.0.8/29',
      '10.0.1.0/29',
      '10.0.1.8/31',
      'fd00::/126',
      'fd00::4/126',
      'fd00::/125',
      '10.0.0.0/8',
    ].map(parseCidr),
  )
  const anyStep = fc.oneof(
    fc.record({ op: fc.constant('allocate' as const), owner: anyOwner, big: fc.boolean() }),
    fc.record({ op: fc.constant('leave' as const), owner: anyOwner }),
    fc.record({ op: fc.constant('quarantine' as const), cidr: anyCidr, owner: anyOwner }),
    fc.record({ op: fc.constant('end' as const), cidr: anyCidr }),
    fc.record({
      op: fc.constant('reserve' as const),
      cidrs: fc.subarray(['10.0.0.0/30', '10.0.1.0/28', 'fd00::/127']),
    }),
    fc.record({ op: fc.constant('configure' as const), at: fc.subarray([0, 1, 2]) }),
  )

  property.prop([fc.array(anyStep, { maxLength: 50 })])('in any order of events', (steps) => {
    const allocator = new Allocator(pools)
    let served = pools
    const held = new Map<string, readonly Cidr[]>()
    const quarantined = new Map<string, { cidr: Cidr; owner: string }>()
    let reserved: readonly Cidr[] = []
    for (const step of steps) {
      switch (step.op) {
        case 'leave':
          allocator.releaseAll(step.owner)
          held.delete(step.owner)
          break
        case 'quarantine':
          allocator.quarantine(step.cidr, { owner: step.owner })
          quarantined.set(formatCidr(step.cidr), step)
          break
        case 'end':
          allocator.endQuarantine(step.cidr)
          quarantined.delete(formatCidr(step.cidr))
          break
        case 'reserve':
          reserved = step.cidrs.map(parseCidr)
          allocator.reserve('x', reserved)
          break
        case 'configure':
          served = step.at.flatMap((index) => pools[index] ?? [])
          allocator.configure(served)
          break
        case 'allocate': {
          const labels: Record<string, string> = step.big ? { big: 'yes' } : {}
          const mine = served.filter((one) => one.isFor(labels))
          const families = new Set(mine.map(({ family }) => family))
          const before = held.get(step.owner) ?? []
          const isFree = (cidr: Cidr): boolean =>
            ![...held.values()].flat().some((one) => overlaps(one, cidr)) &&
            !reserved.some((one) => overlaps(one, cidr)) &&
            [...quarantined.values()].every(
              (one) => !overlaps(one.cidr, cidr) || (one.owner === step.owner && equalCidrs(one.cidr, cidr)),
            )
          const blocksOf = (one: Pool): readonly Cidr[] =>
            Array.from({ length: Number(one.size) }, (_, i) =>
              nthSubnet(one.range, one.nodePrefixLength, BigInt(i)),
            )
          const could = [...families].every(
            (family) =>
              before.some((one) => one.family === family) ||
              mine.some((one) => one.family === family && blocksOf(one).some(isFree)),
          )
          const allocation = allocator.allocate(step.owner, { labels })
          expect(allocation.result === 'allocated').toBe(families.size > 0 && could)
          if (allocation.result !== 'allocated') {
            expect(allocator.heldBy(step.owner).map(formatCidr).sort()).toEqual(before.map(formatCidr).sort())
            break
          }
          expect(allocation.cidrs.map(({ family }) => family)).toEqual([...families])
          for (const cidr of allocation.cidrs) {
            if (before.some((one) => equalCidrs(one, cidr))) continue
            expect(isFree(cidr)).toBe(true)
            expect(mine.some((one) => blocksOf(one).some((block) => equalCidrs(block, cidr)))).toBe(true)
          }
          held.set(step.owner, [
            ...new Map([...before, ...allocation.cidrs].map((one) => [formatCidr(one), one])).values(),
          ])
        }
      }
    }
  })
})
