import { spawn } from 'node:child_process'

/** A server that answers each connection with the address it sees; then ends. */
const server = `
  const net = require('node:net')
  net.createServer((socket) => socket.end(socket.remoteAddress)).listen(8080, process.argv[1], () => console.log('up'))`

/** A client that prints what it is answered. */
const client = `
  const socket = require('node:net').connect({ host: process.argv[1], port: 8080, timeout: 3000 })
  socket.on('data', (data) => process.stdout.write(data))
  socket.on('timeout', () => socket.destroy(new Error('no answer in 3 s')))
  socket.on('error', (error) => { console.error(error.message); process.exit(1) })`

const node = (netns: string | undefined, script: string, address: string): ReturnType<typeof spawn> =>
  spawn(
    netns === undefined ? process.execPath : 'ip',
    [...(netns === undefined ? [] : ['netns', 'exec', netns, process.execPath]), '-e', script, address],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )

/**
 * Connects over TCP from one namespace to an address in another (undefined: our own): the client's address as the server
 * sees it.
 */
export async function exchange(
  from: string | undefined,
  to: { readonly netns: string | undefined; readonly address: string },
): Promise<string> {
  const listening = node(to.netns, server, to.address)
  try {
    await new Promise<void>((resolve, reject) => {
      listening.stdout?.once('data', () => resolve())
      listening.once('close', () => reject(new Error(`no server on ${to.address}`)))
    })
    return await new Promise<string>((resolve, reject) => {
      const asking = node(from, client, to.address)
      let answer = ''
      asking.stdout?.on('data', (chunk: Buffer) => (answer += chunk.toString()))
      asking.once('close', (code) =>
        code === 0 ? resolve(answer) : reject(new Error(`no answer from ${to.address}`)),
      )
    })
  } finally {
    listening.kill()
  }
}
