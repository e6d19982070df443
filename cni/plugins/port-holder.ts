import { type Address, addressBits, compareAddresses } from '../../net/address.ts'
import type { MappedPort } from '../nftables/mapped-port.ts'
import { matchRoute } from '../netlink/lookup.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import { hostVethNames, ownerOfComment } from './veth-name.ts'

/**
 * Whether the pod that has a port is still there: its interface is, with its name on it, or a route of its own leads to
 * its address. A mapping can outlive its pod, if no DEL came: then it keeps nobody away.
 */
export function isAttached(
  host: Rtnetlink,
  {
    comment,
    taken,
    addresses,
  }: {
    readonly comment: string
    readonly taken: MappedPort
    /** Those of the pod that asks: they are reserved, so whoever had one before is gone. */
    readonly addresses: readonly Address[]
  },
): boolean {
  if (addresses.some((address) => compareAddresses(address, taken.address) === 0)) return false
  const owner = ownerOfComment(comment)
  if (owner !== undefined && hostVethNames(owner).some((name) => isOf(host.link(name)?.alias, comment)))
    return true
  const route = matchRoute(host, taken.address)
  return route?.destination.prefixLength === addressBits(taken.address.family)
}

/** Comments are aliases, but may be shorter by a letter. */
const isOf = (alias: string | undefined, comment: string): boolean => alias?.startsWith(comment) === true
