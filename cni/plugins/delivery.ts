import type { Address } from '../../net/address.ts'
import { matchRoute } from '../netlink/lookup.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import type { System } from '../sys.ts'
import type { Lease } from './lease.ts'

/** A worker that has not been at it for a quarter of a second is no longer waited for: an ADD must not fail for that. */
const [mostLooks, pauseMilliseconds] = [250, 1]

/**
 * Waits until the kernel delivers what comes for the new addresses of IPv6, on both ends. It says that an address is there
 * before it is in the local table, where a worker puts it a moment later: on a busy machine the pod's first packets came
 * earlier, to its gateway most of all, and were refused for want of a route. For IPv4 both are one step.
 */
export function awaitDelivery(
  system: System,
  { pod, host }: { readonly pod: Rtnetlink; readonly host: Rtnetlink },
  leases: readonly Lease[],
): void {
  for (const { address, gateway } of leases) {
    if (gateway.family !== 6) continue
    awaitLocal(system, host, gateway)
    awaitLocal(system, pod, address.address)
  }
}

/** The same for one address. */
export function awaitLocal(system: System, rtnetlink: Rtnetlink, address: Address): void {
  for (let looks = 1; looks < mostLooks && matchRoute(rtnetlink, address)?.isLocal !== true; looks++)
    system.serving().poll([], [], pauseMilliseconds)
}

/**
 * Waits until addresses of IPv6 can be used: the kernel delivers what comes for them, and if somebody was to be asked,
 * nobody has answered.
 */
export function awaitPodAddresses(system: System, pod: Rtnetlink, addresses: readonly Address[]): void {
  for (const address of addresses) if (address.family === 6) awaitLocal(system, pod, address)
}
