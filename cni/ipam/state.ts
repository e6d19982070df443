import { formatAddress } from '../../net/address.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { Errno, type Files, isSysError } from '../sys.ts'
import { candidates } from './allocator.ts'
import type { IpamConfig } from './config.ts'
import { type RangeSet, formatRangeSet } from './range.ts'
import { type Owner, ReservationStore, reservationsOf } from './store.ts'

/**
 * For CHECK: the owner has an address.
 * @throws CniError with host-local's text
 */
export function requireAllocation(files: Files, folder: string, owner: Owner): void {
  const store = new ReservationStore(files, folder)
  const found = store.withLock(() => reservationsOf(store.read().reservations, owner).length > 0)
  if (found !== true)
    throw new CniError(
      ErrorCode.internal,
      `host-local: Failed to find address added by container ${owner.containerId}`,
    )
}

/**
 * For STATUS: whether an address can be given, now or ever. That ranges are merely full is success unless the
 * configuration wants it otherwise: runtimes make a node not ready by this answer, and then its pods are evicted, which
 * are what it is full of.
 *
 * @throws CniError "not available" (50)
 */
export function requireRoom(
  files: Files,
  config: IpamConfig,
  { statusOnExhaustion }: { readonly statusOnExhaustion: boolean },
): void {
  const store = new ReservationStore(files, config.folder)
  for (const set of config.rangeSets) {
    if (!hasFree(set, new Set())) throw exhausted(set)
  }
  try {
    store.create()
  } catch (error) {
    if (isSysError(error, Errno.EROFS) || isSysError(error, Errno.ENOTDIR))
      throw new CniError(ErrorCode.notAvailable, error.message)
    // A full disk, say, is full for a while.
    if (!isSysError(error)) throw error
  }
  if (!statusOnExhaustion) return
  store.withLock(() => {
    const taken = new Set(store.read().reservations.map(({ file }) => file))
    for (const set of config.rangeSets) if (!hasFree(set, taken)) throw exhausted(set)
  })
}

const exhausted = (set: RangeSet): CniError =>
  new CniError(ErrorCode.notAvailable, `no IP addresses available in range set: ${formatRangeSet(set)}`)

function hasFree(set: RangeSet, taken: ReadonlySet<string>): boolean {
  for (const { address } of candidates(set, undefined)) {
    if (!taken.has(formatAddress(address))) return true
  }
  return false
}
