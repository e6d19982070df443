import type { KubeConfig } from '@kubernetes/client-node'
import { request as send, type Dispatcher } from 'undici'
import { systemClock, type Clock } from './clock.ts'
import { CredentialSource } from './credentials.ts'
import { errorFromStatus, isKubeError, KubeError } from './errors.ts'
import { jsonLines } from './json-lines.ts'
import type { WatchEvent } from './objects.ts'
import { proxyFor } from './proxy.ts'
import { type Lanes, SocketTransport, type Transport } from './transport.ts'

export type QueryValue = string | number | boolean | undefined

/** Undefined values are left out. */
export type Query = Readonly<Record<string, QueryValue>>

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** From the root, each segment encoded: `/api/v1/nodes/node-1/status`. */
  readonly path: string
  readonly query?: Query
  /** Sent as JSON. */
  readonly body?: unknown
  /** `application/json` if there is a body and nothing else is said. */
  readonly contentType?: string
  readonly signal?: AbortSignal
  /** For the whole of it, credentials included. */
  readonly timeoutMs?: number
}

/** HTTP to one API server. Rejects with a `KubeError`, or with the signal's reason after an abort. Retries nothing. */
export interface KubeClient {
  /** The answer's JSON. `T` is what the caller knows of it: nothing is checked. */
  request<T>(request: KubeRequest): Promise<T>
  /**
   * The events of a watch, as they come; ends when the server ends it. `watch=true` is added to the query. Nothing is
   * asked before the first `next()`; leaving the loop cuts the connection.
   */
  watch(path: string, query: Query, signal: AbortSignal): AsyncIterable<WatchEvent<unknown>>
  /** Cuts all connections: what still runs fails, and so does every request from then on. Idempotent. */
  close(): Promise<void>
}

export interface KubeClientOptions {
  /** `podway/0.1.0` */
  readonly userAgent: string
  /** For `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, where the kubeconfig has no `proxy-url`. */
  readonly env: NodeJS.ProcessEnv
  readonly clock?: Clock
  /** Default of a request's `timeoutMs`. */
  readonly timeoutMs?: number
  /** For calls, at the same time; further ones wait. Each watch has a connection on top. */
  readonly maxConnections?: number
  /** In place of sockets. */
  readonly transport?: Transport
}

/** A client for the current context, which has to exist (`loadKubeConfig` sees to that). Opens no connection yet. */
export function createKubeClient(config: KubeConfig, options: KubeClientOptions): KubeClient {
  return new HttpKubeClient(config, options)
}

class HttpKubeClient implements KubeClient {
  readonly #server: string
  readonly #credentials: CredentialSource
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #userAgent: string
  readonly #timeoutMs: number

  constructor(config: KubeConfig, options: KubeClientOptions) {
    const cluster = config.getCurrentCluster()
    if (cluster === null) throw new Error('the kubeconfig has no current cluster')
    this.#server = cluster.server.replace(/\/+$/, '')
    this.#credentials = new CredentialSource(config)
    const proxy = cluster.proxyUrl ?? proxyFor(new URL(this.#server), options.env)
    this.#transport = options.transport ?? new SocketTransport(proxy, options.maxConnections ?? 16)
    this.#clock = options.clock ?? systemClock
    this.#userAgent = options.userAgent
    this.#timeoutMs = options.timeoutMs ?? 30_000
  }

  async request<T>(request: KubeRequest): Promise<T> {
    const name = `${request.method} ${request.path}`
    const timeoutMs = request.timeoutMs ?? this.#timeoutMs
    const cut = new AbortController()
    const late = new KubeError(`${name}: no answer within ${timeoutMs} ms`, {
      status: 0,
      reason: 'Timeout',
      request: name,
    })
    const timer = this.#clock.setTimeout(() => cut.abort(late), timeoutMs)
    const stop = (): void => cut.abort(request.signal?.reason)
    request.signal?.addEventListener('abort', stop, { once: true })
    if (request.signal?.aborted === true) stop()
    try {
      const response = await this.#send('calls', request, name, cut.signal)
      const text = await response.body.text()
      return parseAnswer(text, name) as T
    } catch (error) {
      throw failure(error, name, cut.signal)
    } finally {
      timer.cancel()
      request.signal?.removeEventListener('abort', stop)
    }
  }

  async *watch(
    path: string,
    query: Query,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<unknown>, void, undefined> {
    const name = `WATCH ${path}`
    const request: KubeRequest = { method: 'GET', path, query: { ...query, watch: true } }
    let body: Dispatcher.ResponseData['body'] | undefined
    try {
      const response = await this.#send('watches', request, name, signal)
      body = response.body
      for await (const line of jsonLines(body)) {
        // An abort between two events that came in one chunk.
        signal.throwIfAborted()
        if (!isWatchEvent(line)) throw new SyntaxError('a line is no watch event')
        yield line
      }
    } catch (error) {
      throw failure(error, name, signal)
    } finally {
      body?.destroy()
    }
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  /** Any 2xx answer; everything else is thrown. */
  async #send(
    lane: keyof Lanes,
    request: KubeRequest,
    name: string,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    let response = await this.#sendOnce(lane, request, signal)
    if (response.statusCode === 401) {
      // A token that was just exchanged or revoked. The server has refused to look at the request, so sending it again is safe.
      await response.body.dump()
      this.#credentials.forget()
      response = await this.#sendOnce(lane, request, signal)
    }
    if (response.statusCode >= 200 && response.statusCode < 300) return response
    const body = await response.body.text()
    const retryAfter = response.headers['retry-after']
    throw errorFromStatus(
      {
        status: response.statusCode,
        body,
        retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      },
      name,
      this.#clock.now(),
    )
  }

  async #sendOnce(
    lane: keyof Lanes,
    request: KubeRequest,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const { headers, tls } = await orAbort(this.#credentials.current(), signal)
    const response = await send(`${this.#server}${request.path}${queryText(request.query)}`, {
      dispatcher: this.#transport.lanes(tls)[lane],
      method: request.method,
      headers: {
        ...headers,
        accept: 'application/json',
        'user-agent': this.#userAgent,
        ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
      },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal,
    })
    // A body that is cut after we lost interest in it emits `error`, which would end the program.
    response.body.on('error', () => undefined)
    return response
  }
}

function queryText(query: Query = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value))
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

/** For what knows no signal itself: an exec plugin may hang. */
async function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function parseAnswer(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new KubeError(`${name}: the answer is no JSON`, {
      status: 0,
      reason: 'InvalidAnswer',
      request: name,
    })
  }
}

const eventTypes: readonly unknown[] = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']

function isWatchEvent(line: unknown): line is WatchEvent<unknown> {
  if (typeof line !== 'object' || line === null) return false
  const { type, object } = line as { type?: unknown; object?: unknown }
  return eventTypes.includes(type) && typeof object === 'object' && object !== null
}

/** What to throw for an error on the way: the abort's reason if it was one, else always a KubeError. */
function failure(error: unknown, name: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  if (isKubeError(error)) return error
  const what = error instanceof Error ? error.message : 'unknown error'
  if (error instanceof SyntaxError)
    return new KubeError(`${name}: ${what}`, { status: 0, reason: 'InvalidAnswer', request: name })
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return new KubeError(`${name}: ${what === '' ? (code ?? 'no connection') : what}`, {
    status: 0,
    reason: 'Unreachable',
    request: name,
    cause: error,
    ...(code === undefined ? {} : { code }),
  })
}
