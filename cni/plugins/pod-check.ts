import { compareAddresses } from '../../net/address.ts'
import { cidrAround, equalCidrs, formatCidr } from '../../net/cidr.ts'
import type { Call } from '../call.ts'
import { reservationFolder } from '../ipam/config.ts'
import { requireAllocation } from '../ipam/state.ts'
import { readStaticConfig, requireStaticAddresses } from '../ipam/static.ts'
import type { Link } from '../netlink/link.ts'
import { listAddresses, listRoutes } from '../netlink/listing.ts'
import { type Route, mainTable } from '../netlink/route.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import type { PreviousInterface, PreviousResult } from '../spec/previous.ts'
import { type ResultRoute, formatInterfaceAddress } from '../spec/result.ts'

/** What CHECK says: the texts are upstream's where it has one. */
export const failure = (message: string): CniError => new CniError(ErrorCode.internal, message)

/** The addresses are still reserved. */
export function checkIpam(call: Call, previous: PreviousResult | undefined): void {
  const { system, environment, config } = call
  if (config.ipamType !== 'static') requireAllocation(system.files, reservationFolder(config), environment)
  else requireStaticAddresses(readStaticConfig(call), previous?.ips ?? [], environment.ifName)
}

/** The pod's interface in a result, with what is on it: other plugins of the chain may have made interfaces too. */
export interface OwnPart {
  readonly own: PreviousInterface
  readonly ips: PreviousResult['ips']
}

/** @param word how upstream's plugin begins its sentence */
export function ownPartOf(
  previous: PreviousResult,
  { environment }: Pick<Call, 'environment'>,
  word: (sandbox: string) => string,
): OwnPart {
  const index = previous.interfaces.findIndex(
    (one) => one.name === environment.ifName && one.sandbox === environment.netns,
  )
  const own = previous.interfaces[index]
  if (own === undefined) throw failure(word(environment.netns))
  return { own, ips: previous.ips.filter((ip) => ip.interface === undefined || ip.interface === index) }
}

/** The interface has the addresses, and there is a way to their subnets; the routes are there. */
export function checkAddresses(
  pod: Rtnetlink,
  link: Link,
  { ips, routes }: Pick<PreviousResult, 'ips' | 'routes'>,
): void {
  const present = new Set(
    listAddresses(pod)
      .filter(({ index }) => index === link.index)
      .map(({ text }) => text),
  )
  const podRoutes = listRoutes(pod)
  for (const { address } of ips) {
    const text = formatInterfaceAddress(address)
    if (!present.has(text)) throw failure(`Failed to match addr ${text} on interface ${link.name}`)
    requireRoute(podRoutes, { dst: cidrAround(address.address, address.prefixLength) })
  }
  for (const route of routes) requireRoute(podRoutes, route)
}

/** A default route counts whatever its gateway is: plugins later in the chain may have changed it. */
function requireRoute(present: readonly Route[], { dst, gw, table }: ResultRoute): void {
  const found = present.some(
    (route) =>
      equalCidrs(route.destination, dst) &&
      route.table === (table ?? mainTable) &&
      (gw === undefined ||
        dst.prefixLength === 0 ||
        (route.gateway !== undefined && compareAddresses(route.gateway, gw) === 0)),
  )
  if (!found) throw failure(`Expected Route ${formatCidr(dst)} not found in routing table`)
}
