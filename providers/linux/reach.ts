import { type Address, formatAddress } from '../../net/address.ts'
import { containsAddress, firstAddress } from '../../net/cidr.ts'
import type { KernelRoute, KernelTable } from './kernel-routes.ts'

/**
 * Over which link an address is reached without a gateway: only such addresses can be gateways themselves. By the kernel's
 * own rule, the longest prefix, so that a part of an on-link range that is routed elsewhere is not on-link.
 */
export class Reach {
  /** Routes of one address, by it. */
  readonly #hosts = new Map<string, KernelRoute>()
  /** All others that are not ours, the longest prefix first. */
  readonly #ranges: readonly KernelRoute[]

  /** @param protocol that of our routes, which lead to gateways only and need not be looked at */
  constructor({ routes }: Pick<KernelTable, 'routes'>, protocol: number) {
    const ranges: KernelRoute[] = []
    for (const route of routes) {
      const { destination } = route
      if (route.protocol === protocol && route.gateway !== undefined) continue
      if (destination.prefixLength < (destination.family === 4 ? 32 : 128)) ranges.push(route)
      else {
        const text = formatAddress(firstAddress(destination))
        // Of several the first is used.
        if (!this.#hosts.has(text)) this.#hosts.set(text, route)
      }
    }
    // Sorting keeps the order of those that are equal.
    this.#ranges = ranges.sort((a, b) => b.destination.prefixLength - a.destination.prefixLength)
  }

  /** The link's name; undefined if there is none. */
  linkTo(address: Address): string | undefined {
    const route =
      this.#hosts.get(formatAddress(address)) ??
      this.#ranges.find(({ destination }) => containsAddress(destination, address))
    return route?.gateway === undefined && route?.kind === undefined ? route?.interface : undefined
  }
}
