import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Simulator, SimulatorRequest } from './simulator.ts'

export interface RunningServer {
  /** `http://127.0.0.1:port` (or `https:`), without a slash at the end. */
  readonly url: string
  /** How many TCP connections were accepted so far. */
  readonly connections: () => number
  /** Cuts what is open and stops listening. Idempotent. */
  close(): Promise<void>
}

/** Mounts a simulator on a loopback port that the system chooses, or on the one given; over TLS with an identity. */
export async function serve(
  simulator: Simulator,
  options: { readonly port?: number; readonly tls?: { readonly cert: string; readonly key: string } } = {},
): Promise<RunningServer> {
  let connections = 0
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    // A client that went away in the middle of its request or of our answer is no event for a simulator.
    answer(simulator, request, response).catch(() => response.destroy())
  }
  const server =
    options.tls === undefined ? createServer(listener) : createTlsServer({ ...options.tls }, listener)
  server.on('connection', () => connections++)
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  simulator: Simulator,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = simulator.handle(await readRequest(incoming), Date.now())
  switch (reply.kind) {
    case 'response':
      response.writeHead(reply.status, reply.headers).end(reply.body)
      return
    case 'stream': {
      response.writeHead(reply.status, reply.headers).flushHeaders()
      const pieces = reply.body[Symbol.asyncIterator]()
      response.once('close', () => void pieces.return?.())
      for (let piece = await pieces.next(); piece.done !== true; piece = await pieces.next())
        response.write(piece.value)
      response.end()
      return
    }
    case 'reset':
      incoming.socket.resetAndDestroy()
      return
    case 'hang':
      return
  }
}

async function readRequest(incoming: IncomingMessage): Promise<SimulatorRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return {
    method: incoming.method ?? 'GET',
    target: incoming.url ?? '/',
    headers,
    body: Buffer.concat(chunks).toString('utf8'),
  }
}
