import { type Address, addressBits, formatAddress } from '../../net/address.ts'
import {
  type Cidr,
  cidrAround,
  containsAddress,
  firstAddress,
  formatCidr,
  lastAddress,
  parseInterfaceAddress,
} from '../../net/cidr.ts'
import type { CniError } from '../spec/error.ts'
import { type JsonObject, configError, inField, optionalAddress, requireString } from '../spec/json.ts'

/** Addresses of one subnet that may be given to pods: from `start` to `end`, both included, but not the gateway. */
export interface Range {
  readonly subnet: Cidr
  readonly start: Address
  readonly end: Address
  readonly gateway: Address
}

/** Ranges of one family from which a pod gets one address. They don't overlap, and there is at least one. */
export type RangeSet = readonly [Range, ...Range[]]

/**
 * Reads `{subnet, rangeStart, rangeEnd, gateway}` with host-local's defaults and texts: the gateway and the first
 * address are the network's first, the last is the one before the broadcast address (IPv4) or the highest (IPv6).
 *
 * @throws CniError "config" (7)
 */
export function readRange(json: JsonObject, where: string): Range {
  const text = requireString(json.subnet, `${where}.subnet`)
  const { address, prefixLength } = inField(`${where}.subnet`, () => parseInterfaceAddress(text))
  const subnet = cidrAround(address, prefixLength)
  const bits = addressBits(subnet.family)
  if (prefixLength > bits - 2)
    throw configError(`Network ${formatAddress(address)}/${prefixLength} too small to allocate from`)
  if (subnet.network !== address.value) {
    const network = formatAddress(firstAddress(subnet))
    throw configError(
      `Network has host bits set. For a subnet mask of length ${prefixLength} the network address is ${network}`,
    )
  }
  const first = { family: subnet.family, value: subnet.network + 1n }
  const last = lastAddress(subnet)
  const given = (key: string): Address | undefined => optionalAddress(json, key, `${where}.${key}`)
  const gateway = given('gateway') ?? first
  if (gateway.family !== subnet.family)
    throw configError(`gateway ${formatAddress(gateway)} is not of the family of ${formatCidr(subnet)}`)
  const [givenStart, givenEnd] = [given('rangeStart'), given('rangeEnd')]
  const outside = (label: string, address: Address): CniError =>
    configError(`${label} ${formatAddress(address)} not in network ${formatCidr(subnet)}`)
  const start = givenStart ?? first
  // As upstream, whose look at the start knows the end already: one that lies behind it is the start's fault.
  if (
    !containsAddress(subnet, start) ||
    (givenStart && givenEnd?.family === start.family && start.value > givenEnd.value)
  )
    throw outside('RangeStart', start)
  const end = givenEnd ?? (subnet.family === 4 ? { ...last, value: last.value - 1n } : last)
  // Upstream gives the broadcast address then.
  if (givenEnd === undefined && start.value > end.value)
    throw configError(
      `RangeStart ${formatAddress(start)} lies behind the last address, ${formatAddress(end)}`,
    )
  if (!containsAddress(subnet, end) || end.value < start.value) throw outside('RangeEnd', end)
  return { subnet, start, end, gateway }
}

/** Whether the address lies between start and end; the gateway may. */
export function rangeContains(range: Range, address: Address): boolean {
  return (
    address.family === range.subnet.family &&
    address.value >= range.start.value &&
    address.value <= range.end.value
  )
}

function rangesOverlap(a: Range, b: Range): boolean {
  return rangeContains(a, b.start) || rangeContains(a, b.end) || rangeContains(b, a.start)
}

export const formatRange = ({ start, end }: Range): string => `${formatAddress(start)}-${formatAddress(end)}`

export const formatRangeSet = (set: RangeSet): string => set.map(formatRange).join(',')

/** The range of the set that the address lies in. */
export function rangeFor(set: RangeSet, address: Address): Range | undefined {
  return set.find((range) => rangeContains(range, address))
}

/**
 * Makes a set of ranges.
 * @throws CniError "config" (7) if there is none, if they are of different families, or if two overlap
 */
export function toRangeSet(ranges: readonly Range[]): RangeSet {
  const [first, ...others] = ranges
  if (first === undefined) throw configError('empty range set')
  if (others.some((range) => range.subnet.family !== first.subnet.family))
    throw configError('mixed address families')
  for (const [i, a] of ranges.entries()) {
    for (const b of ranges.slice(i + 1)) {
      if (rangesOverlap(a, b)) throw configError(`subnets ${formatRange(a)} and ${formatRange(b)} overlap`)
    }
  }
  return [first, ...others]
}

export function rangeSetsOverlap(a: RangeSet, b: RangeSet): boolean {
  return a.some((one) => b.some((other) => rangesOverlap(one, other)))
}
