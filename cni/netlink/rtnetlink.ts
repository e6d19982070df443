import { type Address, formatAddress } from '../../net/address.ts'
import { type InterfaceAddress, formatCidr } from '../../net/cidr.ts'
import { Errno, type Handle, type System } from '../sys.ts'
import { AddressMessage, encodeAddAddress } from './address.ts'
import { Connection, type Refusal, type Request } from './connection.ts'
import { isOpError } from './error.ts'
import {
  type Link,
  type LinkMark,
  LinkMessage,
  decodeLink,
  encodeDeleteLink,
  encodeGetLink,
  encodeSetDown,
  encodeSetUp,
} from './link.ts'
import { NeighbourMessage, encodeSetNeighbour } from './neighbour.ts'
import { Flag } from './message.ts'
import { type NewRoute, RouteMessage, encodeAddRoute } from './route.ts'

const NETLINK_ROUTE = 0

/** The routing socket of one network namespace. Every refusal of the kernel is an OpError that says of what. */
export class Rtnetlink {
  /** For what is not done in every ADD, and has files of its own. */
  readonly connection: Connection
  /** Lets go of the socket: for programs that stay. */
  readonly close: () => void

  /** Opens a socket, in the namespace if one is given. */
  constructor(system: System, namespace?: Handle) {
    const [a = 0, b = 0, c = 0] = system.random(3)
    const socket = system.netlink.open(NETLINK_ROUTE, namespace)
    this.connection = new Connection(system.netlink, socket, (a << 16) | (b << 8) | c)
    this.close = () => system.files.close(socket)
  }

  /** The link of that name or index; undefined if there is none. */
  link(nameOrIndex: string | number): Link | undefined {
    try {
      const payload = encodeGetLink(nameOrIndex)
      return decodeLink(
        this.connection.query({ operation: `look up link ${nameOrIndex}`, type: LinkMessage.get, payload }),
      )
    } catch (error) {
      if (isOpError(error, Errno.ENODEV)) return undefined
      throw error
    }
  }

  /** Makes the changes in their order, with one message to the kernel: what it refused of them. */
  change(changes: readonly Request[]): readonly Refusal[] {
    return this.connection.executeAll(changes)
  }

  /** Deletes a link, of a veth both ends. One that is gone already is no error. */
  deleteLink(index: number): void {
    try {
      const payload = encodeDeleteLink(index)
      this.connection.execute({ operation: `delete link ${index}`, type: LinkMessage.delete, payload })
    } catch (error) {
      if (!isOpError(error, Errno.ENODEV)) throw error
    }
  }
}

// Changes for `Rtnetlink.change`.

export const setUp = (index: number, mark?: LinkMark): Request => ({
  operation: `set link ${index} up`,
  type: LinkMessage.set,
  payload: encodeSetUp(index, mark),
})

export const setDown = (index: number): Request => ({
  operation: `set link ${index} down`,
  type: LinkMessage.set,
  payload: encodeSetDown(index),
})

export const addAddress = (index: number, address: InterfaceAddress): Request => ({
  operation: `add address ${formatAddress(address.address)}/${address.prefixLength}`,
  type: AddressMessage.create,
  flags: Flag.create | Flag.exclusive,
  payload: encodeAddAddress(index, address),
})

/**
 * `exclusive`: that there is one already, to the same destination with the same priority, is an error. Otherwise it is
 * one more way.
 */
export function addRoute(route: NewRoute, { exclusive }: { readonly exclusive: boolean }): Request {
  const via = route.gateway ? ` via ${formatAddress(route.gateway)}` : ''
  return {
    operation: `add route ${formatCidr(route.destination)}${via}`,
    type: RouteMessage.create,
    flags: exclusive ? Flag.create | Flag.exclusive : Flag.create,
    payload: encodeAddRoute(route),
  }
}

export const setNeighbour = (index: number, address: Address, mac: Uint8Array): Request => ({
  operation: `set neighbour ${formatAddress(address)}`,
  type: NeighbourMessage.create,
  flags: Flag.create | Flag.replace,
  payload: encodeSetNeighbour(index, address, mac),
})
