import { nodeRouteName } from '../reconciler/node-route/node-route.ts'
import { readChoice, readCidr } from './flag-values.ts'
import { type ListFormat, listFormats } from './output.ts'
import { UsageError } from './usage.ts'

/** The flags of `podway release` as commander hands them over. */
export interface ReleaseFlags {
  readonly all?: boolean
  readonly yes?: boolean
  readonly kubeconfig?: string
  readonly output: string
}

/** A NodeRoute, and what the person called it. */
export interface ReleaseTarget {
  readonly name: string
  readonly text: string
}

export interface ReleaseConfig {
  /** What to release; undefined to list only. */
  readonly targets: readonly ReleaseTarget[] | 'all' | undefined
  /** Nobody is asked any more. */
  readonly yes: boolean
  readonly output: ListFormat
  readonly kubeconfig: string | undefined
}

/** @throws UsageError */
export function readReleaseConfig(names: readonly string[], flags: ReleaseFlags): ReleaseConfig {
  if (flags.all === true && names.length > 0)
    throw new UsageError('--all releases everything that is held: name nothing besides')
  const targets = names.length === 0 ? undefined : names.map(readTarget)
  return {
    targets: flags.all === true ? 'all' : targets,
    yes: flags.yes === true,
    output: readChoice('output', flags.output, listFormats),
    kubeconfig: flags.kubeconfig,
  }
}

/** `v4-10-244-3-0-24`, or the destination itself. */
function readTarget(text: string): ReleaseTarget {
  if (text.trim() === '') throw new UsageError('a name is empty')
  return { text, name: text.includes('/') ? nodeRouteName(readCidr('destination', text)) : text }
}
