import { type ChildProcess, spawn } from 'node:child_process'

/** Takes what all connections bring: skips the beginning, then tells in how many nanoseconds how many bytes came. */
const receiver = `
  const [host, skip, measure] = process.argv.slice(1)
  let [bytes, start, from] = [0, 0n, 0]
  const server = require('node:net').createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      bytes += data.length
      if (start === 0n) {
        if (bytes >= Number(skip)) [start, from] = [process.hrtime.bigint(), bytes]
        return
      }
      if (bytes - from < Number(measure)) return
      console.log(String(bytes - from) + ' ' + String(process.hrtime.bigint() - start))
      process.exit(0)
    })
  })
  server.listen(9000, host, () => console.log('up'))`

/**
 * Sends as fast as it can, until the other side has enough. Over several connections: one alone leaves a shallow queue
 * empty for a while after each loss.
 */
const sender = `
  const chunk = Buffer.alloc(65536)
  for (let i = 0; i < 4; i++) {
    const socket = require('node:net').connect({ host: process.argv[1], port: 9000 })
    const send = () => { while (socket.write(chunk)); }
    socket.on('connect', send)
    socket.on('drain', send)
    socket.on('error', () => process.exit(0))
  }`

function node(netns: string | undefined, script: string, ...args: readonly string[]): ChildProcess {
  const argv = [process.execPath, '-e', script, ...args]
  const [file = '', ...rest] = netns === undefined ? argv : ['ip', 'netns', 'exec', netns, ...argv]
  return spawn(file, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Where a transfer begins and ends. A namespace that is undefined is our own. */
export interface Transfer {
  readonly from: string | undefined
  readonly to: string | undefined
  /** Of the receiver. */
  readonly address: string
  /** Bytes that are not measured: what goes by at once before the limit is felt. */
  readonly skip: number
  readonly measure: number
}

/** The share of payload in a full TCP packet on Ethernet with an MTU of 1500, with timestamps. */
const share = (address: string): number => (1500 - (address.includes(':') ? 72 : 52)) / 1514

/** Sends over TCP: the bits a second that passed, the packets' headers among them. */
export async function transferRate(transfer: Transfer): Promise<number> {
  const { bytes, nanoseconds } = await send(transfer)
  return (8e9 * bytes) / nanoseconds / share(transfer.address)
}

/** The same: milliseconds. */
export const transferTime = async (transfer: Transfer): Promise<number> =>
  (await send(transfer)).nanoseconds / 1e6

/** It is measured where the bytes arrive, by the clock of the receiver alone. */
async function send({
  from,
  to,
  address,
  skip,
  measure,
}: Transfer): Promise<{ readonly bytes: number; readonly nanoseconds: number }> {
  const receiving = node(to, receiver, address, String(skip), String(measure))
  const closed = new Promise<void>((resolve) => receiving.once('close', () => resolve()))
  let sending: ChildProcess | undefined
  try {
    let text = ''
    await new Promise<void>((resolve) => {
      receiving.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        resolve()
      })
      receiving.once('close', () => resolve())
    })
    sending = node(from, sender, address)
    await closed
    const [bytes, nanoseconds] = (text.split('\n')[1] ?? '').split(' ').map(Number)
    if (!bytes || !nanoseconds) throw new Error(`nothing was transferred to ${address}`)
    return { bytes, nanoseconds }
  } finally {
    receiving.kill()
    sending?.kill()
  }
}
