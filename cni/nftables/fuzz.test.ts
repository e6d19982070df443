import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { NetlinkFormatError } from '../netlink/error.ts'
import {
  listedGoto,
  listedLinkLocal,
  listedMap,
  listedMasquerade,
  listedRanges,
  listedVerdict,
} from '../testing/recorded-filter.ts'
import { decodeChain, encodeNewChain } from './chain.ts'
import { decodeComment, encodeComment, longestComment } from './comment.ts'
import { decodeElements } from './element.ts'
import { decodeGeneration } from './generation.ts'
import { decodeRule } from './rule.ts'
import { decodeSet, encodeNewSet } from './set.ts'
import { decodeTable, encodeNewTable } from './table.ts'

const sound: readonly Uint8Array[] = [
  listedGoto,
  listedLinkLocal,
  listedMap,
  listedMasquerade,
  listedRanges,
  listedVerdict,
  encodeNewTable('podway'),
  encodeNewChain('podway', { name: 'a', hook: { type: 'nat', number: 4, priority: 100 } }),
  encodeNewSet('podway', { name: 'a', family: 6, kind: 'verdicts' }, 1),
]

/** Bytes in which some are others, and that may end early, or late. */
const damaged: fc.Arbitrary<Uint8Array> = fc
  .record({
    bytes: fc.oneof(fc.constantFrom(...sound), fc.uint8Array({ maxLength: 100 })),
    changes: fc.array(fc.tuple(fc.nat(600), fc.oneof(fc.constantFrom(0, 1, 3, 4, 0x7f, 0xff), fc.nat(255))), {
      maxLength: 4,
    }),
    cut: fc.oneof(fc.constant(0), fc.nat(60)),
    tail: fc.uint8Array({ maxLength: 8 }),
  })
  .map(({ bytes, changes, cut, tail }) => {
    const copy = Uint8Array.from([...bytes.subarray(0, Math.max(0, bytes.length - cut)), ...tail])
    for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value
    return copy
  })

describe('decoders of nf_tables, whatever the bytes are', () => {
  test.prop([damaged], { numRuns: 3000 })('read a message, or say where it is wrong', (bytes) => {
    const decoders = [decodeTable, decodeChain, decodeSet, decodeElements, decodeRule, decodeGeneration]
    for (const decode of decoders) {
      try {
        decode(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(NetlinkFormatError)
      }
    }
  })

  test.prop([fc.uint8Array({ maxLength: 300 })])('read a comment, or none', (bytes) => {
    expect(() => decodeComment(bytes)).not.toThrow()
  })

  test.prop([
    fc.string({
      minLength: 1,
      unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)),
      maxLength: 400,
    }),
  ])('get a comment back as it was written, as far as it goes', (text) => {
    expect(decodeComment(encodeComment(text))).toBe(text.slice(0, longestComment))
  })
})
