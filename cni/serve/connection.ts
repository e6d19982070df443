import { type Handle, Ready, type Serving } from '../sys.ts'
import { type UncheckedRequest, NoRequestError, readRequest } from './dispatch.ts'
import { FrameReader, isTooManifold } from './frames.ts'
import type { Answer, News } from './protocol.ts'
import { maxFrameBytes } from './protocol.ts'

/**
 * How long the other side may leave an answer unread, or a request unfinished. It has nothing to do but to read and to
 * write, so it hangs.
 */
const patienceMilliseconds = 30_000

/**
 * One connection: requests come in, answers go out in their order. As long as an answer is not taken, no further request
 * is looked at; so whoever asks and does not read makes nothing grow here, and holds up only itself.
 */
export class Connection {
  readonly handle: Handle
  readonly user: number
  /** Whether its `hello` was answered. */
  isGreeted = false
  /** What it wants to hear of. */
  readonly subscriptions = new Set<News['news']>()
  readonly #serving: Serving
  readonly #reader = new FrameReader()
  /** Requests that came behind one whose answer is not taken. */
  #frames: Uint8Array[] = []
  /** What is not taken of what was to be sent. */
  #unsent: { readonly bytes: Uint8Array; readonly from: number } | undefined
  readonly #news = new Set<News['news']>()
  /** When it last did what it was waited for. */
  #moved: number

  constructor(serving: Serving, handle: Handle, user: number) {
    this.#serving = serving
    this.handle = handle
    this.user = user
    this.#moved = serving.clock()
  }

  /** What to wait for. */
  get wanted(): Ready {
    return this.#unsent === undefined ? Ready.read : Ready.write
  }

  /** When to close it if nothing happens; undefined if the next move is not its. */
  get deadline(): number | undefined {
    const isWaitedFor = this.#unsent !== undefined || this.#reader.isInside || !this.isGreeted
    return isWaitedFor ? this.#moved + patienceMilliseconds : undefined
  }

  /**
   * Receives what has come: false at the end.
   * @throws FrameTooLongError, SysError
   */
  receive(): boolean {
    const bytes = this.#serving.receive(this.handle)
    if (bytes === undefined) return true
    if (bytes.length === 0) return false
    this.#moved = this.#serving.clock()
    this.#frames.push(...this.#reader.take(bytes))
    return true
  }

  /**
   * The next request that may be answered now; undefined if there is none.
   * @throws NoRequestError
   */
  next(): UncheckedRequest | undefined {
    const frame = this.#unsent === undefined ? this.#frames.shift() : undefined
    if (frame === undefined) return undefined
    if (isTooManifold(frame)) throw new NoRequestError('the frame has too many values')
    let text: string
    try {
      text = this.#serving.decodeText(frame)
    } catch {
      throw new NoRequestError('the frame is not UTF-8')
    }
    return readRequest(text)
  }

  /** @throws SysError if nobody will read it */
  answer(answer: Answer): void {
    this.#send(answer)
  }

  /**
   * Tells news, now or behind what is not taken yet; the same twice is once.
   * @throws SysError if nobody will read it
   */
  tell(news: News['news']): void {
    this.#news.add(news)
    this.flush()
  }

  /**
   * Sends what is left, as far as it is taken.
   * @throws SysError if nobody will read it
   */
  flush(): void {
    this.#push()
    for (const news of this.#news) {
      if (this.#unsent !== undefined) return
      this.#news.delete(news)
      this.#send({ news })
    }
  }

  #send(message: Answer | News): void {
    let bytes = this.#serving.encodeText(`${JSON.stringify(message)}\n`)
    if (bytes.length > maxFrameBytes && 'id' in message) {
      const text = `the answer has ${bytes.length} bytes, more than ${maxFrameBytes}`
      const error: Answer = { id: message.id, error: { code: 'system', message: text } }
      bytes = this.#serving.encodeText(`${JSON.stringify(error)}\n`)
    }
    this.#unsent = { bytes, from: 0 }
    this.#push()
  }

  #push(): void {
    while (this.#unsent !== undefined) {
      const { bytes, from } = this.#unsent
      const taken = this.#serving.send(this.handle, bytes, from)
      if (taken === 0) return
      this.#moved = this.#serving.clock()
      this.#unsent = from + taken < bytes.length ? { bytes, from: from + taken } : undefined
    }
  }
}
