import { PayloadWriter } from './attribute.ts'
import { type Link, LinkMessage, decodeLink } from './link.ts'
import { Flag } from './message.ts'
import type { Rtnetlink } from './rtnetlink.ts'

/** linux/if_link.h, IFLA_* */
const Attribute = { address: 1, name: 3, mtu: 4, queueLength: 13, info: 18 } as const
const InfoAttribute = { kind: 1 } as const

/** An intermediate functional block that is to be made: a link that gives packets back to where they came from. */
export interface NewIfb {
  /** At most 15 letters. */
  readonly name: string
  readonly mtu: number
  /** Six bytes. Set in the creating message, as of a veth. */
  readonly mac: Uint8Array
}

/**
 * No queue of packets before its discipline, as upstream has it
 * (https://github.com/containernetworking/plugins/pull/1097).
 */
export function encodeCreateIfb({ name, mtu, mac }: NewIfb): Uint8Array {
  const writer = new PayloadWriter()
  // struct ifinfomsg: family, padding, device type, index, flags, mask of flags to change.
  writer.u32(0).u32(0).u32(0).u32(0)
  writer.attributeText(Attribute.name, name)
  writer.attributeU32(Attribute.mtu, mtu).attributeBytes(Attribute.address, mac)
  writer.attributeU32(Attribute.queueLength, 0)
  writer.nested(Attribute.info, () => writer.attributeText(InfoAttribute.kind, 'ifb'))
  return writer.finish()
}

/** Makes one, which is down. EEXIST if the name is taken. */
export function createIfb(rtnetlink: Rtnetlink, ifb: NewIfb): Link | undefined {
  const echo = rtnetlink.connection.executeEchoed({
    operation: 'adding link',
    type: LinkMessage.create,
    flags: Flag.create | Flag.exclusive,
    payload: encodeCreateIfb(ifb),
  })
  // Kernels before 6.2 don't say what they have made.
  return echo === undefined ? rtnetlink.link(ifb.name) : decodeLink(echo)
}
