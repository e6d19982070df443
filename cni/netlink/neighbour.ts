import { type Address, addressToBytes } from '../../net/address.ts'
import { addressFamily } from './address.ts'
import { PayloadWriter } from './attribute.ts'

/** Message types of neighbours (linux/rtnetlink.h). */
export const NeighbourMessage = { create: 28 } as const

/** Attributes of a neighbour (linux/neighbour.h, NDA_*). */
const Attribute = { destination: 1, linkLayerAddress: 2 } as const

/** NUD_PERMANENT: it is never asked for, and never forgotten. */
const permanent = 0x80

/** Says which hardware address an address on a link has, for good. */
export function encodeSetNeighbour(index: number, address: Address, mac: Uint8Array): Uint8Array {
  // struct ndmsg: family, padding, index of the link, state, flags, type.
  return new PayloadWriter()
    .octets(addressFamily(address.family), 0, 0, 0)
    .u32(index)
    .u16(permanent)
    .u8(0)
    .u8(0)
    .attributeBytes(Attribute.destination, addressToBytes(address))
    .attributeBytes(Attribute.linkLayerAddress, mac)
    .finish()
}
