import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type Ending, type Invocation, invoke, invokeAsync } from './binary.ts'

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

/** A run under strace: how it ended, and its calls in order, those of its child processes too. */
export interface Traced {
  readonly ending: Ending
  readonly calls: readonly TracedCall[]
}

/** Runs the binary under strace. `inject` is strace's (`write:error=EIO:when=2`); with it, only calls of that name count. */
export function trace(invocation: Invocation, inject?: string): Traced {
  const tracing = startTracing(invocation, inject)
  try {
    const ending = invoke(tracing.invocation)
    return { ending, calls: tracing.calls() }
  } finally {
    tracing.end()
  }
}

/** The same without waiting, for several at the same time. */
export async function traceAsync(invocation: Invocation, inject?: string): Promise<Traced> {
  const tracing = startTracing(invocation, inject)
  try {
    const ending = await invokeAsync(tracing.invocation)
    return { ending, calls: tracing.calls() }
  } finally {
    tracing.end()
  }
}

function startTracing(
  invocation: Invocation,
  inject: string | undefined,
): { readonly invocation: Invocation; calls(): readonly TracedCall[]; end(): void } {
  const folder = mkdtempSync('/run/trace-')
  const file = `${folder}/trace`
  const strace = ['strace', '-f', '-o', file, '-s', '512', ...options(inject)]
  return {
    invocation: { ...invocation, by: [...(invocation.by ?? []), ...strace] },
    calls: () => parseTrace(readFileSync(file, 'utf8')),
    end: () => rmSync(folder, { recursive: true }),
  }
}

function options(inject: string | undefined): readonly string[] {
  if (inject === undefined) return []
  const [names] = inject.split(':')
  return ['-e', `trace=${names}`, '-e', `inject=${inject}`]
}

/** The calls in the text that `strace -f` writes: each line begins with the number of the process. */
function parseTrace(text: string): readonly TracedCall[] {
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
