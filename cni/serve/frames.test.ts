import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { FrameReader, FrameTooLongError } from './frames.ts'
import { maxFrameBytes } from './protocol.ts'

const lineFeed = 10
const withoutLineFeed = fc.uint8Array({ max: 9, maxLength: 30 })

describe('frames', () => {
  test.prop([fc.array(withoutLineFeed), withoutLineFeed, fc.array(fc.nat(40))])(
    'come out as they went in, however they were cut',
    (frames, rest, cuts) => {
      const bytes = Uint8Array.from([...frames.flatMap((frame) => [...frame, lineFeed]), ...rest])
      const reader = new FrameReader()
      const out: Uint8Array[] = []
      let at = 0
      for (const cut of [...cuts, bytes.length]) {
        out.push(...reader.take(bytes.subarray(at, at + cut)))
        at += cut
      }
      expect(out.map((frame) => [...frame])).toEqual(frames.map((frame) => [...frame]))
      expect(reader.isInside).toBe(rest.length > 0)
    },
  )

  it.each([
    { name: 'the longest one passes', length: maxFrameBytes - 1, ends: true, passes: true },
    { name: 'a longer one does not', length: maxFrameBytes, ends: true, passes: false },
    { name: 'nor does one that has not ended', length: maxFrameBytes, ends: false, passes: false },
  ])('$name', ({ length, ends, passes }) => {
    const take = (pieces: number): void => {
      const reader = new FrameReader()
      const bytes = new Uint8Array(ends ? length + 1 : length)
      if (ends) bytes[length] = lineFeed
      const step = Math.ceil(bytes.length / pieces)
      for (let at = 0; at < bytes.length; at += step) reader.take(bytes.subarray(at, at + step))
    }
    for (const pieces of [1, 2, 100]) {
      if (passes) expect(() => take(pieces)).not.toThrow()
      else expect(() => take(pieces)).toThrow(FrameTooLongError)
    }
  })
})
