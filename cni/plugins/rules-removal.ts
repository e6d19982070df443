import { Nftables } from '../nftables/nftables.ts'
import { removePods } from '../nftables/pod-removal.ts'
import type { tidyPods } from '../nftables/pod-tidying.ts'
import { removePorts } from '../nftables/port-removal.ts'
import type { tidyPorts } from '../nftables/port-tidying.ts'
import { Errno, type System, isSysError } from '../sys.ts'
import type { forgetEnded } from './port-connections.ts'

/** What else is done: what has no use for it does without its code. */
export interface Thoroughness {
  readonly pods?: typeof tidyPods
  readonly ports?: typeof tidyPorts
  readonly forget?: typeof forgetEnded
}

/** Ends the masquerading and the port mappings of pods by their comments, see {@link removePods} and {@link removePorts}. */
export function endRules(
  system: System,
  isGone: (comment: string) => boolean,
  { pods, ports, forget }: Thoroughness = {},
): void {
  const nftables = open(system)
  if (nftables === undefined) return
  try {
    removePods(nftables, isGone, pods)
  } finally {
    const removed = removePorts(nftables, isGone, ports)
    forget?.(system, nftables.connection, removed)
  }
}

/** The same of port mappings alone. */
export function endMappings(
  system: System,
  isGone: (comment: string) => boolean,
  { ports, forget }: Thoroughness,
): void {
  const nftables = open(system)
  if (nftables === undefined) return
  const removed = removePorts(nftables, isGone, ports)
  forget?.(system, nftables.connection, removed)
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
