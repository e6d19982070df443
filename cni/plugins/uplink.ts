import { parseAddress } from '../../net/address.ts'
import { resolveRoute } from '../netlink/lookup.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'

/** Addresses of the Internet. Nothing is sent to them: the way there is the way out. */
const somewhere = { 4: '8.8.8.8', 6: '2001:4860:4860::8888' } as const

/**
 * The greatest packet that leaves this machine, of the families: what the route says, or its interface. Clouds have 1460,
 * 8951 or 9001 bytes there, and a pod that believes in 1500 loses packets or speed
 * (https://github.com/moby/moby/issues/22028, https://github.com/cloudfoundry/guardian/issues/46). Undefined without a
 * way out.
 */
export function uplinkMtu(host: Rtnetlink, families: readonly (4 | 6)[]): number | undefined {
  const found = [...new Set(families)].map((family) => {
    const route = resolveRoute(host, parseAddress(somewhere[family]))
    return route?.mtu ?? (route?.index === undefined ? undefined : host.link(route.index)?.mtu)
  })
  const known = found.filter((mtu) => mtu !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
