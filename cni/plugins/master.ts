import type { Link } from '../netlink/link.ts'
import { listRoutes } from '../netlink/listing.ts'
import { mainTable } from '../netlink/route.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import { CniError, ErrorCode } from '../spec/error.ts'

/**
 * The link that others are stacked on: that of the name, or the default route's.
 * @throws CniError "internal" (999), with upstream's texts
 */
export function findMaster(rtnetlink: Rtnetlink, name: string | undefined): Link {
  const link = rtnetlink.link(name ?? defaultRouteLink(rtnetlink))
  if (link !== undefined) return link
  throw failure(`failed to lookup master ${JSON.stringify(name ?? '')}: Link not found`)
}

function defaultRouteLink(rtnetlink: Rtnetlink): number {
  const route = listRoutes(rtnetlink).find(
    ({ destination, table, index }) =>
      destination.prefixLength === 0 && table === mainTable && index !== undefined,
  )
  if (route?.index === undefined) throw failure('no default route interface found')
  return route.index
}

const failure = (message: string): CniError => new CniError(ErrorCode.internal, message)
