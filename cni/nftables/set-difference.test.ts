import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { aggregate } from '../../net/aggregate.ts'
import { type Cidr, cidrAround, overlaps, parseCidr } from '../../net/cidr.ts'
import { intervalKey, toElements, toInterval } from './intervals.ts'
import type { FoundWholeSet } from './ruleset.ts'
import { setDifference } from './set-difference.ts'

const range: fc.Arbitrary<Cidr> = fc
  .tuple(fc.integer({ min: 0, max: 8 }), fc.nat(255))
  .map(([length, top]) => cidrAround({ family: 4, value: BigInt(top) << 24n }, length))
const ranges = fc.array(range, { maxLength: 6 }).map(aggregate)

const found = (there: readonly Cidr[]): FoundWholeSet => ({
  name: 'a',
  set: { name: 'a', family: 4, kind: 'ranges' },
  elements: toElements(there.map(toInterval)),
})

describe('the difference of a set', () => {
  test.prop([ranges, ranges], { numRuns: 500 })('makes of what is there what is wanted', (there, wanted) => {
    const { gone, added } = setDifference(found(there), wanted.map(toInterval))
    const left = new Set(there.map((cidr) => intervalKey(toInterval(cidr))))
    for (const interval of gone === 'all' ? [] : gone) expect(left.delete(intervalKey(interval))).toBe(true)
    for (const interval of added) left.add(intervalKey(interval))
    expect([...left].sort()).toEqual(wanted.map((cidr) => intervalKey(toInterval(cidr))).sort())
  })

  test.prop([ranges, ranges], { numRuns: 500 })(
    'is made in place exactly if nothing that comes overlaps what goes',
    (there, wanted) => {
      const only = (some: readonly Cidr[], others: readonly Cidr[]): readonly Cidr[] =>
        some.filter(
          (one) => !others.some((other) => intervalKey(toInterval(one)) === intervalKey(toInterval(other))),
        )
      const [gone, added] = [only(there, wanted), only(wanted, there)]
      const meet = gone.some((one) => added.some((other) => overlaps(one, other)))
      expect(setDifference(found(there), wanted.map(toInterval)).inPlace).toBe(!meet)
    },
  )

  it('of what is no set of ranges is all of it', () => {
    const broken = { ...found([]), elements: toElements([toInterval(parseCidr('10.0.0.0/8'))]).slice(1) }
    expect(setDifference(broken, [])).toEqual({ gone: 'all', added: [], inPlace: false })
  })
})
