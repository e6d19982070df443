import type { Files } from '../sys.ts'
import { isSysError } from '../sys.ts'
import { isResting } from './resting.ts'
import { type Owner, type Reservation, ReservationStore, ownerOf, reservationsOf } from './store.ts'

/** When something is released, and how long it rests. */
export interface Rest {
  /** Seconds since the machine started. */
  readonly uptime: number
  /** Zero: addresses need no rest. */
  readonly cooldownSeconds: number
}

/** Gives back all addresses of the owner in the network, of whatever range. Nothing to give back is no error. */
export function release(files: Files, folder: string, owner: Owner, rest: Rest): void {
  releaseWhich(files, folder, rest, (reservations) => reservationsOf(reservations, owner))
}

/**
 * Gives back all addresses whose attachment is not among those that are valid. A file of an old version, which has only
 * the container id, stays as long as any interface of that container is valid.
 */
export function releaseOthers(files: Files, folder: string, valid: readonly Owner[], rest: Rest): void {
  releaseWhich(files, folder, rest, (reservations) => reservations.filter((one) => !isOfAny(one, valid)))
}

/** Whose those are that {@link releaseOthers} would give back, as far as their files name an interface. */
export function otherOwners(files: Files, folder: string, valid: readonly Owner[]): readonly Owner[] {
  const store = new ReservationStore(files, folder)
  const others = store.withLock(() => store.read().reservations.filter((one) => !isOfAny(one, valid)))
  return (others ?? []).map(ownerOf).filter((owner): owner is Owner => owner.ifName !== undefined)
}

function isOfAny(reservation: Reservation, owners: readonly Owner[]): boolean {
  const { containerId, ifName } = ownerOf(reservation)
  return owners.some(
    (one) => one.containerId === containerId && (ifName === undefined || one.ifName === ifName),
  )
}

/** Gives back those that are chosen, while nobody else changes any. */
export function releaseWhich(
  files: Files,
  folder: string,
  { uptime, cooldownSeconds }: Rest,
  which: (reservations: readonly Reservation[]) => readonly Reservation[],
): void {
  const store = new ReservationStore(files, folder)
  store.withLock(() => {
    const { reservations, released } = store.read()
    const free = which(reservations)
    for (const { file } of free) store.release(file)
    if (cooldownSeconds === 0 || free.length === 0) return
    const resting = [...released].filter(([, since]) => isResting(since, uptime, cooldownSeconds))
    try {
      store.setReleased(new Map([...resting, ...free.map(({ file }) => [file, uptime] as const)]))
    } catch (error) {
      // They are free, and that is what was asked for: on a full disk they come back sooner.
      if (!isSysError(error)) throw error
    }
  })
}
