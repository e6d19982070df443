import { type Address, compareAddresses, formatAddress } from '../../net/address.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import type { AssignedAddress, Dns } from '../spec/result.ts'
import { type Files, isSysError } from '../sys.ts'
import { type Candidate, candidates } from './allocator.ts'
import { type IpamConfig, readIpamConfig } from './config.ts'
import type { Ipam } from './ipam.ts'
import { type Range, type RangeSet, formatRangeSet, rangeFor } from './range.ts'
import { parseResolvConf } from './resolv-conf.ts'
import { isResting } from './resting.ts'
import { type Owner, ReservationStore, type Snapshot, reservationsOf, toAddress } from './store.ts'

/** A random number that the kernel makes anew at each start. */
const bootIdFile = '/proc/sys/kernel/random/boot_id'

/** Addresses of ranges, reserved in files of host-local's format. */
export const hostLocal: Ipam = ({ system, config, environment, reference }) => {
  const { files } = system
  const ipam = readIpamConfig(config, environment.args, reference)
  return (inUse) => {
    const dns = readDns(files, ipam)
    const uptime = ipam.cooldownSeconds > 0 ? system.uptime() : 0
    const addresses = allocate(files, ipam, { owner: environment, uptime, inUse })
    return { addresses, routes: ipam.routes, dns, giveBack: () => giveBack(files, ipam.folder, addresses) }
  }
}

/** For whom, and when. */
export interface Attachment {
  readonly owner: Owner
  /** Seconds since the machine started. */
  readonly uptime: number
  /** Whether the host's routing leads to an address; undefined if nobody knows. */
  readonly inUse?: ((address: Address) => boolean) | undefined
}

/**
 * Reserves one address from each range set: all of them or, when this throws, none. A repeated call for the same owner
 * is an error, with host-local's text, which runtimes look for
 * (https://github.com/containernetworking/plugins/issues/327).
 *
 * @throws CniError "internal" (999), as upstream
 */
export function allocate(
  files: Files,
  config: IpamConfig,
  attachment: Attachment,
): readonly AssignedAddress[] {
  const store = new ReservationStore(files, config.folder)
  const work = (): readonly AssignedAddress[] => allocateAll(files, store, config, attachment)
  const given = store.withLock(work)
  if (given !== undefined) return given
  // The network's first.
  store.create()
  const first = store.withLock(work)
  if (first === undefined) throw failure(`the folder ${config.folder} was removed`)
  return first
}

function allocateAll(
  files: Files,
  store: ReservationStore,
  config: IpamConfig,
  attachment: Attachment,
): readonly AssignedAddress[] {
  const given: AssignedAddress[] = []
  const wanted = [...config.requested]
  try {
    const snapshot = afterReboot(files, store, attachment)
    for (const [index, set] of config.rangeSets.entries()) {
      const at = wanted.findIndex((address) => rangeFor(set, address) !== undefined)
      const [requested] = at < 0 ? [] : wanted.splice(at, 1)
      given.push(allocateFrom(store, { index, set, snapshot, requested, config, attachment }))
    }
    if (wanted.length > 0)
      throw failure(`failed to allocate all requested IPs: ${wanted.map(formatAddress).join(' ')}`)
    return given
  } catch (error) {
    for (const { address } of given) store.release(formatAddress(address.address))
    throw error
  }
}

/**
 * What is reserved, after the dead of an earlier boot are gone: nobody calls DEL for them
 * (https://github.com/containernetworking/plugins/issues/252, https://github.com/kubernetes/kubernetes/issues/108121).
 * Those that the host's routing leads to live: reserved by a plugin that leaves no boot id. Where nothing says which
 * boot the reservations are of, all of them stay.
 */
function afterReboot(files: Files, store: ReservationStore, { inUse }: Attachment): Snapshot {
  const snapshot = store.read()
  const bootId = inUse && readBootId(files)
  if (inUse === undefined || bootId === undefined || bootId === snapshot.bootId) return snapshot
  if (snapshot.bootId !== undefined) {
    for (const { file } of snapshot.reservations) {
      const address = toAddress(file)
      if (address !== undefined && !inUse(address)) store.release(file)
    }
  }
  // At the end: whoever is killed before has done nothing that the next can't do again.
  store.setBootId(bootId)
  return store.read()
}

function readBootId(files: Files): string | undefined {
  try {
    return files.read(bootIdFile).trim()
  } catch (error) {
    if (isSysError(error)) return undefined
    throw error
  }
}

interface Wanted {
  readonly index: number
  readonly set: RangeSet
  /** What was reserved before. Addresses that are reserved along the way are never in another set. */
  readonly snapshot: Snapshot
  readonly requested: Address | undefined
  readonly config: IpamConfig
  readonly attachment: Attachment
}

function allocateFrom(store: ReservationStore, wanted: Wanted): AssignedAddress {
  const { index, set } = wanted
  const fail = (problem: string): CniError => failure(`failed to allocate for range ${index}: ${problem}`)
  const found = wanted.requested
    ? allocateRequested(store, wanted, wanted.requested, fail)
    : allocateNext(store, wanted, fail)
  if (found === undefined) throw fail(`no IP addresses available in range set: ${formatRangeSet(set)}`)
  const { address, range } = found
  try {
    store.setLastReserved(index, address)
  } catch (error) {
    store.release(formatAddress(address))
    throw error
  }
  return { address: { address, prefixLength: range.subnet.prefixLength }, gateway: range.gateway }
}

function allocateRequested(
  store: ReservationStore,
  { set, snapshot, attachment }: Wanted,
  address: Address,
  fail: (problem: string) => CniError,
): Candidate {
  const text = formatAddress(address)
  const range: Range | undefined = rangeFor(set, address)
  if (range === undefined) throw fail(`${text} not in range set ${formatRangeSet(set)}`)
  if (compareAddresses(range.gateway, address) === 0) throw fail(`requested ip ${text} is subnet's gateway`)
  if (!store.reserve(address, attachment.owner, snapshot.torn))
    throw fail(`requested IP address ${text} is not available in range set ${formatRangeSet(set)}`)
  return { address, range }
}

/**
 * The next free one, round robin. Those that were released a moment ago are left alone as long as there is another: the
 * machine's connection tracking, and its peers, still know their last owner
 * (https://github.com/aws/amazon-vpc-cni-k8s/issues/3634). When there is no other, the one that rests longest.
 */
function allocateNext(
  store: ReservationStore,
  { index, set, snapshot, config, attachment }: Wanted,
  fail: (problem: string) => CniError,
): Candidate | undefined {
  const { owner, uptime } = attachment
  for (const { file } of reservationsOf(snapshot.reservations, owner)) {
    const address = toAddress(file)
    if (address !== undefined && rangeFor(set, address) !== undefined)
      throw fail(
        `${formatAddress(address)} has been allocated to ${owner.containerId}, duplicate allocation is not allowed`,
      )
  }
  const taken = new Set(snapshot.reservations.map(({ file }) => file))
  const resting: { readonly since: number; readonly candidate: Candidate }[] = []
  const last = snapshot.lastReserved.get(index)
  for (const candidate of candidates(set, last === undefined ? undefined : toAddress(last))) {
    const text = formatAddress(candidate.address)
    if (taken.has(text)) continue
    const since = snapshot.released.get(text)
    if (since !== undefined && isResting(since, uptime, config.cooldownSeconds))
      resting.push({ since, candidate })
    else if (store.reserve(candidate.address, owner, snapshot.torn)) return candidate
  }
  resting.sort((a, b) => a.since - b.since)
  return resting.find(({ candidate }) => store.reserve(candidate.address, owner, snapshot.torn))?.candidate
}

/** Gives back what one call of {@link allocate} reserved, and nothing that its owner had before. */
function giveBack(files: Files, folder: string, given: readonly AssignedAddress[]): void {
  const store = new ReservationStore(files, folder)
  store.withLock(() => {
    for (const { address } of given) store.release(formatAddress(address.address))
  })
}

/** What the configured resolv.conf says. */
function readDns(files: Files, config: IpamConfig): Dns {
  return config.resolvConf === undefined ? {} : parseResolvConf(files.read(config.resolvConf))
}

const failure = (message: string): CniError => new CniError(ErrorCode.internal, message)
