import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BindAddress } from './bind-address.ts'
import { openMetrics, openMetricsType } from './open-metrics.ts'

/** What can be asked. */
export interface StatusSources {
  /** What is wrong and will not go away by itself. */
  readonly faults: () => readonly string[]
  /** What is yet to come before it is ready. */
  readonly missing: () => readonly string[]
  /** All metrics, in Prometheus' text format. */
  readonly metrics: () => Promise<string>
  /** What becomes of a packet on this machine; undefined where that can't be asked. JSON with status 200. */
  readonly path?: (query: URLSearchParams) => Promise<{ readonly status: number; readonly body: string }>
}

export interface StatusServer {
  readonly port: number
  /** Cuts all connections. */
  readonly close: () => Promise<void>
}

/** It can't listen where it should. `message` says where, and why. */
export class BindError extends Error {
  readonly code = 'ERR_BIND'
  override readonly name = 'BindError'
}

const prometheusType = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * Serves GET of `/healthz`, `/readyz` (200, or what is wrong: 500, 503) and `/metrics` over plain HTTP. It tells nothing
 * secret, and does nothing.
 *
 * @param flag that named the address, for the message of the error
 * @throws BindError
 */
export async function serveStatus(
  flag: string,
  address: BindAddress,
  sources: StatusSources,
): Promise<StatusServer> {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) => {
    answer(request, sources).then(
      (reply) => send(request, response, reply),
      (error: unknown) =>
        send(request, response, {
          status: 500,
          body: `${error instanceof Error ? error.message : String(error)}\n`,
        }),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(bindError(flag, address, error)))
    server.listen(
      { port: address.port, ...(address.host === undefined ? {} : { host: address.host }) },
      resolve,
    )
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Reply {
  readonly status: number
  readonly body: string
  readonly type?: string
}

async function answer(request: IncomingMessage, sources: StatusSources): Promise<Reply> {
  const [path, query = ''] = (request.url ?? '').split('?')
  if (path === '/path' && sources.path !== undefined && request.method === 'GET') {
    const reply = await sources.path(new URLSearchParams(query))
    return reply.status === 200 ? { ...reply, type: 'application/json' } : reply
  }
  if (path !== '/healthz' && path !== '/readyz' && path !== '/metrics')
    return { status: 404, body: 'not found: there are /healthz, /readyz and /metrics\n' }
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { status: 405, body: 'only GET is answered\n' }
  switch (path) {
    case '/healthz':
      return verdict(500, sources.faults())
    case '/readyz':
      return verdict(503, sources.missing())
    case '/metrics': {
      const text = await sources.metrics()
      return request.headers.accept?.includes('application/openmetrics-text') === true
        ? { status: 200, body: openMetrics(text), type: openMetricsType }
        : { status: 200, body: text, type: prometheusType }
    }
  }
}

const verdict = (status: number, reasons: readonly string[]): Reply =>
  reasons.length === 0 ? { status: 200, body: 'ok\n' } : { status, body: `${reasons.join('\n')}\n` }

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { body, status, type = 'text/plain; charset=utf-8' }: Reply,
): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function bindError(flag: string, { text }: BindAddress, error: NodeJS.ErrnoException): BindError {
  const why =
    error.code === 'EADDRINUSE'
      ? 'another program on this machine listens there'
      : `can’t listen there (${error.code ?? error.message})`
  return new BindError(`--${flag}=${text}: ${why}: choose another address or port, or 0 for none`, {
    cause: error,
  })
}
