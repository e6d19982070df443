import { PayloadWriter } from '../netlink/attribute.ts'
import { NetlinkFormatError } from '../netlink/error.ts'

/** The netlink family of netfilter. */
export const NETLINK_NETFILTER = 12

/** NFNL_SUBSYS_NFTABLES: the upper byte of the types of all messages of nf_tables. */
export const subsystem = 10

const type = (number: number): number => (subsystem << 8) | number

/** Types of messages (linux/netfilter/nf_tables.h, NFT_MSG_*). */
export const NftMessage = {
  newTable: type(0),
  getTable: type(1),
  deleteTable: type(2),
  newChain: type(3),
  getChain: type(4),
  deleteChain: type(5),
  newRule: type(6),
  getRule: type(7),
  deleteRule: type(8),
  newSet: type(9),
  getSet: type(10),
  deleteSet: type(11),
  newElements: type(12),
  getElements: type(13),
  deleteElements: type(14),
  newGeneration: type(15),
  getGeneration: type(16),
} as const

/** Of tables (NFPROTO_*): `inet` sees IPv4 and IPv6, `bridge` the frames that bridges pass on. */
export const Family = { unspecified: 0, inet: 1, ipv4: 2, bridge: 7, ipv6: 10 } as const

/** struct nfgenmsg: family, version, resource. */
export const structureLength = 4

/** Begins the payload of a message about a table of the family `inet`, or of another. */
export const openPayload = (family: number = Family.inet): PayloadWriter =>
  new PayloadWriter().octets(family, 0, 0, 0)

/**
 * The number in an attribute's value, unsigned.
 * @throws NetlinkFormatError if it is shorter than four bytes
 */
export function readBe32(value: Uint8Array): number {
  if (value.length < 4) throw new NetlinkFormatError(`${value.length} bytes are no 32-bit number`, value)
  return new DataView(value.buffer, value.byteOffset, value.byteLength).getUint32(0)
}

/** @throws NetlinkFormatError if the payload has no nfgenmsg */
export function requireStructure(what: string, payload: Uint8Array): void {
  if (payload.length < structureLength)
    throw new NetlinkFormatError(`${what} of ${payload.length} bytes`, payload)
}
