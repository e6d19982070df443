import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { hex } from '../testing/bytes.ts'
import { NetlinkFormatError } from './error.ts'
import { type Message, decodeMessages, encodeMessage } from './message.ts'

const message = fc.record({
  type: fc.integer({ min: 0, max: 0xffff }),
  flags: fc.integer({ min: 0, max: 0xffff }),
  sequence: fc.integer({ min: 0, max: 0xffffffff }),
  port: fc.integer({ min: 0, max: 0xffffffff }),
  payload: fc.uint8Array({ maxLength: 64 }),
})

const join = (messages: readonly Message[]): Uint8Array =>
  Uint8Array.from(messages.flatMap((one) => [...encodeMessage(one)]))

describe('netlink messages', () => {
  it('are these bytes', () => {
    const bytes = encodeMessage({
      type: 0x10,
      flags: 0x605,
      sequence: 0x01020304,
      port: 0,
      payload: Uint8Array.of(1, 2, 3, 4, 5),
    })
    expect(bytes).toEqual(
      hex(`
        15 00 00 00  # length without padding: 21
        10 00        # type: RTM_NEWLINK
        05 06        # flags: request, acknowledge, exclusive, create
        04 03 02 01  # sequence
        00 00 00 00  # port: the kernel
        01 02 03 04 05 00 00 00  # payload, padded
      `),
    )
  })

  test.prop([fc.array(message, { maxLength: 5 })])('come back as they were, several at once', (messages) => {
    expect(decodeMessages(join(messages))).toEqual(messages)
  })

  it.each([
    { name: 'a header cut short', bytes: '10 00 00 00 02 00' },
    { name: 'a length shorter than the header', bytes: '0f 00 00 00 02 00 00 00 00 00 00 00 00 00 00 00' },
    {
      name: 'a length behind the end',
      bytes: '14 00 00 00 02 00 00 00 00 00 00 00 00 00 00 00 00 00',
    },
    { name: 'a length of zero', bytes: '00 00 00 00 02 00 00 00 00 00 00 00 00 00 00 00' },
  ])('$name is refused', ({ bytes }) => {
    expect(() => decodeMessages(hex(bytes))).toThrow(NetlinkFormatError)
  })

  test.prop([fc.uint8Array({ maxLength: 100 })])('of any bytes are read or refused, never else', (bytes) => {
    try {
      decodeMessages(bytes)
    } catch (error) {
      expect(error).toBeInstanceOf(NetlinkFormatError)
    }
  })
})
