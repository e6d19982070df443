import { AsyncLocalStorage } from 'node:async_hooks'
import { type GceClient, createGceClient } from '../../../providers/gcp/client.ts'
import type { CallOptions, GceApi } from '../../../providers/gcp/gce-api.ts'
import type { Fetch } from '../../../providers/gcp/transport.ts'
import type { SimulatorReply, SimulatorRequest } from '../../simulators/simulator.ts'
import { exchange } from '../world/exchange.ts'
import type { Link } from '../world/link.ts'

/** Called when a request has arrived; `sentAt`: when it was sent, in milliseconds of the world. */
export type Serve = (request: SimulatorRequest, sentAt: number) => SimulatorReply

interface Caller {
  readonly link: Link
  readonly serve: Serve
  readonly timeoutMs?: number
}

/** As `providers/gcp/client.ts` sets it up. */
const usualTimeoutMs = 4_000
const waitTimeoutMs = 30_000

/** Of the clock on the wall: no part of the world. */
const neverMs = 2 ** 31 - 1

const caller = new AsyncLocalStorage<Caller>()

/** One for all worlds: to make the SDK's clients takes a hundred times as long as a call. */
let shared: Promise<GceClient> | undefined

/** The real SDK over a link. */
export async function gceOver(link: Link, serve: Serve): Promise<GceApi> {
  shared ??= createGceClient({
    authorizer: {
      headers: () => Promise.resolve(new Map([['authorization', `Bearer ${callerNow().link.process.name}`]])),
      refused: () => undefined,
    },
    endpoint: 'http://gce.example.invalid',
    requestTimeoutMs: neverMs,
    send,
  })
  const { api } = await shared
  const over =
    (method: Method): Method =>
    (request, { timeoutMs, ...options }) =>
      caller.run({ link, serve, ...(timeoutMs === undefined ? {} : { timeoutMs }) }, () =>
        link.inHand.during(() => method(request, options)),
      )
  const methods = Object.entries(api as unknown as Readonly<Record<string, Method>>)
  return Object.fromEntries(methods.map(([name, method]) => [name, over(method)])) as unknown as GceApi
}

type Method = (request: never, options: CallOptions) => Promise<unknown>

function callerNow(): Caller {
  const found = caller.getStore()
  if (found === undefined) throw new Error('a call that nobody has made')
  return found
}

const send: Fetch = async (url, init) => {
  const { link, serve, timeoutMs = usualTimeoutMs } = callerNow()
  const { pathname, search } = new URL(url)
  const request: SimulatorRequest = {
    method: init.method ?? 'GET',
    target: pathname + search,
    headers: Object.fromEntries(new Headers(init.headers)),
    body: typeof init.body === 'string' ? init.body : '',
  }
  const late = new AbortController()
  const timer = link.process.clock.setTimeout(
    () => late.abort(),
    pathname.endsWith('/wait') ? waitTimeoutMs : timeoutMs,
  )
  const sentAt = link.now
  const signals = [late.signal, ...(init.signal === null || init.signal === undefined ? [] : [init.signal])]
  try {
    const { body, headers, status } = await exchange({
      link,
      serve: () => serve(request, sentAt),
      signal: AbortSignal.any(signals),
      cut: () => new TypeError('fetch failed', { cause: named('SocketError', 'other side closed') }),
      aborted: () =>
        late.signal.aborted
          ? named('TimeoutError', 'The operation was aborted due to timeout')
          : named('AbortError', 'This operation was aborted'),
    })
    return new Response(body, { status, headers })
  } finally {
    timer.cancel()
  }
}

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name })
