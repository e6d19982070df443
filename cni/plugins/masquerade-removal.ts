import { Nftables } from '../nftables/nftables.ts'
import { removePods } from '../nftables/pod-removal.ts'
import { Errno, type System, isSysError } from '../sys.ts'

/** Ends the masquerading of pods by their comments. On a kernel without nf_tables there is none. */
export function endMasquerading(system: System, isGone: (comment: string) => boolean): readonly string[] {
  let nftables: Nftables
  try {
    nftables = new Nftables(system)
  } catch (error) {
    if (isSysError(error, Errno.EPROTONOSUPPORT)) return []
    throw error
  }
  return removePods(nftables, isGone)
}
