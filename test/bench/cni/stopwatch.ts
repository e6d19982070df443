import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { mustRun } from '../../lab/run.ts'

const harness = join(import.meta.dirname, '../harness')

/** A program to run, without arguments, and perhaps others behind it. Nothing in it may contain a tab or a newline. */
export interface Call {
  readonly program: string
  /** The file that it gets as standard input. */
  readonly input: string
  /** Its whole environment. */
  readonly environment: Readonly<Record<string, string>>
  /**
   * What is run behind it, one after the other, each as soon as the one before has ended well: together they are one call.
   * Where the file of such a one has a byte 1, it gets what the one before has printed.
   */
  readonly then?: readonly Call[]
}

/** What one program cost: the process, its children, and those that it left running. */
export interface Cost {
  /** From before its start until its end was seen. */
  readonly ms: number
  /** User and system time, all processes together. What the kernel puts off to its own threads is not in it. */
  readonly cpuMs: number
  /** Peak memory of the largest process. */
  readonly rssBytes: number
}

/** Programs that were started at once. */
export interface Batch {
  /** From the first start to the last end. */
  readonly ms: number
  /** In the order of the calls. */
  readonly costs: readonly Cost[]
  /** What each of them printed, in the same order. */
  readonly outputs: readonly string[]
}

/** Runs programs by a small helper, whose own part in a figure is that of {@link compileNothing}'s program. */
export class Stopwatch {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #ended: Promise<void>

  private constructor(program: string) {
    this.#child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
    if (this.#child.stdout === null) throw new Error('the stopwatch needs a pipe')
    this.#ended = new Promise((resolve) => this.#child.once('close', () => resolve()))
    // One that has ended shows as a line that never comes.
    this.#child.stdin?.on('error', () => undefined)
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /** Compiles the helper to that path and starts it. Needs a C compiler. */
  static async start(program: string): Promise<Stopwatch> {
    await compile(['-o', program, join(harness, 'stopwatch.c')])
    return new Stopwatch(program)
  }

  /**
   * Runs all of them at once, and resolves when all have ended, and what they left running too.
   * @throws Error with what a program said, if one of them ended with another code than 0
   */
  async run(calls: readonly Call[]): Promise<Batch> {
    this.#child.stdin?.write(`${calls.map(formatCall).join('\n')}\n\n`)
    const line = await this.#lines.next()
    if (line.done === true)
      throw new Error('the stopwatch ended: a program took over a minute, or could not start')
    return readBatch(line.value, calls)
  }

  /** Ends the helper. */
  close(): Promise<void> {
    this.#child.stdin?.end()
    return this.#ended
  }
}

/** Compiles the smallest program there is to that path: what it costs is the price of starting any program at all. */
export const compileNothing = (program: string): Promise<void> => compileBare(program, 'nothing.c')

/** Compiles a program to that path that only asks the kernel for what an IPv4 ADD does. */
export const compileKernel = (program: string): Promise<void> => compileBare(program, 'kernel.c')

/** Without a C library. */
function compileBare(program: string, source: string): Promise<void> {
  const flags = ['-ffreestanding', '-fno-stack-protector', '-static', '-nostdlib']
  return compile([...flags, '-o', program, join(harness, source)])
}

async function compile(args: readonly string[]): Promise<void> {
  try {
    await mustRun({ file: 'cc', args: ['-O2', ...args] })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new Error('The bench needs a C compiler: there is no cc on the PATH.', { cause: error })
    throw error
  }
}

export function formatCall({ program, input, environment, then = [] }: Call): string {
  const fields = [program, input, ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)]
  const bad = fields.find((field) => /[\t\n]/.test(field))
  if (bad !== undefined) throw new Error(`a tab or newline in ${JSON.stringify(bad)}`)
  return [fields.join('\t'), ...then.map((stage) => `\t${formatCall(stage)}`)].join('\n')
}

interface Report {
  readonly ns: number
  readonly calls: readonly {
    readonly ns: number
    readonly cpuUs: number
    readonly rssKiB: number
    readonly code: number
    readonly output: string
  }[]
}

/** Reads a line of the helper's. @throws Error if a program failed */
export function readBatch(line: string, calls: readonly Call[]): Batch {
  const report = JSON.parse(line) as Report
  const outputs = report.calls.map(({ code, output: bytes }, index) => {
    const output = Buffer.from(bytes, 'latin1').toString('utf8')
    const { program = '?', environment } = calls[index] ?? {}
    if (code !== 0)
      throw new Error(
        `${program} ${environment?.CNI_COMMAND ?? ''} ended with ${code}: ${output.trim() || 'nothing said'}`,
      )
    return output
  })
  return {
    ms: report.ns / 1e6,
    costs: report.calls.map(({ ns, cpuUs, rssKiB }) => ({
      ms: ns / 1e6,
      cpuMs: cpuUs / 1e3,
      rssBytes: rssKiB * 1024,
    })),
    outputs,
  }
}
