import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Command } from '../../test/lab/run.ts'

const program = join(import.meta.dirname, '../../dist/podway.js')

/** The argv of `podway` as it is built and shipped. */
export function podway(...args: readonly string[]): readonly string[] {
  if (!existsSync(program)) throw new Error(`${program} is missing: run npm run build first`)
  return [process.execPath, program, ...args]
}

/** A program that runs until it is told to end, with the JSON lines that it logs. */
export class LoggingProcess {
  readonly log: Record<string, unknown>[] = []
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>
  #waiting: (() => void)[] = []

  constructor({ file, args }: Command, env: Readonly<Record<string, string>> = {}) {
    const child = spawn(file, args, { env: { PATH: process.env.PATH ?? '', ...env } })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => {
        this.log.push(readLine(line))
        this.#wake()
      })
    }
    this.#ended = new Promise((resolve) =>
      child.once('close', (code) => {
        resolve(code)
        this.#wake()
      }),
    )
  }

  /** Resolves when a line with that message was logged. @throws Error with the log if it ends before */
  async logged(message: string): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.log.findLast(({ msg }) => msg === message)
      if (found !== undefined) return found
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw new Error(`it has ended without "${message}": ${JSON.stringify(this.log, undefined, 1)}`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** Kilobytes in memory: now, and at most until now. */
  memory(): { readonly now: number; readonly peak: number } {
    const status = readFileSync(`/proc/${this.#child.pid ?? 0}/status`, 'utf8')
    const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])
    return { now: of('VmRSS'), peak: of('VmHWM') }
  }

  /** Its exit code; null if the signal itself was its end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal)
    return await this.#ended
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

function readLine(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return { msg: line }
  }
}
