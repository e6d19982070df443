import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../net/address.ts'
import { hex } from '../testing/bytes.ts'
import { NetlinkFormatError } from './error.ts'
import { decodeLinkState, encodeGetLinkElsewhere } from './link-state.ts'
import { decodeNeighbourState, encodeGetNeighbour } from './neighbour-state.ts'
import { decodePacketRoute, encodePacketRoute } from './packet-route.ts'

describe('questions about a packet', () => {
  it('the way that it takes, by the interface of entry', () => {
    const packet = { destination: parseAddress('10.244.3.2'), source: parseAddress('10.244.1.2'), entry: 7 }
    expect(encodePacketRoute(packet, 'way')).toEqual(
      hex(`
        02 20 20 00 00 00 00 00 00 10 00 00  # struct rtmsg: both addresses whole, RTM_F_LOOKUP_TABLE
        08 00 01 00 0a f4 03 02              # RTA_DST
        08 00 02 00 0a f4 01 02              # RTA_SRC
        08 00 03 00 07 00 00 00              # RTA_IIF
      `),
    )
  })

  it('the entry that matches it, from anywhere', () => {
    expect(encodePacketRoute({ destination: parseAddress('fd00::2') }, 'entry')).toEqual(
      hex(`
        0a 80 00 00 00 00 00 00 00 30 00 00  # RTM_F_LOOKUP_TABLE, RTM_F_FIB_MATCH
        14 00 01 00 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02
      `),
    )
  })

  it('a neighbour, and a link of another namespace', () => {
    expect(encodeGetNeighbour(7, parseAddress('10.244.1.2'))).toEqual(
      hex('02 00 00 00 07 00 00 00 00 00 00 00  08 00 01 00 0a f4 01 02'),
    )
    expect(encodeGetLinkElsewhere(2, 5)).toEqual(
      hex('00 00 00 00 02 00 00 00 00 00 00 00 00 00 00 00  08 00 2e 00 05 00 00 00'),
    )
  })
})

describe('answers, whatever the bytes are', () => {
  const sound = [
    encodePacketRoute({ destination: parseAddress('10.244.3.2'), entry: 7 }, 'way'),
    encodeGetNeighbour(7, parseAddress('fd00::2')),
    encodeGetLinkElsewhere(2, 5),
  ]
  const damaged = fc
    .tuple(
      fc.constantFrom(...sound),
      fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 4 }),
      fc.nat(30),
    )
    .map(([bytes, changes, cut]) => {
      const copy = Uint8Array.from(bytes.subarray(0, Math.max(1, bytes.length - cut)))
      for (const [at, value] of changes) copy[at % copy.length] = value
      return copy
    })

  test.prop([fc.oneof(damaged, fc.uint8Array({ maxLength: 80 }))], { numRuns: 2000 })(
    'are read, or it is said where they are wrong',
    (bytes) => {
      for (const decode of [decodePacketRoute, decodeNeighbourState, decodeLinkState]) {
        try {
          decode(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(NetlinkFormatError)
        }
      }
    },
  )
})
