import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface CommandOptions {
  readonly environment: NodeJS.ProcessEnv
  /** Where it runs: here if absent. */
  readonly folder?: string
  /** Ends the command and whatever it has started. */
  readonly signal?: AbortSignal | undefined
  /** Every line of standard output, as it comes. */
  readonly onLine?: (line: string) => void
  /** Every line of standard error, as it comes. */
  readonly onErrorLine?: (line: string) => void
}

export interface CommandResult {
  /** `undefined` if there is no such program, or if a signal ended it. */
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a program to its end. A failure of the program is a result, not an exception.
 * @throws the signal's reason, once the program has ended, if it was aborted
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  options.signal?.throwIfAborted()
  const child = spawn(program, args, {
    env: options.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.folder === undefined ? {} : { cwd: options.folder }),
    // In a group of its own it can be killed with its children; but then a Ctrl-C at the terminal does not reach it.
    detached: options.signal !== undefined,
  })
  const abort = () => killGroup(child)
  options.signal?.addEventListener('abort', abort)
  const stdout: string[] = []
  const stderr: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout.push(line)
    options.onLine?.(line)
  })
  createInterface({ input: child.stderr }).on('line', (line) => {
    stderr.push(line)
    options.onErrorLine?.(line)
  })
  try {
    const [exitCode] = (await once(child, 'close')) as [number | null]
    return { exitCode: exitCode ?? undefined, stdout: stdout.join('\n'), stderr: stderr.join('\n') }
  } catch (error) {
    // `once` rejects when the program could not be started.
    return { exitCode: undefined, stdout: '', stderr: error instanceof Error ? error.message : String(error) }
  } finally {
    options.signal?.removeEventListener('abort', abort)
    options.signal?.throwIfAborted()
  }
}

/** Kills a child that was started `detached`, with every process of its group. Does nothing if none is left. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The last lines of a program's output, indented: what a person wants to see below "it failed". */
export function tail(output: string, lines = 15): string {
  return output
    .trimEnd()
    .split('\n')
    .slice(-lines)
    .map((line) => `  ${line}`)
    .join('\n')
}
