import { nodeRouteName } from '../reconciler/node-route/node-route.ts'
import { readCidr } from './read-cidr.ts'
import type { ListFormat } from './output.ts'
import type { Settings } from './settings/command-settings.ts'
import { UsageError } from './usage.ts'

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
export function readReleaseConfig(
  names: readonly string[],
  { all, kubeconfig, output, yes }: Settings<'release'>,
): ReleaseConfig {
  if (all && names.length > 0)
    throw new UsageError('--all releases everything that is held: name nothing besides')
  const targets = names.length === 0 ? undefined : names.map(readTarget)
  return { targets: all ? 'all' : targets, yes, output, kubeconfig }
}

/** `v4-10-244-3-0-24`, or the destination itself. */
function readTarget(text: string): ReleaseTarget {
  if (text.trim() === '') throw new UsageError('a name is empty')
  return { text, name: text.includes('/') ? nodeRouteName(readCidr('destination', text)) : text }
}
