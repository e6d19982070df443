import { PayloadWriter, readAttributes, readU32 } from './attribute.ts'
import type { Connection, Request } from './connection.ts'
import { dump } from './dump.ts'
import { LinkMessage } from './link.ts'

/** AF_BRIDGE: what a bridge knows of a link. */
const bridgeFamily = 7
/** IFLA_AF_SPEC, IFLA_EXT_MASK (linux/if_link.h); IFLA_BRIDGE_VLAN_INFO (linux/if_bridge.h). */
const Attribute = { familySpecific: 26, extendedMask: 29 } as const
const vlanInfo = 2
/** BRIDGE_VLAN_INFO_PVID, BRIDGE_VLAN_INFO_UNTAGGED. */
const Flag = { ingress: 2, untagged: 4 } as const
/** RTEXT_FILTER_BRVLAN: VLANs one by one. */
const listVlans = 2
const structureLength = 16

/** struct ifinfomsg: family, padding, device type, index, flags, mask of flags to change. */
const open = (index: number): PayloadWriter =>
  new PayloadWriter().octets(bridgeFamily, 0, 0, 0).u32(index).u32(0).u32(0)

/** struct bridge_vlan_info: flags, VLAN. */
function encodeVlan(index: number, vlan: number, flags: number): Uint8Array {
  const writer = open(index)
  writer.nested(Attribute.familySpecific, () => writer.attribute(vlanInfo, () => writer.u16(flags).u16(vlan)))
  return writer.finish()
}

/**
 * Lets a port of a bridge into a VLAN.
 * @param access - what comes without a tag belongs to it, and what leaves by the port loses its tag
 */
export const addPortVlan = (
  index: number,
  vlan: number,
  { access }: { readonly access: boolean },
): Request => ({
  operation: `add VLAN ${vlan} to port ${index}`,
  type: LinkMessage.set,
  payload: encodeVlan(index, vlan, access ? Flag.ingress | Flag.untagged : 0),
})

export const deletePortVlan = (index: number, vlan: number): Request => ({
  operation: `delete VLAN ${vlan} of port ${index}`,
  type: LinkMessage.delete,
  payload: encodeVlan(index, vlan, 0),
})

/** The VLANs of one port. It is a dump, of all bridges' ports. */
export function listPortVlans(connection: Connection, port: number): readonly number[] {
  const payload = open(0).attributeU32(Attribute.extendedMask, listVlans).finish()
  const answers = dump(connection, { operation: 'list VLANs of ports', type: LinkMessage.get, payload })
  return answers.flatMap((answer) => decodePortVlans(answer, port))
}

/** @throws NetlinkFormatError */
export function decodePortVlans(payload: Uint8Array, port: number): readonly number[] {
  if (payload.length < structureLength || readU32(payload.subarray(4)) !== port) return []
  const vlans: number[] = []
  const types = [Attribute.familySpecific]
  readAttributes(payload, { offset: structureLength, types }, (_, value) => {
    readAttributes(value, { offset: 0, types: [vlanInfo] }, (_, info) => vlans.push(readU32(info) >>> 16))
  })
  return vlans
}
