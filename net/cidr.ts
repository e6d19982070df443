import {
  type Address,
  type Family,
  AddressSyntaxError,
  addressBits,
  formatAddress,
  parseAddress,
} from './address.ts'

/**
 * A range of addresses in canonical form: no bit is set behind the prefix. Two CIDRs are the same range exactly if
 * {@link formatCidr} gives the same text, so that text is the key to use in maps.
 */
export interface Cidr {
  readonly family: Family
  /** The lowest address as an integer. */
  readonly network: bigint
  /** 0 … 32 or 0 … 128. */
  readonly prefixLength: number
}

/**
 * Reads `address/length`. Host bits are refused: whoever wrote `10.244.3.7/24` meant either a range or an address, and
 * guessing which has cost others their pods (https://github.com/kubernetes/kubernetes/issues/84541).
 * {@link parseInterfaceAddress} reads the form that keeps them.
 *
 * @throws AddressSyntaxError
 */
export function parseCidr(text: string): Cidr {
  const { address, prefixLength } = parseInterfaceAddress(text)
  const cidr = cidrAround(address, prefixLength)
  if (cidr.network !== address.value) {
    throw new AddressSyntaxError(text, `has bits set behind the prefix: the range is ${formatCidr(cidr)}`)
  }
  return cidr
}

/** An address with the prefix length of the network it lives in, as an interface carries it. */
export interface InterfaceAddress {
  readonly address: Address
  readonly prefixLength: number
}

/**
 * Reads `address/length` and keeps the host bits, as interface addresses and CNI results have them.
 * @throws AddressSyntaxError
 */
export function parseInterfaceAddress(text: string): InterfaceAddress {
  const slash = text.indexOf('/')
  if (slash < 0) throw new AddressSyntaxError(text, 'expected address/length')
  let address: Address
  try {
    address = parseAddress(text.slice(0, slash))
  } catch (error) {
    if (error instanceof AddressSyntaxError) throw new AddressSyntaxError(text, error.problem)
    throw error
  }
  const length = text.slice(slash + 1)
  const prefixLength = Number(length)
  if (
    String(prefixLength) !== length ||
    !Number.isInteger(prefixLength) ||
    prefixLength < 0 ||
    prefixLength > addressBits(address.family)
  ) {
    throw new AddressSyntaxError(
      text,
      `${JSON.stringify(length)} is no prefix length from 0 to ${addressBits(address.family)}`,
    )
  }
  return { address, prefixLength }
}

/** The range of that prefix length which the address lies in. */
export function cidrAround(address: Address, prefixLength: number): Cidr {
  const hostBits = BigInt(addressBits(address.family) - prefixLength)
  return { family: address.family, network: (address.value >> hostBits) << hostBits, prefixLength }
}

/** The canonical text; equal for equal ranges. */
export function formatCidr(cidr: Cidr): string {
  return `${formatAddress({ family: cidr.family, value: cidr.network })}/${cidr.prefixLength}`
}

/** How many addresses the range has. */
export function cidrSize(cidr: Cidr): bigint {
  return 1n << BigInt(addressBits(cidr.family) - cidr.prefixLength)
}

/** The lowest address. */
export function firstAddress(cidr: Cidr): Address {
  return { family: cidr.family, value: cidr.network }
}

/** The highest address (IPv4: the broadcast address of a subnet). */
export function lastAddress(cidr: Cidr): Address {
  return { family: cidr.family, value: cidr.network + cidrSize(cidr) - 1n }
}

/** Whether the address lies in the range; never across families. */
export function containsAddress(cidr: Cidr, address: Address): boolean {
  return (
    cidr.family === address.family &&
    address.value >= cidr.network &&
    address.value < cidr.network + cidrSize(cidr)
  )
}

/** Whether every address of `inner` lies in `outer`; a range contains itself. */
export function containsCidr(outer: Cidr, inner: Cidr): boolean {
  return inner.prefixLength >= outer.prefixLength && containsAddress(outer, firstAddress(inner))
}

/** Whether the ranges share an address. Of two CIDRs that do, one contains the other. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return containsCidr(a, b) || containsCidr(b, a)
}

/** Total order: IPv4 before IPv6, then by lowest address, then the wider range first. */
export function compareCidrs(a: Cidr, b: Cidr): number {
  if (a.family !== b.family) return a.family - b.family
  if (a.network !== b.network) return a.network < b.network ? -1 : 1
  return a.prefixLength - b.prefixLength
}

/** Whether both are the same range. */
export function equalCidrs(a: Cidr, b: Cidr): boolean {
  return compareCidrs(a, b) === 0
}

/** How many blocks of that prefix length fit; 0 if the length is shorter than the range's own. */
export function subnetCount(cidr: Cidr, prefixLength: number): bigint {
  return prefixLength < cidr.prefixLength ? 0n : 1n << BigInt(prefixLength - cidr.prefixLength)
}

/**
 * The block number `index` (from 0) of that prefix length.
 * @throws RangeError outside 0 … subnetCount − 1
 */
export function nthSubnet(cidr: Cidr, prefixLength: number, index: bigint): Cidr {
  if (index < 0n || index >= subnetCount(cidr, prefixLength)) {
    throw new RangeError(`no block ${index} of length /${prefixLength} in ${formatCidr(cidr)}`)
  }
  const shift = BigInt(addressBits(cidr.family) - prefixLength)
  return { family: cidr.family, network: cidr.network + (index << shift), prefixLength }
}
