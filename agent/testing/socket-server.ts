import { mkdtempSync, rmSync } from 'node:fs'
import { type Server, type Socket, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a request says, as it came. */
export interface ReceivedRequest {
  readonly id: number
  readonly operation: string
  readonly parameters: unknown
}

/** A unix socket with a server behind it that says what a test tells it to, whether it is of the protocol or not. */
export class SocketServer {
  readonly path: string
  readonly received: ReceivedRequest[] = []
  /** Undefined: no answer. */
  answer: (request: ReceivedRequest) => object | undefined
  /** How many connections there were. */
  connections = 0
  readonly #folder: string
  #server: Server | undefined
  readonly #sockets = new Set<Socket>()

  constructor(answer: (request: ReceivedRequest) => object | undefined) {
    this.answer = answer
    this.#folder = mkdtempSync(join(tmpdir(), 'podway-agent-'))
    this.path = join(this.#folder, 'serve.sock')
  }

  async start(): Promise<void> {
    const server = createServer((socket) => {
      this.connections++
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => undefined)
      let text = ''
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
          const request = JSON.parse(text.slice(0, end)) as ReceivedRequest
          text = text.slice(end + 1)
          this.received.push(request)
          const reply = this.answer(request)
          if (reply !== undefined) socket.write(`${JSON.stringify({ id: request.id, ...reply })}\n`)
        }
      })
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.path, resolve)
    })
    this.#server = server
  }

  /** To all that are connected. */
  send(text: string | Buffer): void {
    for (const socket of this.#sockets) socket.write(text)
  }

  /** Ends all connections, as a program that is killed. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** The socket's file goes too. Idempotent. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    await new Promise((resolve) => {
      server.close(resolve)
      this.hangUp()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
