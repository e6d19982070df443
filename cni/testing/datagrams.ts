import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { run } from './binary.ts'
import { ip } from './world.ts'

/** Prints each datagram that comes, and from where. */
const receiver = `
  for (const [type, host] of [['udp4', '0.0.0.0'], ['udp6', '::']]) {
    const socket = require('node:dgram').createSocket({ type, ipv6Only: type === 'udp6' })
    socket.on('message', (text, from) => console.log(from.address.split('%')[0] + ' ' + text))
    socket.bind(7000, host, () => console.log('up'))
  }`

const sender = `
  const [source, target, text] = process.argv.slice(1)
  const socket = require('node:dgram').createSocket(target.includes(':') ? 'udp6' : 'udp4')
  socket.bind(0, source, () => socket.send(text, 7000, target, (error) => {
    if (error) throw error
    socket.close()
  }))`

/** Takes datagrams in a namespace; undefined: our own. */
export class Receiver {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  private constructor(child: ChildProcess, lines: AsyncIterator<string>) {
    this.#child = child
    this.#lines = lines
  }

  static async start(netns?: string): Promise<Receiver> {
    const argv = [process.execPath, '-e', receiver]
    const [file = '', ...args] = netns === undefined ? argv : ['ip', 'netns', 'exec', netns, ...argv]
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const receiving = new Receiver(child, createInterface({ input: child.stdout })[Symbol.asyncIterator]())
    await receiving.#next()
    await receiving.#next()
    return receiving
  }

  /** `source text` of all that comes, up to that text: which has to be sent last, on a way that nothing is lost on. */
  async upTo(last: string): Promise<readonly string[]> {
    const lines: string[] = []
    for (;;) {
      const line = await this.#next()
      if (line.endsWith(` ${last}`)) return lines
      lines.push(line)
    }
  }

  async #next(): Promise<string> {
    const line = await this.#lines.next()
    if (line.done === true) throw new Error('the receiver ended')
    return line.value
  }

  stop(): void {
    this.#child.kill()
  }
}

/** Sends a datagram from a namespace, with that source, which it takes for itself while it sends. */
export function send(
  netns: string,
  { source, target, text }: { readonly source: string; readonly target: string; readonly text: string },
): void {
  const own = source.includes(':') ? [`${source}/128`, 'dev', 'lo'] : [`${source}/32`, 'dev', 'lo']
  ip(netns, 'addr', 'replace', ...own)
  run('ip', 'netns', 'exec', netns, process.execPath, '-e', sender, source, target, text)
  ip(netns, 'addr', 'del', ...own)
}
