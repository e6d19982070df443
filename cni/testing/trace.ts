import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type Ending, type Invocation, invokeAsync } from './binary.ts'

/** Why the tests that need strace can't run; undefined if they can. */
export function whyNoTrace(): string | undefined {
  const tried = spawnSync('strace', ['-o', '/dev/null', 'true'])
  if (tried.error) return 'strace is not installed'
  return tried.status === 0 ? undefined : 'strace is not allowed to trace'
}

/** One system call: its name, and how many of that name came before in its process, counted from 1. */
export interface TracedCall {
  readonly name: string
  readonly nth: number
  readonly line: string
}

/** What strace does to a call: `error=EIO`, `signal=KILL`. */
export interface Injection {
  readonly call: Pick<TracedCall, 'name' | 'nth'>
  readonly what: string
}

/**
 * Runs the binary under strace: how it ended, and its calls in order, those of its child processes too; with an injection
 * those of that name only.
 */
export async function trace(
  invocation: Invocation,
  injection?: Injection,
): Promise<{ readonly ending: Ending; readonly calls: readonly TracedCall[] }> {
  const folder = mkdtempSync('/run/trace-')
  try {
    const file = `${folder}/trace`
    const strace = ['strace', '-f', '-o', file, '-s', '512', ...options(injection)]
    const ending = await invokeAsync({ ...invocation, by: [...(invocation.by ?? []), ...strace] })
    return { ending, calls: parseTrace(readFileSync(file, 'utf8')) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function options(injection: Injection | undefined): readonly string[] {
  if (injection === undefined) return []
  const { call, what } = injection
  return ['-e', `trace=${call.name}`, '-e', `inject=${call.name}:${what}:when=${call.nth}`]
}

/** The calls in the text that `strace -f` writes: each line begins with the number of the process. */
export function parseTrace(text: string): readonly TracedCall[] {
  const counts = new Map<string, number>()
  const calls: TracedCall[] = []
  for (const numbered of text.split('\n')) {
    const [, process = '', line = '', name = ''] = /^(\d+) +((\w+)\(.*)$/.exec(numbered) ?? []
    if (name === '') continue
    const nth = (counts.get(`${process} ${name}`) ?? 0) + 1
    counts.set(`${process} ${name}`, nth)
    calls.push({ name, nth, line })
  }
  return calls
}
