import { existsSync, globSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** One thing that is built, and all that goes into it. */
export interface BuildStep {
  readonly name: string
  /** Globs from the root of the checkout; tests that they find do not count. */
  readonly sources: readonly string[]
  /** A file in dist whose presence and age tell whether the step has to run. */
  readonly stamp: string
  readonly run: () => Promise<void>
}

/** Whether the step's result is missing, or older than one of its sources. */
export function isStale(step: BuildStep, root: string, dist: string): boolean {
  const stamp = join(dist, step.stamp)
  if (!existsSync(stamp)) return true
  const built = statSync(stamp).mtimeMs
  return globSync([...step.sources], { cwd: root })
    .filter((file) => !isTest(file))
    .some((file) => statSync(join(root, file)).mtimeMs > built)
}

const isTest = (file: string): boolean => file.endsWith('.test.ts') || file.includes('/testing/')

/** Marks the step as done with sources as they were at that time (milliseconds since the epoch). */
export function markFresh(step: BuildStep, dist: string, startedAt: number): void {
  const stamp = join(dist, step.stamp)
  if (!existsSync(stamp)) writeFileSync(stamp, '')
  utimesSync(stamp, startedAt / 1000, startedAt / 1000)
}
