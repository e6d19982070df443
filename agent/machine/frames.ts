import { maxFrameBytes } from '../../cni/serve/protocol.ts'

/** What came is no frame: the rest of the connection means nothing any more. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

const lineFeed = 0x0a

/** The text of a frame, its line feed included. @throws FrameError if it is longer than the other side takes */
export function encodeFrame(value: unknown): Buffer {
  const frame = Buffer.from(`${JSON.stringify(value)}\n`)
  if (frame.length > maxFrameBytes)
    throw new FrameError(`a frame of ${frame.length} bytes, more than ${maxFrameBytes}`)
  return frame
}

/** Puts chunks of a stream together to frames. What is too long is noticed before it is kept. */
export class FrameReader {
  #chunks: Buffer[] = []
  #length = 0

  /** The frames that this chunk completes, read as JSON. @throws FrameError; no more must be read then */
  take(chunk: Buffer): readonly unknown[] {
    const frames: unknown[] = []
    let rest = chunk
    for (let end = rest.indexOf(lineFeed); end >= 0; end = rest.indexOf(lineFeed)) {
      this.#keep(rest.subarray(0, end))
      frames.push(this.#complete())
      rest = rest.subarray(end + 1)
    }
    this.#keep(rest)
    return frames
  }

  #keep(part: Buffer): void {
    this.#length += part.length
    if (this.#length >= maxFrameBytes) throw new FrameError(`a frame of more than ${maxFrameBytes} bytes`)
    if (part.length > 0) this.#chunks.push(part)
  }

  #complete(): unknown {
    const text = Buffer.concat(this.#chunks).toString('utf8')
    this.#chunks = []
    this.#length = 0
    try {
      return JSON.parse(text)
    } catch {
      throw new FrameError(`a frame that is no JSON, of ${text.length} characters`)
    }
  }
}
