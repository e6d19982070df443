import { type Address, type Family, addressBits, addressToBytes, formatAddress } from '../../net/address.ts'
import { type InterfaceAddress, cidrAround, lastAddress } from '../../net/cidr.ts'
import { PayloadWriter, readAddress, readAttributes, readU32 } from './attribute.ts'
import { NetlinkFormatError } from './error.ts'

/** Message types of addresses (linux/rtnetlink.h). */
export const AddressMessage = { create: 20, delete: 21, get: 22 } as const

/** Attributes of an address (linux/if_addr.h, IFA_*). */
const Attribute = { address: 1, local: 2, broadcast: 4, flags: 8 } as const

/** Flags of an address (IFA_F_*). */
export const AddressFlag = {
  /** Duplicate-address detection found somebody else who has it. */
  dadFailed: 0x08,
  /** Whether somebody else has it is not known yet. */
  tentative: 0x40,
  /** No duplicate-address detection: the address can be used at once. */
  noDad: 0x02,
  permanent: 0x80,
  /** The kernel adds no route for the prefix. */
  noPrefixRoute: 0x200,
} as const

/** linux/socket.h, AF_INET and AF_INET6. */
export const addressFamily = (family: Family): number => (family === 4 ? 2 : 10)

const structureLength = 8

/** Adds an address to a link; unless other flags are given, without duplicate-address detection and without a route for its prefix. */
export function encodeAddAddress(
  index: number,
  { address, prefixLength }: InterfaceAddress,
  flags: number = AddressFlag.noDad | AddressFlag.permanent | AddressFlag.noPrefixRoute,
): Uint8Array {
  const bytes = addressToBytes(address)
  const writer = new PayloadWriter()
  // struct ifaddrmsg: family, prefix length, the low byte of the flags, scope, index of the link.
  writer.octets(addressFamily(address.family), prefixLength, flags & 0xff, 0).u32(index)
  writer.attributeBytes(Attribute.local, bytes).attributeBytes(Attribute.address, bytes)
  if (address.family === 4 && prefixLength < addressBits(4) - 1) {
    const broadcast = lastAddress(cidrAround(address, prefixLength))
    writer.attributeBytes(Attribute.broadcast, addressToBytes(broadcast))
  }
  return writer.attributeU32(Attribute.flags, flags).finish()
}

/** Asks for all addresses of the namespace. */
export function encodeListAddresses(): Uint8Array {
  return new PayloadWriter().octets(0, 0, 0, 0).u32(0).finish()
}

/** An address that a link has. */
export interface LinkAddress {
  readonly index: number
  /** `10.244.1.5/24`: canonical text, so that it can be compared. */
  readonly text: string
  readonly flags: number
}

/** @throws NetlinkFormatError */
export function decodeAddress(payload: Uint8Array): LinkAddress {
  if (payload.length < structureLength)
    throw new NetlinkFormatError(`an address of ${payload.length} bytes`, payload)
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  let own: Address | undefined
  let other: Address | undefined
  // The kernel's structure has room for the lower half.
  let flags = view.getUint8(2)
  const types = [Attribute.local, Attribute.address, Attribute.flags]
  readAttributes(payload, { offset: structureLength, types }, (type, value) => {
    if (type === Attribute.flags) flags = readU32(value)
    // On a point-to-point link "address" is the other side's; IPv6 otherwise has no "local".
    else if (type === Attribute.local) own = readAddress(value)
    else other = readAddress(value)
  })
  const address = own ?? other
  if (address === undefined) throw new NetlinkFormatError('an address without its address', payload)
  return { index: view.getUint32(4, true), text: `${formatAddress(address)}/${view.getUint8(1)}`, flags }
}
