import { AddressSyntaxError, addressBits } from '../../net/address.ts'
import { type Cidr, containsCidr, parseCidr } from '../../net/cidr.ts'
import { LinkMessage, encodeSetGroup } from '../netlink/link.ts'
import { listLinks, listRoutes } from '../netlink/listing.ts'
import { mainTable } from '../netlink/route.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { podLinkGroup } from '../plugins/link-group.ts'
import { ownConfiguration, rangesOf, readConfiguration } from './configurations.ts'
import type { Context } from './handler.ts'

/**
 * Puts the interfaces of pods that a predecessor has attached into the group of ours, so that the rules about pods are
 * about them too: what was done, in words.
 *
 * These are the veths to which the node routes a single address of its own podCIDRs, as our configuration has them. No
 * uplink has such a route, and neither has another network's pod. One that is in a group already stays there.
 */
export function groupPodLinks(context: Context): readonly string[] {
  const ranges = ownRanges(context)
  if (ranges.length === 0) return []
  const host = new Rtnetlink(context.system)
  const toPods = new Set(
    listRoutes(host)
      .filter(
        ({ destination, table, gateway }) =>
          table === mainTable &&
          gateway === undefined &&
          destination.prefixLength === addressBits(destination.family) &&
          ranges.some((range) => containsCidr(range, destination)),
      )
      .map(({ index }) => index),
  )
  return listLinks(host)
    .filter(({ index, kind, group }) => kind === 'veth' && group === 0 && toPods.has(index))
    .map(({ index, name }) => {
      host.connection.execute({
        operation: `put link ${name} into a group`,
        type: LinkMessage.set,
        payload: encodeSetGroup(index, podLinkGroup),
      })
      return `interface ${name}: is a pod's now`
    })
}

function ownRanges(context: Context): readonly Cidr[] {
  const plugins = readConfiguration(context, ownConfiguration)?.plugins ?? []
  return plugins.flatMap(rangesOf).flatMap((text) => {
    try {
      return [parseCidr(text)]
    } catch (error) {
      // Somebody has edited the file; it is laid anew.
      if (error instanceof AddressSyntaxError) return []
      throw error
    }
  })
}
