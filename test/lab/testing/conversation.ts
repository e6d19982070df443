import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Command } from '../run.ts'

/** Answers each line with the address that the connection comes from, for as long as it lives. */
const server = `
  const net = require('node:net')
  net.createServer((socket) => socket.on('error', () => {}).on('data', () => socket.write(socket.remoteAddress + '\\n')))
    .listen(9000, process.argv[1], () => console.log('up'))
  process.stdin.on('close', () => process.exit()).resume()`

/** Sends each line of standard input, and prints each line that comes back. */
const client = `
  const socket = require('node:net').connect({ host: process.argv[1], port: 9000 })
  socket.on('error', (error) => { console.log(error.message) })
  socket.pipe(process.stdout)
  process.stdin.pipe(socket)
  process.stdin.on('close', () => process.exit())`

/** One TCP connection that lasts. */
export interface Conversation {
  /** The client's address, as the server sees it. */
  ask(): Promise<string>
  end(): void
}

/**
 * Opens a connection to an address of the server's namespace.
 * @param run - what makes a command one in that namespace
 */
export async function converse(
  run: {
    readonly client: (argv: readonly string[]) => Command
    readonly server: (argv: readonly string[]) => Command
  },
  address: string,
): Promise<Conversation> {
  const start = ({ file, args }: Command): ReturnType<typeof spawn> =>
    spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const linesOf = (child: ReturnType<typeof spawn>): AsyncIterator<string> => {
    if (child.stdout === null) throw new Error('no standard output')
    return createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }
  const next = async (lines: AsyncIterator<string>): Promise<string> => {
    const line = await lines.next()
    if (line.done === true) throw new Error('the connection ended')
    return line.value.replace('::ffff:', '')
  }
  const listening = start(run.server([process.execPath, '-e', server, address]))
  await next(linesOf(listening))
  const asking = start(run.client([process.execPath, '-e', client, address]))
  const answers = linesOf(asking)
  return {
    ask: () => {
      asking.stdin?.write('?\n')
      return next(answers)
    },
    end: () => {
      asking.kill()
      listening.kill()
    },
  }
}
