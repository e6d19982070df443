import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type Ending, type Invocation, invoke } from './binary.ts'

/** Why the tests that need strace can't run; undefined if they can. */
export function whyNoTrace(): string | undefined {
  const tried = spawnSync('strace', ['-o', '/dev/null', 'true'])
  if (tried.error) return 'strace is not installed'
  return tried.status === 0 ? undefined : 'strace is not allowed to trace'
}

/** The system calls that an ADD consists of; those of the start of a process are not interesting. */
export const tracedCalls = [
  'openat',
  'read',
  'write',
  'mkdir',
  'flock',
  'getdents64',
  'newfstatat',
  'getrandom',
  'socket',
  'setsockopt',
  'setns',
  'sendto',
  'recvfrom',
] as const

/** One system call: its name, and how many of that name came before, counted from 1. */
export interface TracedCall {
  readonly name: string
  readonly nth: number
  readonly line: string
}

/** Runs the binary under strace: how it ended, and its calls in order. `inject` is strace's: `write:error=EIO:when=2`. */
export function trace(
  invocation: Invocation,
  inject?: string,
): { readonly ending: Ending; readonly calls: readonly TracedCall[] } {
  const folder = mkdtempSync('/run/trace-')
  try {
    const file = `${folder}/trace`
    const by = ['strace', '-o', file, '-s', '512', '-e', `trace=${tracedCalls.join(',')}`]
    const ending = invoke({
      ...invocation,
      by: inject === undefined ? by : [...by, '-e', `inject=${inject}`],
    })
    const counts = new Map<string, number>()
    const calls: TracedCall[] = []
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const name = line.slice(0, Math.max(line.indexOf('('), 0))
      if (name === '' || line.startsWith('+++') || line.startsWith('---')) continue
      const nth = (counts.get(name) ?? 0) + 1
      counts.set(name, nth)
      calls.push({ name, nth, line })
    }
    return { ending, calls }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
