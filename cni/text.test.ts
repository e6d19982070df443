import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { decodeText, encodeUtf8 } from './text.ts'

describe('UTF-8', () => {
  test.prop([fc.string({ unit: 'binary' })])('is what TextEncoder makes of any text', (text) => {
    expect(encodeUtf8(text)).toEqual(new TextEncoder().encode(text))
  })

  it('makes lone surrogates the replacement character, as TextEncoder does', () => {
    expect(encodeUtf8('a\ud800b')).toEqual(new TextEncoder().encode('a\ud800b'))
  })

  it('reads up to the NUL', () => {
    expect(decodeText(Uint8Array.of(0x65, 0x74, 0x68, 0, 0x78))).toBe('eth')
    expect(decodeText(Uint8Array.of(0x65, 0xff))).toBe('e\ufffd')
    expect(decodeText(new Uint8Array())).toBe('')
  })
})
