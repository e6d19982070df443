import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { aggregate } from './aggregate.ts'
import {
  type Cidr,
  cidrAround,
  compareCidrs,
  containsAddress,
  containsCidr,
  formatCidr,
  nthSubnet,
  parseCidr,
} from './cidr.ts'

describe('aggregate', () => {
  test.each<[what: string, given: readonly string[], wanted: readonly string[]]>([
    ['nothing', [], []],
    ['one', ['10.0.0.0/24'], ['10.0.0.0/24']],
    ['the same twice', ['10.0.0.0/24', '10.0.0.0/24'], ['10.0.0.0/24']],
    ['one in another', ['10.0.3.0/24', '10.0.0.0/16'], ['10.0.0.0/16']],
    ['two halves', ['10.0.1.0/24', '10.0.0.0/24'], ['10.0.0.0/23']],
    ['neighbours that are no halves of one', ['10.0.1.0/24', '10.0.2.0/24'], ['10.0.1.0/24', '10.0.2.0/24']],
    ['four quarters', ['10.0.0.0/26', '10.0.0.64/26', '10.0.0.128/26', '10.0.0.192/26'], ['10.0.0.0/24']],
    ['a half and two quarters', ['10.0.0.128/25', '10.0.0.64/26', '10.0.0.0/26'], ['10.0.0.0/24']],
    ['all there is', ['128.0.0.0/1', '0.0.0.0/1'], ['0.0.0.0/0']],
    ['each family by itself', ['fd00:0:0:1::/64', '10.0.0.0/24', 'fd00::/64'], ['10.0.0.0/24', 'fd00::/63']],
    [
      'the last of one and the first of the other',
      ['255.255.255.255/32', '::/128'],
      ['255.255.255.255/32', '::/128'],
    ],
  ])('%s', (_what, given, wanted) => {
    expect(aggregate(given.map(parseCidr)).map(formatCidr)).toEqual(wanted)
  })

  /** Ranges of 10.0.0.0/27, so that they often meet. */
  const near = fc
    .tuple(fc.integer({ min: 27, max: 32 }), fc.integer({ min: 0, max: 31 }))
    .map(([prefixLength, host]): Cidr =>
      cidrAround({ family: 4, value: 0x0a000000n + BigInt(host) }, prefixLength),
    )
  const ranges = fc.array(near, { maxLength: 24 })
  const addresses = Array.from({ length: 32 }, (_, index) =>
    nthSubnet(parseCidr('10.0.0.0/27'), 32, BigInt(index)),
  )

  property.prop([ranges])('holds the same addresses, in a form that follows from them', (given) => {
    const result = aggregate(given)
    for (const one of addresses) {
      const address = { family: 4, value: one.network } as const
      const holds = (cidr: Cidr): boolean => containsAddress(cidr, address)
      expect(result.some(holds)).toBe(given.some(holds))
    }
    expect(result.toSorted(compareCidrs)).toEqual(result)
    expect(result.some((a) => result.some((b) => a !== b && containsCidr(a, b)))).toBe(false)
    const single = addresses.filter((one) => given.some((cidr) => containsCidr(cidr, one)))
    expect(aggregate(single)).toEqual(result)
    expect(aggregate(result)).toEqual(result)
  })
})
