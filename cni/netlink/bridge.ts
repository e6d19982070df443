import { PayloadWriter } from './attribute.ts'
import type { Request } from './connection.ts'
import { type LinkMark, LinkMessage } from './link.ts'
import { Flag } from './message.ts'

/** IFLA_* (linux/if_link.h). */
const Attribute = {
  address: 1,
  name: 3,
  mtu: 4,
  master: 10,
  protocolInfo: 12,
  info: 18,
  alias: 20,
  group: 27,
} as const
const InfoAttribute = { kind: 1, data: 2 } as const
/** IFLA_BR_VLAN_FILTERING. */
const vlanFiltering = 7
/** IFLA_BRPORT_MODE, IFLA_BRPORT_ISOLATED. */
const Port = { hairpin: 4, isolated: 33 } as const
/** AF_BRIDGE: what a bridge knows of a link, not what the link itself is. */
const bridgeFamily = 7
/** IFF_PROMISC. */
const promiscuous = 0x100

export interface NewBridge {
  readonly name: string
  /** Said when it is made, it stays: else a bridge takes the lowest one of its ports, and changes it as pods come and go. */
  readonly mac: Uint8Array
  /** Undefined: the least one of its ports. */
  readonly mtu: number | undefined
  readonly vlanFiltering: boolean
  /** By which rules know it; 0 is none. */
  readonly group: number
}

/** struct ifinfomsg: family, padding, device type, index, flags, mask of flags to change. */
const open = (index: number, { family = 0, flags = 0, change = 0 } = {}): PayloadWriter =>
  new PayloadWriter().octets(family, 0, 0, 0).u32(index).u32(flags).u32(change)

/** EEXIST if there is a link of that name. */
export function createBridge({ name, mac, mtu, vlanFiltering: filters, group }: NewBridge): Request {
  const writer = open(0).attributeText(Attribute.name, name).attributeBytes(Attribute.address, mac)
  if (mtu !== undefined) writer.attributeU32(Attribute.mtu, mtu)
  if (group !== 0) writer.attributeU32(Attribute.group, group)
  writer.nested(Attribute.info, () => {
    writer.attributeText(InfoAttribute.kind, 'bridge')
    if (filters)
      writer.nested(InfoAttribute.data, () => {
        writer.attributeBytes(vlanFiltering, Uint8Array.of(1))
      })
  })
  return {
    operation: `create bridge ${name}`,
    type: LinkMessage.create,
    flags: Flag.create | Flag.exclusive,
    payload: writer.finish(),
  }
}

/** Makes the link a port of the bridge, and marks it. */
export function enslave(index: number, bridge: number, mark: LinkMark): Request {
  const writer = open(index).attributeU32(Attribute.master, bridge)
  writer.attributeText(Attribute.alias, mark.alias).attributeU32(Attribute.group, mark.group)
  return {
    operation: `make link ${index} a port of bridge ${bridge}`,
    type: LinkMessage.set,
    payload: writer.finish(),
  }
}

/** How a bridge treats one of its ports. */
export interface PortSettings {
  /** Frames may leave by the port that they came by. */
  readonly hairpin: boolean
  /** Nothing goes from it to another isolated port. */
  readonly isolated: boolean
}

export function setPort(index: number, { hairpin, isolated }: PortSettings): Request {
  const writer = open(index, { family: bridgeFamily })
  writer.nested(Attribute.protocolInfo, () => {
    if (hairpin) writer.attributeBytes(Port.hairpin, Uint8Array.of(1))
    if (isolated) writer.attributeBytes(Port.isolated, Uint8Array.of(1))
  })
  return { operation: `set up port ${index}`, type: LinkMessage.set, payload: writer.finish() }
}

/** Has the link take every frame that comes by, whoever it is for. */
export const setPromiscuous = (index: number): Request => ({
  operation: `make link ${index} promiscuous`,
  type: LinkMessage.set,
  payload: open(index, { flags: promiscuous, change: promiscuous }).finish(),
})

/** Also of a bridge that has it already: from then on it stays, whichever ports come and go. */
export const setHardwareAddress = (index: number, mac: Uint8Array): Request => ({
  operation: `set the hardware address of link ${index}`,
  type: LinkMessage.set,
  payload: open(index).attributeBytes(Attribute.address, mac).finish(),
})
