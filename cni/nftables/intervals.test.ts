import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { aggregate } from '../../net/aggregate.ts'
import { type Cidr, cidrAround, containsAddress, parseCidr } from '../../net/cidr.ts'
import { hex } from '../testing/bytes.ts'
import { intervalKey, toElements, toInterval, toIntervals } from './intervals.ts'

/** Few bits, so that ranges meet, at the beginning and the end of all addresses. */
const range: fc.Arbitrary<Cidr> = fc
  .tuple(fc.integer({ min: 0, max: 8 }), fc.nat(255))
  .map(([length, top]) => cidrAround({ family: 4, value: BigInt(top) << 24n }, length))

const covers = (elements: ReturnType<typeof toElements>, address: number): boolean => {
  // As the kernel looks: the nearest element at or before the key; of two at one key the beginning.
  const before = elements.filter(({ key }) => new DataView(key.buffer).getUint32(0) <= address)
  const at = (key: Uint8Array): number => new DataView(key.buffer).getUint32(0)
  const nearest = Math.max(-1, ...before.map(({ key }) => at(key)))
  return before.some(({ key, isEnd }) => at(key) === nearest && !isEnd)
}

describe('intervals', () => {
  test.prop([fc.array(range, { maxLength: 8 }), fc.nat(255)])(
    'cover the addresses of their ranges, and no others',
    (ranges, top) => {
      const value = top * 2 ** 24
      const address = { family: 4, value: BigInt(value) } as const
      const elements = toElements(aggregate(ranges).map(toInterval))
      expect(covers(elements, value)).toBe(ranges.some((range) => containsAddress(range, address)))
    },
  )

  test.prop([fc.array(range, { maxLength: 8 }), fc.array(fc.nat(), { minLength: 16, maxLength: 16 })])(
    'are read of their elements in any order',
    (ranges, chance) => {
      const intervals = aggregate(ranges).map(toInterval)
      const shuffled = toElements(intervals)
        .map((element, index) => ({ element, place: chance[index % chance.length] ?? 0 }))
        .sort((a, b) => a.place - b.place)
        .map(({ element }) => element)
      expect(toIntervals(shuffled)?.map(intervalKey)).toEqual(intervals.map(intervalKey))
    },
  )

  it('know nft’s end before the first one', () => {
    const elements = [
      ...toElements([toInterval(parseCidr('10.0.0.0/8'))]),
      { key: hex('00000000'), isEnd: true },
    ]
    expect(toIntervals(elements)).toEqual([toInterval(parseCidr('10.0.0.0/8'))])
  })

  it.each([
    { name: 'two beginnings', elements: [['0a000000', false] as const, ['0b000000', false] as const] },
    { name: 'an end alone', elements: [['0a000000', true] as const] },
    {
      name: 'two ends',
      elements: [['0a000000', false] as const, ['0b000000', true] as const, ['0c000000', true] as const],
    },
  ])('are not made of $name', ({ elements }) => {
    expect(toIntervals(elements.map(([key, isEnd]) => ({ key: hex(key), isEnd })))).toBeUndefined()
  })
})
