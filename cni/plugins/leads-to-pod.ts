import { type Address, addressBits } from '../../net/address.ts'
import { matchRoute } from '../netlink/lookup.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'

/** With ptp, every pod's address has a route of its own on the host, as long as the pod's end exists: here and upstream. */
export function leadsToPod(host: Rtnetlink, address: Address): boolean {
  const route = matchRoute(host, address)
  return route?.destination.prefixLength === addressBits(address.family)
}
