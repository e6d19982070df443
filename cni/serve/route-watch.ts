import { decodeAddress } from '../netlink/address.ts'
import { LinkMessage, decodeLink, linkGroup } from '../netlink/link.ts'
import { decodeTableEntry } from '../netlink/main-table.ts'
import { type Message, decodeMessages } from '../netlink/message.ts'
import { Errno, isSysError } from '../sys.ts'
import { isHost, isLinkLocalRange, isReachText } from './route-table.ts'

/** RTNLGRP_* of what our routes depend on (linux/rtnetlink.h): links, addresses and routes of both families. */
export const routeGroups = [linkGroup, 5, 9, 7, 11] as const

/** Types of announcements; one of a removal is one more than that of its creation. */
const [newAddress, deletedAddress, newRoute, deletedRoute] = [20, 21, 24, 25]

/**
 * Says which of the kernel's announcements may be about our routes, or about what they lead over. Everything else, and
 * above all what the pods of the node come and go with (their links, addresses and routes of one address each), is
 * silence: otherwise every pod would have the whole table read.
 */
export class RouteNews {
  /** Indexes of links over which others may be reached: they have had an address with a prefix, or a route. */
  readonly #links = new Set<number>()

  /** Takes all datagrams that there are: whether they are news. Announcements that were lost are. */
  take(receive: () => Uint8Array | undefined): boolean {
    for (let isNews = false; ;) {
      try {
        const bytes = receive()
        if (bytes === undefined) return isNews
        // Every message is looked at: what it says of links counts for the next one.
        if (decodeMessages(bytes).filter((message) => this.#matters(message)).length > 0) isNews = true
      } catch (error) {
        if (!isSysError(error, Errno.ENOBUFS)) throw error
        isNews = true
      }
    }
  }

  #matters({ type, payload }: Message): boolean {
    switch (type) {
      case LinkMessage.create:
      case LinkMessage.delete: {
        // The bridge's family tells of its ports, which are links of their own.
        if (payload[0] !== 0) return false
        const { index } = decodeLink(payload)
        const isKnown = this.#links.has(index)
        if (type === LinkMessage.delete) this.#links.delete(index)
        return isKnown
      }
      case newAddress:
      case deletedAddress: {
        const { index, text } = decodeAddress(payload)
        if (!isReachText(text)) return false
        this.#links.add(index)
        return true
      }
      case newRoute:
      case deletedRoute: {
        const found = decodeTableEntry(payload)
        if (found?.entry !== 'route') return false
        const { destination, ways } = found.route
        if (isHost(destination) || isLinkLocalRange(destination)) return false
        for (const { index } of ways) if (index !== undefined) this.#links.add(index)
        return true
      }
      default:
        return false
    }
  }

  /** What is there already, for whom nothing is announced: the indexes of links with such addresses and routes. */
  know(indexes: Iterable<number>): void {
    for (const index of indexes) this.#links.add(index)
  }
}
