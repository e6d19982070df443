import { removeLink } from '../netlink/removal.ts'
import type { Link } from '../netlink/link.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import { type Member, hostVethAlias } from './veth-name.ts'

/**
 * The ifb of a pod, by the names that it may have; undefined if it has none. One without an alias is what upstream's plugin
 * has made, or an ADD that was killed.
 */
export function findIfb(host: Rtnetlink, owner: Member, names: readonly string[]): Link | undefined {
  const alias = hostVethAlias(owner)
  for (const name of names) {
    const link = host.link(name)
    if (link?.kind === 'ifb' && (link.alias === undefined || link.alias === alias)) return link
  }
  return undefined
}

/** Deletes an ifb, and returns as soon as it is gone for everybody. */
export const removeIfb = (host: Rtnetlink, { index }: Link): void => removeLink(host, index)
