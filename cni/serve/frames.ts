import { maxFrameBytes, maxRequestParts } from './protocol.ts'

const lineFeed = 10

/** What was received is longer than a frame may be. */
export class FrameTooLongError extends Error {
  override readonly name = 'FrameTooLongError'
}

/** Takes bytes as they come, and gives them back as frames. What is kept meanwhile is never more than one frame. */
export class FrameReader {
  /** The beginning of a frame whose end has not come. */
  #parts: Uint8Array[] = []
  #length = 0

  /** Whether a frame has begun that has not ended. */
  get isInside(): boolean {
    return this.#length > 0
  }

  /**
   * The frames that end in these bytes, each without its line feed.
   * @throws FrameTooLongError
   */
  take(bytes: Uint8Array): readonly Uint8Array[] {
    const frames: Uint8Array[] = []
    let start = 0
    for (;;) {
      const end = bytes.indexOf(lineFeed, start)
      const part = bytes.subarray(start, end < 0 ? undefined : end)
      // With the line feed.
      if (this.#length + part.length + 1 > maxFrameBytes) throw new FrameTooLongError('a frame is too long')
      if (end < 0) {
        if (part.length > 0) this.#parts.push(part)
        this.#length += part.length
        return frames
      }
      frames.push(this.#finish(part))
      start = end + 1
    }
  }

  #finish(last: Uint8Array): Uint8Array {
    if (this.#parts.length === 0) return last
    const whole = new Uint8Array(this.#length + last.length)
    let at = 0
    for (const part of [...this.#parts, last]) {
      whole.set(part, at)
      at += part.length
    }
    this.#parts = []
    this.#length = 0
    return whole
  }
}

const [listBegin, objectBegin, comma] = [0x5b, 0x7b, 0x2c]

/** Whether a frame would take too much memory when it is read, by what it has of brackets and commas. */
export function isTooManifold(frame: Uint8Array): boolean {
  const { commas, containers } = maxRequestParts
  return (
    hasMore(frame, listBegin, containers) ||
    hasMore(frame, objectBegin, containers) ||
    hasMore(frame, comma, commas)
  )
}

function hasMore(bytes: Uint8Array, wanted: number, limit: number): boolean {
  let count = 0
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
    if (++count > limit) return true
  }
  return false
}
