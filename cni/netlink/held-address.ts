import { type Address, addressBits, addressToBytes, formatAddress } from '../../net/address.ts'
import { AddressFlag, AddressMessage, addressFamily, decodeAddress } from './address.ts'
import { PayloadWriter, readAttributes } from './attribute.ts'
import type { Request } from './connection.ts'
import { Flag } from './message.ts'
import { decodeText } from '../text.ts'

/** RTM_DELADDR. */
const deleteAddress = 21

/** Attributes of an address (linux/if_addr.h, IFA_*). */
const Attribute = { address: 1, local: 2, label: 3, flags: 8, protocol: 11 } as const

/** How we know again what we have added: both say so, as far as the kernel keeps them. */
export interface AddressMark {
  /** Who added it, as with routes. Kernels before 5.18 don't keep that. */
  readonly protocol: number
  /** A name beside the link's, of IPv4 addresses only: the link's own, a colon, and something. */
  readonly label: string
}

/** An address of a link, and by what it may be known. */
export interface MarkedAddress {
  readonly index: number
  /** With its prefix length. */
  readonly text: string
  readonly label: string | undefined
  /** Undefined where the kernel doesn't say. */
  readonly protocol: number | undefined
}

/** @throws NetlinkFormatError */
export function decodeMarkedAddress(payload: Uint8Array): MarkedAddress {
  let label: string | undefined
  let protocol: number | undefined
  const types = [Attribute.label, Attribute.protocol]
  readAttributes(payload, { offset: 8, types }, (type, value) => {
    if (type === Attribute.label) label = decodeText(value)
    else protocol = value[0]
  })
  return { ...decodeAddress(payload), label, protocol }
}

/** Gives a link that one address, at once usable. That it has it already is no error. */
export function holdAddress(index: number, address: Address, mark: AddressMark): Request {
  const flags = AddressFlag.noDad | AddressFlag.permanent | AddressFlag.noPrefixRoute
  const writer = structure(index, address, flags & 0xff)
  if (address.family === 4) writer.attributeText(Attribute.label, mark.label)
  writer.attributeU32(Attribute.flags, flags)
  writer.attributeBytes(Attribute.protocol, Uint8Array.of(mark.protocol))
  return {
    operation: `add address ${formatAddress(address)}`,
    type: AddressMessage.create,
    flags: Flag.create | Flag.replace,
    payload: writer.finish(),
  }
}

/** Takes it away again. */
export const releaseAddress = (index: number, address: Address): Request => ({
  operation: `remove address ${formatAddress(address)}`,
  type: deleteAddress,
  payload: structure(index, address, 0).finish(),
})

/** struct ifaddrmsg: family, prefix length, the low byte of the flags, scope, index of the link. */
function structure(index: number, address: Address, flags: number): PayloadWriter {
  const bytes = addressToBytes(address)
  return new PayloadWriter()
    .octets(addressFamily(address.family), addressBits(address.family), flags, 0)
    .u32(index)
    .attributeBytes(Attribute.local, bytes)
    .attributeBytes(Attribute.address, bytes)
}
