import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Fault, type Faults, createFaultBook } from '../simulators/ec2/faults.ts'
import { writeError } from '../simulators/ec2/xml.ts'

export interface FaultyProxy {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  readonly url: string
  readonly faults: Faults
  close(): Promise<void>
}

/** Stands before an EC2 API of others, which can't be told to fail, and does it for them; else it passes all on as it is. */
export async function startFaultyProxy(upstream: string): Promise<FaultyProxy> {
  const faults = createFaultBook()
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy())
  })

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const parameters = new Map(new URLSearchParams(body.toString('utf8')))
    const fault = faults.strike(parameters.get('Action') ?? '', parameters)
    if (fault?.kind === 'error') {
      refuse(response, fault)
      return
    }
    if (fault?.kind === 'hang-before') return
    if (fault?.kind === 'reset-before') {
      request.socket.resetAndDestroy()
      return
    }
    const answer = await fetch(upstream + (request.url ?? '/'), {
      method: request.method ?? 'POST',
      headers: passedOn(request),
      body,
    })
    const text = await answer.text()
    if (fault?.kind === 'hang-after') return
    if (fault?.kind === 'reset-after') {
      request.socket.resetAndDestroy()
      return
    }
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/xml' })
    response.end(text)
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function refuse(response: ServerResponse, fault: Extract<Fault, { kind: 'error' }>): void {
  const status = fault.status ?? (fault.code === 'RequestLimitExceeded' ? 503 : 400)
  const body = writeError(fault.code, fault.message ?? 'An injected fault.', crypto.randomUUID())
  response.writeHead(status, { 'content-type': 'text/xml;charset=UTF-8' }).end(body)
}

/** What the API reads; the rest belongs to the one connection. */
function passedOn({ headers }: IncomingMessage): Record<string, string> {
  const names = [
    'authorization',
    'content-type',
    'x-amz-date',
    'x-amz-content-sha256',
    'x-amz-security-token',
  ]
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
}
