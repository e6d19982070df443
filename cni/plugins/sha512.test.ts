import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha512 } from './sha512.ts'

describe('SHA-512', () => {
  it.each(['', 'abc', 'é'.repeat(55), 'a'.repeat(111), 'a'.repeat(112), 'a'.repeat(128), 'a'.repeat(300)])(
    'of %j',
    (text) => {
      expect(sha512(text)).toBe(createHash('sha512').update(text).digest('hex'))
    },
  )

  it('of any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: 'binary' }), (text) => {
        expect(sha512(text)).toBe(createHash('sha512').update(text).digest('hex'))
      }),
    )
  })
})
