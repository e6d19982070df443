import { type Address, compareAddresses, formatAddress } from '../../net/address.ts'
import type { InterfaceAddress } from '../../net/cidr.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import type { Dns } from '../spec/result.ts'
import type { Files } from '../sys.ts'
import { candidates } from './allocator.ts'
import type { IpamConfig } from './config.ts'
import { type RangeSet, formatRangeSet, rangeFor } from './range.ts'
import { parseResolvConf } from './resolv-conf.ts'
import { type Owner, type Reservation, ReservationStore, reservationsOf } from './store.ts'

/** An address that is reserved, and the way out of its subnet. */
export interface Lease {
  readonly address: InterfaceAddress
  readonly gateway: Address
}

/**
 * Reserves one address from each range set: all of them or, when this throws, none. A repeated call for the same owner
 * is an error, with host-local's text, which runtimes look for
 * (https://github.com/containernetworking/plugins/issues/327).
 *
 * @throws CniError "internal" (999), as upstream
 */
export function allocate(files: Files, config: IpamConfig, owner: Owner): readonly Lease[] {
  const store = new ReservationStore(files, config.folder)
  store.create()
  const leases: Lease[] = []
  const wanted = [...config.requested]
  store.withLock(() => {
    try {
      const taken = store.list()
      for (const [index, set] of config.rangeSets.entries()) {
        const at = wanted.findIndex((address) => rangeFor(set, address) !== undefined)
        const [requested] = at < 0 ? [] : wanted.splice(at, 1)
        leases.push(allocateFrom(store, { index, set, taken, requested, owner }))
      }
      if (wanted.length > 0)
        throw failure(`failed to allocate all requested IPs: ${wanted.map(formatAddress).join(' ')}`)
    } catch (error) {
      for (const lease of leases) store.release(formatAddress(lease.address.address))
      throw error
    }
  })
  return leases
}

interface Wanted {
  readonly index: number
  readonly set: RangeSet
  /** What was reserved before. Addresses that are reserved along the way are never in another set. */
  readonly taken: readonly Reservation[]
  readonly requested: Address | undefined
  readonly owner: Owner
}

function allocateFrom(store: ReservationStore, wanted: Wanted): Lease {
  const { index, set } = wanted
  const fail = (problem: string): CniError => failure(`failed to allocate for range ${index}: ${problem}`)
  const lease = wanted.requested
    ? allocateRequested(store, wanted, wanted.requested, fail)
    : allocateNext(store, wanted, fail)
  if (lease === undefined) throw fail(`no IP addresses available in range set: ${formatRangeSet(set)}`)
  try {
    store.setLastReserved(index, lease.address.address)
  } catch (error) {
    store.release(formatAddress(lease.address.address))
    throw error
  }
  return lease
}

function allocateRequested(
  store: ReservationStore,
  { set, taken, owner }: Wanted,
  address: Address,
  fail: (problem: string) => CniError,
): Lease {
  const text = formatAddress(address)
  const range = rangeFor(set, address)
  if (range === undefined) throw fail(`${text} not in range set ${formatRangeSet(set)}`)
  if (compareAddresses(range.gateway, address) === 0) throw fail(`requested ip ${text} is subnet's gateway`)
  if (!store.reserve(address, owner, { abandoned: isAbandoned(taken, text) }))
    throw fail(`requested IP address ${text} is not available in range set ${formatRangeSet(set)}`)
  return {
    address: { address, prefixLength: range.subnet.prefixLength },
    gateway: range.gateway,
  }
}

function allocateNext(
  store: ReservationStore,
  { index, set, taken, owner }: Wanted,
  fail: (problem: string) => CniError,
): Lease | undefined {
  for (const { address } of reservationsOf(taken, owner)) {
    if (address !== undefined && rangeFor(set, address) !== undefined)
      throw fail(
        `${formatAddress(address)} has been allocated to ${owner.containerId}, duplicate allocation is not allowed`,
      )
  }
  const owned = new Set(taken.filter(({ content }) => content !== '').map(({ file }) => file))
  for (const { address, range } of candidates(set, store.lastReserved(index))) {
    const text = formatAddress(address)
    if (owned.has(text)) continue
    if (!store.reserve(address, owner, { abandoned: isAbandoned(taken, text) })) continue
    return { address: { address, prefixLength: range.subnet.prefixLength }, gateway: range.gateway }
  }
  return undefined
}

const isAbandoned = (taken: readonly Reservation[], text: string): boolean =>
  taken.some(({ file, content }) => file === text && content === '')

/** Gives back all addresses of the owner in the network, of whatever range. Nothing to give back is no error. */
export function release(files: Files, folder: string, owner: Owner): void {
  const store = new ReservationStore(files, folder)
  store.withLock(() => {
    for (const { file } of reservationsOf(store.list(), owner)) store.release(file)
  })
}

/** Gives back what one call of {@link allocate} reserved, and nothing that its owner had before. */
export function giveBack(files: Files, folder: string, leases: readonly Lease[]): void {
  const store = new ReservationStore(files, folder)
  store.withLock(() => {
    for (const { address } of leases) store.release(formatAddress(address.address))
  })
}

/**
 * For CHECK: the owner has an address.
 * @throws CniError with host-local's text
 */
export function requireAllocation(files: Files, folder: string, owner: Owner): void {
  const store = new ReservationStore(files, folder)
  const found = store.withLock(() => reservationsOf(store.list(), owner).length > 0)
  if (found !== true)
    throw failure(`host-local: Failed to find address added by container ${owner.containerId}`)
}

/**
 * For STATUS: each range set has a free address.
 * @throws CniError "not available" (50)
 */
export function requireFreeAddress(files: Files, config: IpamConfig): void {
  const store = new ReservationStore(files, config.folder)
  store.withLock(() => {
    const taken = new Set(
      store
        .list()
        .filter(({ content }) => content !== '')
        .map(({ file }) => file),
    )
    for (const set of config.rangeSets) {
      if (!hasFree(set, taken))
        throw new CniError(
          ErrorCode.notAvailable,
          `no IP addresses available in range set: ${formatRangeSet(set)}`,
        )
    }
  })
}

function hasFree(set: RangeSet, taken: ReadonlySet<string>): boolean {
  for (const { address } of candidates(set, undefined)) {
    if (!taken.has(formatAddress(address))) return true
  }
  return false
}

/** What the configured resolv.conf says. */
export function readDns(files: Files, config: IpamConfig): Dns {
  return config.resolvConf === undefined ? {} : parseResolvConf(files.read(config.resolvConf))
}

const failure = (message: string): CniError => new CniError(ErrorCode.internal, message)
