import { Nftables } from '../nftables/nftables.ts'
import { removePods } from '../nftables/pod-removal.ts'
import type { tidyPods } from '../nftables/pod-tidying.ts'
import { hasMappings } from '../nftables/port-owner.ts'
import { Errno, type System, isSysError } from '../sys.ts'
import type { endMappings } from './ports-removal.ts'

/** What else is done: what has no use for it does without its code. */
export interface Thoroughness {
  readonly pods?: typeof tidyPods | undefined
  readonly ports?: typeof endMappings | undefined
}

/**
 * Ends the masquerading and the port mappings of an attachment by its comment, see {@link removePods} and
 * {@link endMappings}.
 *
 * @returns whether it has mappings that nothing was given for to end them. One look-up tells, and those of others are not
 * looked at
 */
export function endRules(system: System, comment: string, { pods, ports }: Thoroughness = {}): boolean {
  const nftables = openFilter(system)
  if (nftables === undefined) return false
  const isGone = (found: string): boolean => found === comment
  let remain = false
  try {
    removePods(nftables, isGone, pods)
  } finally {
    if (ports === undefined) remain = hasMappings(nftables, comment)
    else ports(system, nftables, isGone)
  }
  return remain
}

/** Those of all attachments that are gone, with all that only they needed. */
export function collectRules(
  system: System,
  isGone: (comment: string) => boolean,
  { pods, ports }: Thoroughness,
): void {
  const nftables = openFilter(system)
  if (nftables === undefined) return
  try {
    if (pods !== undefined) removePods(nftables, isGone, pods)
  } finally {
    ports?.(system, nftables, isGone)
  }
}

/** On a kernel without nf_tables there is nothing to end. */
export function openFilter(system: System): Nftables | undefined {
  try {
    return new Nftables(system)
  } catch (error) {
    if (isSysError(error, Errno.EPROTONOSUPPORT)) return undefined
    throw error
  }
}
