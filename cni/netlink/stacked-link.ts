import { PayloadWriter } from './attribute.ts'
import type { Request } from './connection.ts'
import { LinkMessage } from './link.ts'
import { Flag } from './message.ts'

/** IFLA_* (linux/if_link.h). */
const Attribute = { address: 1, name: 3, mtu: 4, link: 5, info: 18, namespaceDescriptor: 28 } as const
const InfoAttribute = { kind: 1, data: 2 } as const
/** IFLA_MACVLAN_* and IFLA_IPVLAN_*. */
const DataAttribute = { mode: 1, broadcastQueueLength: 7 } as const

/** A link that sends and receives by another one, its master, without a bridge in between. */
export interface StackedLink {
  readonly kind: 'macvlan' | 'ipvlan'
  /** Free in both namespaces: the kernel looks for it where the request comes from. */
  readonly name: string
  /** Index of the master, in the namespace of the socket. */
  readonly master: number
  /** Descriptor of the namespace that it is made in. */
  readonly namespace: number
  /** The kernel's number of that kind. */
  readonly mode: number
  /** The master's if absent. */
  readonly mtu: number | undefined
  /** Of a macvlan; a random one if absent, the master's in passthru mode. */
  readonly mac: Uint8Array | undefined
  /** Of a macvlan: how many frames to all wait at most. */
  readonly broadcastQueueLength: number | undefined
}

/** struct ifinfomsg: family, padding, device type, index, flags, mask of flags to change. */
const open = (index: number): PayloadWriter => new PayloadWriter().u32(0).u32(index).u32(0).u32(0)

export function createStackedLink(link: StackedLink): Request {
  const { kind, mode, mtu, mac, broadcastQueueLength } = link
  const writer = open(0).attributeText(Attribute.name, link.name)
  if (mtu !== undefined) writer.attributeU32(Attribute.mtu, mtu)
  if (mac !== undefined) writer.attributeBytes(Attribute.address, mac)
  writer
    .attributeU32(Attribute.link, link.master)
    .attributeU32(Attribute.namespaceDescriptor, link.namespace)
    .nested(Attribute.info, () => {
      writer.attributeText(InfoAttribute.kind, kind)
      writer.nested(InfoAttribute.data, () => {
        if (kind === 'macvlan') writer.attributeU32(DataAttribute.mode, mode)
        else writer.attribute(DataAttribute.mode, () => writer.u16(mode))
        if (broadcastQueueLength !== undefined)
          writer.attributeU32(DataAttribute.broadcastQueueLength, broadcastQueueLength)
      })
    })
  return {
    operation: `create ${kind} ${link.name}`,
    type: LinkMessage.create,
    flags: Flag.create | Flag.exclusive,
    payload: writer.finish(),
  }
}

/** EEXIST if there is one of that name; EBUSY on older kernels if it is up. */
export const renameLink = (index: number, name: string): Request => ({
  operation: `rename link ${index} to ${name}`,
  type: LinkMessage.set,
  payload: open(index).attributeText(Attribute.name, name).finish(),
})
