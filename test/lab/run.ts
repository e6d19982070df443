import { spawn } from 'node:child_process'

/** A program with its arguments, ready for `spawn`: no shell reads it. */
export interface Command {
  readonly file: string
  readonly args: readonly string[]
}

export interface RunOptions {
  /** Written to the program's standard input, which is then closed. */
  readonly stdin?: string
  /** The whole environment; the caller's own if absent. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** How a program ended. */
export interface Finished {
  /** 128 if a signal ended it. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a program to its end and never judges its exit code.
 * @throws what `spawn` gives if the program can't be started (`ENOENT`)
 */
export function run(command: Command, options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command.file, command.args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.env === undefined ? {} : { env: options.env }),
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 128, stdout, stderr }))
    // A program that ends without reading its input is no error here: its exit code tells.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.stdin ?? '')
  })
}

/** A program that had to succeed and did not. `message` is its command line and what it said. */
export class CommandFailed extends Error {
  readonly finished: Finished
  constructor(command: Command, finished: Finished) {
    const said = finished.stderr.trim() || finished.stdout.trim() || 'nothing said'
    super(`${[command.file, ...command.args].join(' ')}: exit code ${finished.code}: ${said}`)
    this.name = 'CommandFailed'
    this.finished = finished
  }
}

/**
 * Runs a program that must succeed; resolves to its standard output.
 * @throws CommandFailed for any exit code but 0
 */
export async function mustRun(command: Command, options: RunOptions = {}): Promise<string> {
  const finished = await run(command, options)
  if (finished.code !== 0) throw new CommandFailed(command, finished)
  return finished.stdout
}
