import { Nftables } from '../nftables/nftables.ts'
import { removePods } from '../nftables/pod-removal.ts'
import type { tidyPods } from '../nftables/pod-tidying.ts'
import { hasMappings, removePorts } from '../nftables/port-removal.ts'
import type { tidyPorts } from '../nftables/port-tidying.ts'
import { Errno, type System, isSysError } from '../sys.ts'
import type { forgetEnded } from './port-connections.ts'

/** What else is done: what has no use for it does without its code. */
export interface Thoroughness {
  readonly pods?: typeof tidyPods | undefined
  readonly ports?: typeof tidyPorts | undefined
  readonly forget?: typeof forgetEnded | undefined
}

/**
 * Ends the masquerading and the port mappings of an attachment by its comment, see {@link removePods} and
 * {@link removePorts}. Where it has no mappings, and nothing has to be tidied, those of others are not looked at.
 */
export function endRules(system: System, comment: string, { pods, ports, forget }: Thoroughness = {}): void {
  const nftables = open(system)
  if (nftables === undefined) return
  const isGone = (found: string): boolean => found === comment
  let ended = 0
  try {
    ended = removePods(nftables, isGone, pods).length
  } finally {
    ended += endMappings(system, nftables, comment, { ports, forget })
    leave(nftables, ended)
  }
}

/** The same of port mappings alone. */
export function endPorts(system: System, comment: string, thoroughness: Thoroughness): void {
  const nftables = open(system)
  if (nftables !== undefined) leave(nftables, endMappings(system, nftables, comment, thoroughness))
}

function endMappings(
  system: System,
  nftables: Nftables,
  comment: string,
  { ports, forget }: Thoroughness,
): number {
  if (ports === undefined && !hasMappings(nftables, comment)) return 0
  const removed = removePorts(nftables, (found) => found === comment, ports)
  forget?.(system, nftables.connection, removed)
  return removed.length
}

/** So that the end of the program is not the end of all that the kernel has to free first. */
function leave(nftables: Nftables, ended: number): void {
  if (ended > 0) nftables.closeAside()
}

/** Those of all attachments that are gone, with all that only they needed. */
export function collectRules(
  system: System,
  isGone: (comment: string) => boolean,
  { pods, ports, forget }: Thoroughness,
): void {
  const nftables = open(system)
  if (nftables === undefined) return
  let ended = 0
  try {
    if (pods !== undefined) ended = removePods(nftables, isGone, pods).length
  } finally {
    const removed = removePorts(nftables, isGone, ports)
    forget?.(system, nftables.connection, removed)
    leave(nftables, ended + removed.length)
  }
}

/** On a kernel without nf_tables there is nothing to end. */
function open(system: System): Nftables | undefined {
  try {
    return new Nftables(system)
  } catch (error) {
    if (isSysError(error, Errno.EPROTONOSUPPORT)) return undefined
    throw error
  }
}
