import { spawn } from 'node:child_process'

/** A server that answers each connection with the address it sees; then ends. */
const server = `
  const net = require('node:net')
  net.createServer((socket) => socket.end(socket.remoteAddress)).listen(Number(process.argv[2]), process.argv[1], () => console.log('up'))`

/** A client that prints what it is answered. */
const client = `
  const socket = require('node:net').connect({ host: process.argv[1], port: Number(process.argv[2]), timeout: Number(process.argv[3]) })
  socket.on('data', (data) => process.stdout.write(data))
  socket.on('timeout', () => socket.destroy(new Error('no answer')))
  socket.on('error', () => process.exit(1))`

const node = (
  netns: string | undefined,
  script: string,
  ...args: readonly (string | number)[]
): ReturnType<typeof spawn> =>
  spawn(
    netns === undefined ? process.execPath : 'ip',
    [
      ...(netns === undefined ? [] : ['netns', 'exec', netns, process.execPath]),
      '-e',
      script,
      ...args.map(String),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )

/** Where a server listens, and how it is asked for. */
interface Place {
  /** Undefined: our own. */
  readonly netns: string | undefined
  readonly address: string
  readonly port?: number
  /** Where it listens, if the packets are led from elsewhere to there. */
  readonly listen?: string
  readonly listenPort?: number
}

/**
 * Connects over TCP from one namespace to an address in another (undefined: our own): the client's address as the server
 * sees it.
 */
export async function exchange(from: string | undefined, to: Place): Promise<string> {
  const seen = await ask(from, to, 3000)
  if (seen === undefined) throw new Error(`no answer from ${to.address}`)
  return seen
}

/** The same where there may be no way: undefined if nobody answers in half a second. */
export const reaches = (from: string | undefined, to: Place): Promise<string | undefined> =>
  ask(from, to, 500)

async function ask(from: string | undefined, to: Place, milliseconds: number): Promise<string | undefined> {
  const { address, port = 8080, listen = address, listenPort = port } = to
  const listening = node(to.netns, server, listen, listenPort)
  try {
    await new Promise<void>((resolve, reject) => {
      listening.stdout?.once('data', () => resolve())
      listening.once('close', () => reject(new Error(`no server on ${listen}`)))
    })
    return await new Promise<string | undefined>((resolve) => {
      const asking = node(from, client, address, port, milliseconds)
      let answer = ''
      asking.stdout?.on('data', (chunk: Buffer) => (answer += chunk.toString()))
      asking.once('close', (code) => resolve(code === 0 ? answer : undefined))
    })
  } finally {
    // Its port is free when this returns.
    const ended = new Promise((resolve) => listening.once('close', resolve))
    if (listening.kill()) await ended
  }
}
