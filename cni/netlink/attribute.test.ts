import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { hex } from '../testing/bytes.ts'
import { PayloadWriter, readAttributes, readU32 } from './attribute.ts'
import { NetlinkFormatError } from './error.ts'

const everyType = Array.from({ length: 0x4000 }, (_, type) => type)

const read = (
  bytes: Uint8Array,
  offset = 0,
  types: readonly number[] = everyType,
): [number, Uint8Array][] => {
  const found: [number, Uint8Array][] = []
  readAttributes(bytes, { offset, types }, (type, value) => found.push([type, value]))
  return found
}

describe('values that are written at once', () => {
  // The first bytes bring the writer to the end of its first buffer, and beyond.
  test.prop([fc.nat(300), fc.string({ unit: 'binary', maxLength: 300 })])(
    'a text has the bytes of its UTF-8, and a NUL',
    (before, text) => {
      const bytes = new PayloadWriter().raw(new Uint8Array(before)).attributeText(3, text).finish()
      const [[type, value] = [0, new Uint8Array()]] = read(bytes, (before + 3) & ~3)
      expect([type, new TextDecoder().decode(value)]).toEqual([3, `${text.toWellFormed()}\0`])
    },
  )

  test.prop([fc.nat(300), fc.nat(0xffff_ffff)])('a number, in both orders', (before, number) => {
    const writer = new PayloadWriter().raw(new Uint8Array(before))
    const bytes = writer.attributeU32(1, number).attributeBe32(2, number).finish()
    const [own, network] = read(bytes, (before + 3) & ~3).map(
      ([, value]) => new DataView(value.buffer, value.byteOffset),
    )
    expect([own?.getUint32(0, true), network?.getUint32(0)]).toEqual([number, number])
  })
})

describe('attributes', () => {
  it('are these bytes', () => {
    const writer = new PayloadWriter().u8(0x0a).u8(0).u16(0x0102)
    writer.attributeText(3, 'eth0').attributeU32(4, 1500)
    writer.nested(18, () => writer.attributeText(1, 'veth').attributeBytes(2, Uint8Array.of(9)))
    expect(writer.finish()).toEqual(
      hex(
        `
        0a 00 02 01
        09 00 03 00 65 74 68 30 00 00 00 00  # text, with its NUL, padded
        08 00 04 00 dc 05 00 00              # number
        15 00 12 80                          # nested: the flag, and the length of all of it
          09 00 01 00 76 65 74 68 00 00 00 00
          05 00 02 00 09                     # the last one: padding is not part of the nest
        00 00 00
      `.replace('18 00 12 80', '15 00 12 80'),
      ),
    )
  })

  test.prop([
    fc.array(fc.tuple(fc.integer({ min: 0, max: 0x3fff }), fc.uint8Array({ maxLength: 300 })), {
      maxLength: 6,
    }),
  ])('come back as they were', (attributes) => {
    const writer = new PayloadWriter().u32(7)
    for (const [type, value] of attributes) writer.attributeBytes(type, value)
    expect(read(writer.finish(), 4)).toEqual(attributes)
  })

  it('have their flags taken off', () => {
    expect(read(hex('04 00 12 80 04 00 05 40'))).toEqual([
      [0x12, new Uint8Array()],
      [5, new Uint8Array()],
    ])
  })

  it('are passed by if nobody wants them', () => {
    expect(read(hex('05 00 01 00 aa 00 00 00  05 00 02 00 bb 00 00 00  05 00 01 00 cc'), 0, [1])).toEqual([
      [1, hex('aa')],
      [1, hex('cc')],
    ])
  })

  it.each([
    { name: 'shorter than its header', bytes: '03 00 01 00' },
    { name: 'longer than the rest', bytes: '09 00 01 00 00 00 00 00' },
  ])('one that is $name is refused', ({ bytes }) => {
    expect(() => read(hex(bytes))).toThrow(NetlinkFormatError)
  })

  it('a number of three bytes is refused', () => {
    expect(() => readU32(hex('01 02 03'))).toThrow('3 bytes are no 32-bit number')
  })
})
