import { once } from 'node:events'
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'

/** What stands between a client and a server, and can fail as networks do. Loopback only. */
export class TcpRelay {
  /** `http://127.0.0.1:port`; never changes. */
  readonly url: string
  readonly #server: ReturnType<typeof createServer>
  readonly #port: number
  readonly #sockets = new Set<Socket>()
  readonly #forgotten = new Set<Socket>()
  #held = false
  /** How many connections were accepted so far. */
  connections = 0
  /** How many pieces were sent over connections that carry nothing any more. */
  swallowed = 0

  /** @param target the server's URL: where connections are passed on to */
  static async open(target: string): Promise<TcpRelay> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TcpRelay(server, new URL(target))
  }

  private constructor(server: ReturnType<typeof createServer>, target: URL) {
    this.#server = server
    this.#port = (server.address() as AddressInfo).port
    this.url = `http://127.0.0.1:${this.#port}`
    server.on('connection', (near) => {
      this.connections++
      this.#join(near, connect(Number(target.port), target.hostname))
    })
  }

  /** Connections are accepted and stay open, and nothing passes, until `release`. */
  hold(): void {
    this.#held = true
    for (const socket of this.#sockets) socket.pause()
  }

  /** What was held back arrives, and all passes again. */
  release(): void {
    this.#held = false
    for (const socket of this.#sockets) socket.resume()
  }

  /** The connections there are now never carry anything again, and nobody is told; new ones are not concerned. */
  forgetConnections(): void {
    for (const socket of this.#sockets) {
      this.#forgotten.add(socket)
      socket.removeAllListeners('data').on('data', () => this.swallowed++)
      socket.resume()
    }
    this.#sockets.clear()
  }

  /** Nobody listens: new connections are refused, and those that were there are cut. */
  async down(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of [...this.#sockets, ...this.#forgotten]) socket.resetAndDestroy()
    await closed
  }

  async up(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  #join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from)
      from.on('data', (chunk) => to.write(chunk))
      from.on('end', () => to.end())
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.#sockets.delete(from)
        this.#forgotten.delete(from)
        to.destroy()
      })
      if (this.#held) from.pause()
    }
  }
}
