import type { SimulatorReply } from '../../simulators/simulator.ts'
import type { Link } from './link.ts'

/** An answer, whole. */
export type Response = Extract<SimulatorReply, { kind: 'response' }>

export interface Exchange {
  readonly link: Link
  /** Called when the request has arrived. */
  readonly serve: () => SimulatorReply
  /** Whoever waits gives up. */
  readonly signal: AbortSignal | undefined
  /** Of the connection that was cut, and of the signal that was aborted. */
  readonly cut: () => Error
  readonly aborted: () => Error
}

/** One request of an SDK over a link, and its answer: what is an HTTP client elsewhere. The SDK has it `inHand` before and after. */
export function exchange({ aborted, cut, link, serve, signal }: Exchange): Promise<Response> {
  const { promise, reject, resolve } = Promise.withResolvers<Response>()
  let isOver = false
  const end = (how: () => void): void => {
    if (isOver) return
    isOver = true
    signal?.removeEventListener('abort', abort)
    link.inHand.take()
    how()
  }
  const abort = (): void => end(() => reject(aborted()))
  link.inHand.release()
  if (signal?.aborted === true) {
    abort()
    return promise
  }
  signal?.addEventListener('abort', abort, { once: true })
  link.call(() => {
    const reply = serve()
    if (reply.kind === 'hang') return
    link.answer(() => end(() => (reply.kind === 'response' ? resolve(reply) : reject(cut()))))
  })
  return promise
}
