import { Dispatcher, errors } from 'undici'
import type { Transport } from '../../../kube/transport.ts'
import type { SimulatorReply, SimulatorRequest } from '../../simulators/simulator.ts'
import type { Link } from './link.ts'

/** Called when a request has arrived; `sentAt`: when it was sent, in milliseconds of the world. */
export type Serve = (request: SimulatorRequest, sentAt: number) => SimulatorReply

/** Called when a piece of an answer, or all of it, has reached the client. */
export type Arrived = (target: string, piece: string) => void

/** In place of sockets: requests travel over the link to a simulator's core, and its answers back. */
export function kubeTransport(link: Link, serve: Serve, arrived: Arrived): Transport {
  const dispatcher = new LinkDispatcher(link, serve, arrived)
  return { lanes: () => ({ calls: dispatcher, watches: dispatcher }), close: () => dispatcher.destroy() }
}

class LinkDispatcher extends Dispatcher {
  readonly #link: Link
  readonly #serve: Serve
  readonly #arrived: Arrived
  readonly #open = new Set<Exchange>()

  constructor(link: Link, serve: Serve, arrived: Arrived) {
    super()
    this.#arrived = arrived
    this.#link = link
    this.#serve = serve
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const exchange = new Exchange(handler, this.#link, () => this.#open.delete(exchange))
    this.#open.add(exchange)
    handler.onRequestStart?.(exchange, null)
    if (exchange.aborted) return true
    const request: SimulatorRequest = {
      method: options.method,
      target: options.path,
      headers: Object.fromEntries(
        Object.entries((options.headers ?? {}) as Readonly<Record<string, string>>).map(([name, value]) => [
          name.toLowerCase(),
          value,
        ]),
      ),
      body: typeof options.body === 'string' ? options.body : '',
    }
    const sentAt = this.#link.now
    this.#link.call(() =>
      exchange.take(this.#serve(request, sentAt), (piece) => this.#arrived(request.target, piece)),
    )
    return true
  }

  override close(): Promise<void> {
    return this.destroy()
  }

  override destroy(): Promise<void> {
    for (const exchange of [...this.#open]) exchange.abort(new errors.ClientDestroyedError())
    return Promise.resolve()
  }
}

/** One request and its answer, as undici's handlers see a connection. */
class Exchange implements Dispatcher.DispatchController {
  readonly #handler: Dispatcher.DispatchHandler
  readonly #link: Link
  readonly #onEnd: () => void
  #reason: Error | null = null
  #over = false
  /** Nothing comes over it any more, and nobody is told. */
  #isBroken = false
  #body: AsyncIterator<string> | undefined
  /** Nothing overtakes on one connection. */
  #lastArrival = 0
  paused = false

  constructor(handler: Dispatcher.DispatchHandler, link: Link, onEnd: () => void) {
    this.#handler = handler
    this.#link = link
    this.#onEnd = onEnd
  }

  get aborted(): boolean {
    return this.#reason !== null
  }

  get reason(): Error | null {
    return this.#reason
  }

  /** What arrives is small: it is never held back. */
  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  abort(reason: Error): void {
    if (this.#over) return
    this.#reason = reason
    this.#end()
    this.#handler.onResponseError?.(this, reason)
  }

  take(reply: SimulatorReply, arrived: (piece: string) => void): void {
    switch (reply.kind) {
      case 'hang':
        return
      case 'reset':
        this.#answer(() => this.#fail())
        return
      case 'response':
        this.#answer(() => {
          if (reply.status < 300) arrived(reply.body)
          this.#handler.onResponseStart?.(this, reply.status, reply.headers)
          this.#handler.onResponseData?.(this, Buffer.from(reply.body))
          this.#finish()
        })
        return
      case 'stream':
        this.#body = reply.body[Symbol.asyncIterator]()
        if (this.#over) void this.#body.return?.()
        this.#answer(() => this.#handler.onResponseStart?.(this, reply.status, reply.headers))
        void this.#pump(this.#body, arrived)
    }
  }

  async #pump(body: AsyncIterator<string>, arrived: (piece: string) => void): Promise<void> {
    try {
      for (;;) {
        const next = await body.next()
        if (this.#over) return
        if (next.done === true) break
        const line = Buffer.from(next.value)
        this.#answer(() => {
          arrived(next.value)
          this.#handler.onResponseData?.(this, line)
        })
      }
      this.#answer(() => this.#finish())
    } catch {
      this.#answer(() => this.#fail())
    }
  }

  #answer(deliver: () => void): void {
    this.#lastArrival = this.#link.answer(
      () => {
        if (!this.#over && !this.#isBroken) deliver()
      },
      {
        notBefore: this.#lastArrival,
        // A connection that lost a piece delivers nothing that came after it.
        lost: () => void (this.#isBroken = true),
      },
    )
  }

  #finish(): void {
    this.#end()
    this.#handler.onResponseEnd?.(this, {})
  }

  #fail(): void {
    this.#end()
    this.#handler.onResponseError?.(this, new errors.SocketError('other side closed'))
  }

  #end(): void {
    this.#over = true
    this.#onEnd()
    void this.#body?.return?.()
  }
}
