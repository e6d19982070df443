/** IP version. The unit in which clouds count routes, and in which a dual-stack node has one podCIDR each. */
export type Family = 4 | 6

/**
 * One IP address. The value is the address read as a big-endian integer: 0 … 2³²−1 for IPv4, 0 … 2¹²⁸−1 for IPv6.
 * Plain data: compare with {@link compareAddresses}, print with {@link formatAddress}.
 */
export interface Address {
  readonly family: Family
  readonly value: bigint
}

/** Text that is no address or no CIDR. `message` names the text and what is wrong with it. */
export class AddressSyntaxError extends Error {
  readonly code = 'ERR_ADDRESS_SYNTAX'
  readonly text: string
  readonly problem: string
  constructor(text: string, problem: string) {
    super(`invalid address ${JSON.stringify(text)}: ${problem}`)
    this.name = 'AddressSyntaxError'
    this.text = text
    this.problem = problem
  }
}

/** Number of bits of an address of the family. */
export const addressBits = (family: Family): 32 | 128 => (family === 4 ? 32 : 128)

/**
 * Reads an IPv4 dotted quad or an IPv6 address (RFC 4291 section 2.2, all three forms).
 *
 * Strict on purpose: leading zeros are octal to some readers and decimal to others (CVE-2021-29923), zones have no
 * meaning in a route, and an IPv4-mapped address is an IPv4 address in disguise: all three are refused, not guessed.
 *
 * @throws AddressSyntaxError
 */
export function parseAddress(text: string): Address {
  return text.includes(':') ? { family: 6, value: parseV6(text) } : { family: 4, value: parseV4(text, text) }
}

function parseV4(text: string, whole: string): bigint {
  const parts = text.split('.')
  if (parts.length !== 4)
    throw new AddressSyntaxError(whole, 'expected four decimal numbers, or an IPv6 address')
  let value = 0
  for (const part of parts) {
    if (!isDecimal(part) || part.length > 3)
      throw new AddressSyntaxError(whole, `${JSON.stringify(part)} is no number from 0 to 255`)
    if (part.length > 1 && part.startsWith('0'))
      throw new AddressSyntaxError(whole, `${JSON.stringify(part)} has a leading zero`)
    const octet = Number(part)
    if (octet > 255) throw new AddressSyntaxError(whole, `${part} is greater than 255`)
    value = value * 256 + octet
  }
  return BigInt(value)
}

function parseV6(text: string): bigint {
  if (text.includes('%')) throw new AddressSyntaxError(text, 'a zone has no meaning here')
  const halves = text.split('::')
  if (halves.length > 2) throw new AddressSyntaxError(text, '"::" may stand once')
  const head = groupsOf(halves[0] ?? '', text, halves.length === 1)
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? '', text, true) : []
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 && missing !== 0) throw new AddressSyntaxError(text, 'expected eight groups')
  if (halves.length === 2 && missing < 1)
    throw new AddressSyntaxError(text, '"::" must stand for at least one group')
  let value = 0n
  for (const group of head) value = (value << 16n) | BigInt(group)
  value <<= BigInt(16 * missing)
  for (const group of tail) value = (value << 16n) | BigInt(group)
  if (value >> 32n === 0xffffn)
    throw new AddressSyntaxError(text, 'an IPv4-mapped address: write the IPv4 address itself')
  return value
}

function groupsOf(half: string, whole: string, mayEndInV4: boolean): number[] {
  if (half === '') return []
  const parts = half.split(':')
  const groups: number[] = []
  for (const [index, part] of parts.entries()) {
    if (part.includes('.') && mayEndInV4 && index === parts.length - 1) {
      const v4 = Number(parseV4(part, whole))
      groups.push(v4 >>> 16, v4 & 0xffff)
    } else if (isHexGroup(part)) {
      groups.push(Number.parseInt(part, 16))
    } else {
      throw new AddressSyntaxError(
        whole,
        `${JSON.stringify(part)} is no group of one to four hexadecimal digits`,
      )
    }
  }
  return groups
}

// No regular expressions: this also runs in the node binary, where compiling one costs more than the loop.
function isDecimal(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 48 || c > 57) return false
  }
  return text.length > 0
}

function isHexGroup(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    const hex = (c >= 48 && c <= 57) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102)
    if (!hex) return false
  }
  return text.length > 0 && text.length <= 4
}

/** Prints the canonical text: dotted quad, or RFC 5952 (lower case, longest run of zero groups as "::"). */
export function formatAddress(address: Address): string {
  return address.family === 4 ? formatV4(address.value) : formatV6(address.value)
}

function formatV4(value: bigint): string {
  const n = Number(value)
  return `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`
}

function formatV6(value: bigint): string {
  const groups: number[] = []
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((value >> shift) & 0xffffn))
  const { start, length } = longestZeroRun(groups)
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  // RFC 5952 section 4.2.2: a single zero group is not shortened.
  if (length < 2) return hex(0, 8)
  return `${hex(0, start)}::${hex(start + length, 8)}`
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start }
  }
  return best
}

/** Total order: all of IPv4 before all of IPv6, then by value. */
export function compareAddresses(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family - b.family
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0
}

/** Network byte order, 4 or 16 bytes: what netlink and nf_tables carry. */
export function addressToBytes({ family, value }: Address): Uint8Array {
  if (family === 4) {
    const n = Number(value)
    return Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n)
  }
  const bytes = new Uint8Array(16)
  let rest = value
  for (let i = 15; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return bytes
}

/**
 * The address in 4 or 16 bytes of network byte order.
 * @throws AddressSyntaxError for any other length
 */
export function addressFromBytes(bytes: Uint8Array): Address {
  if (bytes.length !== 4 && bytes.length !== 16)
    throw new AddressSyntaxError(`${bytes.length} bytes`, 'expected 4 or 16 bytes')
  if (bytes.length === 4) {
    const [a = 0, b = 0, c = 0, d = 0] = bytes
    return { family: 4, value: BigInt(((a << 24) | (b << 16) | (c << 8) | d) >>> 0) }
  }
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return { family: 6, value }
}
