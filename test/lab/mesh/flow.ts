import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Machine } from '../machine.ts'

/** Answers each datagram with itself. */
const echo = `
  const socket = require('node:dgram').createSocket('udp6')
  socket.on('message', (message, { port, address }) => socket.send(message, port, address))
  socket.bind(9000, () => console.log('up'))
  process.stdin.on('end', () => process.exit()).resume()`

/**
 * Sends a numbered datagram to each address every ten milliseconds. Those count that are sent when every address has
 * answered once: a new link says nothing of IPv6 before it knows that its address is its own. At the end of its input it
 * sends no more, waits for the answers that are missing, a few seconds at most, and says how many were sent and not answered.
 */
const flow = `
  const addresses = process.argv.slice(1)
  let [number, counted, isEnding] = [0, undefined, false]
  const silent = new Set(addresses)
  const missing = new Set()
  const socket = require('node:dgram').createSocket('udp6')
  const finish = () => {
    console.log(JSON.stringify({ sent: number - counted, lost: missing.size }))
    process.exit()
  }
  socket.on('message', (message) => {
    const text = message.toString()
    silent.delete(text.split(' ')[0])
    missing.delete(text)
    if (silent.size === 0 && counted === undefined) {
      counted = number
      missing.clear()
      console.log('flowing')
    }
    if (isEnding && missing.size === 0) finish()
  })
  socket.on('error', () => undefined)
  const timer = setInterval(() => {
    for (const address of addresses) {
      const text = address + ' ' + number++
      missing.add(text)
      socket.send(text, 9000, address, () => undefined)
    }
  }, 10)
  process.stdin.on('end', () => {
    clearInterval(timer)
    isEnding = true
    if (missing.size === 0) finish()
    setTimeout(finish, 5_000)
  }).resume()`

/** A program in a machine's pod, which ends with its input. */
class PodProgram {
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  #heard: (() => void) | undefined

  constructor(machine: Machine, script: string, args: readonly string[]) {
    const { args: rest, file } = machine.command([process.execPath, '-e', script, ...args], 'pod')
    this.#child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
    if (this.#child.stdout === null) throw new Error('no output')
    createInterface(this.#child.stdout).on('line', (line) => {
      this.#lines.push(line)
      this.#heard?.()
    })
  }

  /** The next line that it says. */
  async line(): Promise<string> {
    for (;;) {
      const line = this.#lines.shift()
      if (line !== undefined) return line
      await new Promise<void>((resolve) => (this.#heard = resolve))
    }
  }

  end(): void {
    this.#child.stdin?.end()
  }
}

/** From now on the machine's pod answers; until the returned function is called. */
export async function answerFlows(machine: Machine): Promise<() => void> {
  const program = new PodProgram(machine, echo, [])
  await program.line()
  return () => program.end()
}

/** Packets flow from the machine's pod to the addresses, until it is ended. */
export class Flow {
  readonly #program: PodProgram

  private constructor(program: PodProgram) {
    this.#program = program
  }

  /** Returns when packets flow; those of IPv4 as `::ffff:10.0.0.1`. */
  static async start(machine: Machine, addresses: readonly string[]): Promise<Flow> {
    const program = new PodProgram(machine, flow, addresses)
    await program.line()
    return new Flow(program)
  }

  async end(): Promise<{ readonly sent: number; readonly lost: number }> {
    this.#program.end()
    return JSON.parse(await this.#program.line()) as { readonly sent: number; readonly lost: number }
  }
}
