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
  let ended = 0
  let remain = false
  try {
    ended = removePods(nftables, isGone, pods).length
  } finally {
    if (ports === undefined) remain = hasMappings(nftables, comment)
    else ended += ports(system, nftables, isGone).length
    leave(nftables, ended)
  }
  return remain
}

/** So that the end of the program is not the end of all that the kernel has to free first. */
export function leave(nftables: Nftables, ended: number): void {
  if (ended > 0) nftables.closeAside()
}

/** Those of all attachments that are gone, with all that only they needed. */
export function collectRules(
  system: System,
  isGone: (comment: string) => boolean,
  { pods, ports }: Thoroughness,
): void {
  const nftables = openFilter(system)
  if (nftables === undefined) return
  let ended = 0
  try {
    if (pods !== undefined) ended = removePods(nftables, isGone, pods).length
  } finally {
    ended += ports?.(system, nftables, isGone).length ?? 0
    leave(nftables, ended)
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
