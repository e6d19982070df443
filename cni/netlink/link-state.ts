import { PayloadWriter, readAttributes, readU32 } from './attribute.ts'
import { type Link, decodeLink } from './link.ts'

/** IFLA_* */
const Attribute = { linkNamespace: 37, targetNamespace: 46 } as const
/** IFF_LOWER_UP */
const carrier = 0x10000
const structureLength = 16

/** A link, with what tells whether packets pass it. */
export interface LinkState extends Link {
  /** The other end of the cable is up too. */
  readonly hasCarrier: boolean
  /** Of a veth whose other end is in another namespace: the number by which this one knows that. */
  readonly peerNamespace: number | undefined
}

/** @throws NetlinkFormatError */
export function decodeLinkState(payload: Uint8Array): LinkState {
  const link = decodeLink(payload)
  let peerNamespace: number | undefined
  const types = [Attribute.linkNamespace]
  readAttributes(payload, { offset: structureLength, types }, (_, value) => {
    peerNamespace = readU32(value)
  })
  return { ...link, hasCarrier: (readU32(payload.subarray(8)) & carrier) !== 0, peerNamespace }
}

/**
 * Asks for the link of that index in another namespace, by the number that this one has for it. So the pod's end of a veth
 * is seen without entering the pod.
 */
export const encodeGetLinkElsewhere = (index: number, namespace: number): Uint8Array =>
  new PayloadWriter()
    // struct ifinfomsg: family, padding, device type, index, flags, mask of flags to change.
    .u32(0)
    .u32(index)
    .u32(0)
    .u32(0)
    .attributeU32(Attribute.targetNamespace, namespace)
    .finish()
