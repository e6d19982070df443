import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { DemoResult } from '../demo/story.ts'

export const root = join(import.meta.dirname, '../..')
export const dist = join(root, 'dist')

export interface DemoRun {
  readonly code: number
  readonly stdout: readonly string[]
  readonly stderr: string
}

/** A demo that runs. Leaving the scope kills it, if a failed test has not ended it. */
export interface RunningDemo extends Disposable {
  readonly child: ChildProcess
  readonly ended: Promise<DemoRun>
}

/** Starts the built demo; each line of its standard output goes to `onLine` as it comes. */
export function startDemo(
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly onLine?: (line: string) => void } = {},
): RunningDemo {
  const env = options.env ?? process.env
  const child = spawn(process.execPath, [join(dist, 'demo/demo.js'), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return {
    child,
    ended: collect(child, options.onLine),
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

/** Resolves when the process has ended and its output is read. */
export async function collect(child: ChildProcess, onLine?: (line: string) => void): Promise<DemoRun> {
  if (child.stdout === null || child.stderr === null) throw new Error('the demo needs pipes')
  const stdout: string[] = []
  let stderr = ''
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout.push(line)
    onLine?.(line)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve(status ?? 128))
  })
  return { code, stdout, stderr }
}

/** The object that `--json` prints as the last line. @throws Error with what was said, if there is none */
export function resultOf(run: DemoRun): DemoResult {
  try {
    return JSON.parse(run.stdout.at(-1) ?? '') as DemoResult
  } catch (cause) {
    throw new Error(`no result:\n${run.stdout.join('\n')}\n${run.stderr}`, { cause })
  }
}

/** What every good run says, whoever's the APIs are. */
export const goodResult = {
  nodes: 3,
  pods: 6,
  tables: 2,
  // Three times: six pods among each other, and each from its node's root namespace; both families.
  probes: { sent: 3 * 2 * (6 * 5 + 6), ok: 3 * 2 * (6 * 5 + 6), natted: 0 },
  leftovers: 0,
}
