import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { inWorld } from '../lab/world.ts'
import type { GoPlugins } from './cni/go-plugins.ts'
import { type Metric, missedGoals } from './metric.ts'
import type { BenchOptions } from './options.ts'

/** What the part of a bench that runs inside the world is given, as JSON in its first argument. */
export interface BenchTask {
  readonly options: BenchOptions
  /** The folder with what was built. */
  readonly dist: string
  readonly peer: GoPlugins | undefined
}

/** Runs a bench inside the world; what it says is the exit code, and what goes wrong is told in words. */
export async function runTask(work: (task: BenchTask, scratch: string) => Promise<number>): Promise<void> {
  if (!inWorld()) throw new Error('start it by "npm run bench"')
  const scratch = join(tmpdir(), 'bench')
  mkdirSync(scratch)
  try {
    process.exitCode = await work(JSON.parse(process.argv[2] ?? '') as BenchTask, scratch)
  } catch (error) {
    console.error(`\n✗ ${causeOf(error)}`)
    process.exitCode = 1
  }
  // Whatever a failed step left running ends with the world.
  process.exit()
}

/** What failed first, where ending what had begun failed too. */
function causeOf(error: unknown): string {
  if (error instanceof SuppressedError) return causeOf(error.suppressed)
  return error instanceof Error ? error.message : String(error)
}

/** Prints what was found; resolves to the exit code. */
export function conclude(task: BenchTask, table: string, metrics: readonly Metric[]): number {
  const { json, check } = task.options
  const missed = missedGoals(metrics)
  console.log(`\n${table}\n`)
  for (const { metric, value, unit, goal } of missed)
    console.log(
      `${mark('fail', '✗')} ${metric} is ${value ?? '?'} ${unit}; the goal is at most ${goal ?? '?'}`,
    )
  if (json) console.log(JSON.stringify(metrics))
  return check && missed.length > 0 ? 1 : 0
}

/** Coloured on a terminal whose user wants colours. */
export const mark = (verdict: 'pass' | 'fail', text: string): string =>
  styleText(verdict === 'pass' ? 'green' : 'red', text, { stream: process.stdout })
