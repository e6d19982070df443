import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const server = `
  const [name, port] = process.argv.slice(1)
  for (const [type, host] of [['udp4', '0.0.0.0'], ['udp6', '::']]) {
    const socket = require('node:dgram').createSocket({ type, ipv6Only: type === 'udp6' })
    socket.on('message', (text, from) => socket.send(name + ' ' + text, from.port, from.address))
    socket.bind(Number(port), host, () => console.log('up'))
  }`

/** Sends each line from one port until it is told to end: a line for each datagram that comes back. */
const client = `
  const [from, address, port] = process.argv.slice(1)
  const socket = require('node:dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.on('message', (text) => console.log(String(text)))
  socket.bind(Number(from), () => {
    require('node:readline').createInterface({ input: process.stdin })
      .on('line', (text) => socket.send(text, Number(port), address))
    console.log('up')
  })`

const start = (netns: string | undefined, script: string, ...args: readonly (string | number)[]): Lines => {
  const argv = [process.execPath, '-e', script, ...args.map(String)]
  const [file = '', ...rest] = netns === undefined ? argv : ['ip', 'netns', 'exec', netns, ...argv]
  return new Lines(spawn(file, rest, { stdio: ['pipe', 'pipe', 'inherit'] }))
}

/** A process, and what it says line by line. */
class Lines {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(child: ChildProcess) {
    this.#child = child
    if (child.stdout === null) throw new Error('no output')
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  async next(): Promise<string> {
    const line = await this.#lines.next()
    if (line.done === true) throw new Error('it ended')
    return line.value
  }

  write(text: string): void {
    this.#child.stdin?.write(`${text}\n`)
  }

  stop(): void {
    this.#child.kill()
  }
}

/** A server of UDP in a namespace (undefined: our own) that answers each datagram with its name and the text. */
export async function startEcho(
  netns: string | undefined,
  name: string,
  port: number,
): Promise<{ stop: () => void }> {
  const lines = start(netns, server, name, port)
  await lines.next()
  await lines.next()
  return lines
}

/** A client that sends from one and the same port. */
export class EchoClient {
  readonly #lines: Lines
  #sent = 0

  private constructor(lines: Lines) {
    this.#lines = lines
  }

  static async start(
    netns: string | undefined,
    to: { readonly from: number; readonly address: string; readonly port: number },
  ): Promise<EchoClient> {
    const lines = start(netns, client, to.from, to.address, to.port)
    await lines.next()
    return new EchoClient(lines)
  }

  /** Sends without waiting for an answer. */
  send(): void {
    this.#lines.write(String(this.#sent++))
  }

  /**
   * Who answers: datagrams are sent, one every 50 ms, until somebody answers one of them. Undefined if nobody does in two
   * seconds. An answer to what was asked before, which comes late, is none.
   */
  async ask(): Promise<string | undefined> {
    const first = this.#sent
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<undefined>((resolve) => {
      let left = 40
      timer = setInterval(() => (left-- > 0 ? this.send() : resolve(undefined)), 50)
      this.send()
    })
    try {
      return await Promise.race([this.#answerTo(first), silence])
    } finally {
      clearInterval(timer)
    }
  }

  /** Who answers that datagram, or a later one. */
  async #answerTo(first: number): Promise<string> {
    for (;;) {
      const [name = '', number] = (await this.#lines.next()).split(' ')
      if (Number(number) >= first) return name
    }
  }

  stop(): void {
    this.#lines.stop()
  }
}
