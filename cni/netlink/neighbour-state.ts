import { type Address, addressToBytes } from '../../net/address.ts'
import { addressFamily } from './address.ts'
import { PayloadWriter, readAttributes } from './attribute.ts'
import { NetlinkFormatError } from './error.ts'
import { formatMac } from './link.ts'

/** RTM_GETNEIGH */
export const getNeighbour = 30

/** NDA_* */
const Attribute = { destination: 1, linkLayerAddress: 2 } as const
const structureLength = 12

/** NUD_*: bits of which a neighbour has one. */
const State = { incomplete: 0x01, failed: 0x20, permanent: 0x80 } as const

/** What a link knows of an address. */
export interface NeighbourState {
  readonly state: 'known' | 'permanent' | 'asked' | 'failed'
  readonly mac: string | undefined
}

/** Asks what a link knows of an address. */
export const encodeGetNeighbour = (index: number, address: Address): Uint8Array =>
  new PayloadWriter()
    // struct ndmsg: family, padding, index of the link, state, flags, type.
    .octets(addressFamily(address.family), 0, 0, 0)
    .u32(index)
    .u32(0)
    .attributeBytes(Attribute.destination, addressToBytes(address))
    .finish()

/** @throws NetlinkFormatError */
export function decodeNeighbourState(payload: Uint8Array): NeighbourState {
  if (payload.length < structureLength)
    throw new NetlinkFormatError(`a neighbour of ${payload.length} bytes`, payload)
  const bits = new DataView(payload.buffer, payload.byteOffset).getUint16(8, true)
  let mac: string | undefined
  readAttributes(payload, { offset: structureLength, types: [Attribute.linkLayerAddress] }, (_, value) => {
    mac = formatMac(value)
  })
  return { state: stateOf(bits), mac }
}

function stateOf(bits: number): NeighbourState['state'] {
  if (bits & State.permanent) return 'permanent'
  if (bits & State.failed) return 'failed'
  return bits & State.incomplete ? 'asked' : 'known'
}
