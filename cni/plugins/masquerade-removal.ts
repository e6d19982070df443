import { Nftables } from '../nftables/nftables.ts'
import { removePods } from '../nftables/pod-removal.ts'
import type { tidyPods } from '../nftables/pod-tidying.ts'
import { Errno, type System, isSysError } from '../sys.ts'

/** Ends the masquerading of pods by their comments, see {@link removePods}. On a kernel without nf_tables there is none. */
export function endMasquerading(
  system: System,
  isGone: (comment: string) => boolean,
  tidy?: typeof tidyPods,
): readonly string[] {
  let nftables: Nftables
  try {
    nftables = new Nftables(system)
  } catch (error) {
    if (isSysError(error, Errno.EPROTONOSUPPORT)) return []
    throw error
  }
  return removePods(nftables, isGone, tidy)
}
