import { createHash } from 'node:crypto'
import { firstAddress, parseCidr } from '../../net/cidr.ts'
import { formatAddress } from '../../net/address.ts'

/**
 * What the fabric obeys, in words that no cloud owns. The rules of a cloud (`aws/vpc-rules.ts`, `gcp/network-rules.ts`,
 * `azure/vnet-rules.ts`) make it of what that cloud's API says; beyond it the fabric has no opinion.
 *
 * Plain data: CIDRs and addresses are canonical texts as `net/` prints them, so that states compare and print as JSON. No
 * order means anything but that of a port's addresses.
 */
export interface FabricState {
  readonly ports: readonly Port[]
  readonly tables: readonly FabricTable[]
}

/** A machine's network interface: where a cable of the fabric ends. */
export interface Port {
  readonly id: string
  /** Of both families, the primary one of each first. */
  readonly addresses: readonly string[]
  /** Ranges that are its own as its addresses are. */
  readonly ranges: readonly string[]
  /** The router's addresses on its cable: what the machine's default routes lead to. */
  readonly gateways: readonly string[]
  /** Whether it takes what is not for its own addresses and ranges, and sends what is not from them. */
  readonly forwards: boolean
  /** The table that its packets follow. None, if its machine does not run: it takes nothing and gives nothing. */
  readonly table: string | undefined
}

/** Of the routes that cover a packet's destination the longest counts; what none covers is dropped. */
export interface FabricTable {
  readonly id: string
  /** Each destination once. */
  readonly routes: readonly FabricRoute[]
}

export interface FabricRoute {
  readonly destination: string
  /** Several share the connections, each of which stays with one; none: dropped. */
  readonly ports: readonly string[]
}

/** A digest of everything that the fabric obeys: equal exactly for states that differ in order only. */
export function versionOf(state: FabricState): string {
  return createHash('sha256').update(canonical(state)).digest('hex').slice(0, 16)
}

/** JSON with sorted keys and sorted lists. A port's addresses are sorted too: which one is primary moves no packet. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`
}

/** The router's own addresses in a subnet: the first one behind each range's lowest, as the three clouds have it. */
export const gatewaysOf = (subnetRanges: readonly string[]): readonly string[] =>
  subnetRanges.map((text) => {
    const { family, value } = firstAddress(parseCidr(text))
    return formatAddress({ family, value: value + 1n })
  })
