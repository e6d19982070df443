import { type Link, LinkMessage, type VethEnd, decodeLink, encodeCreateVeth } from './link.ts'
import { Flag } from './message.ts'
import type { Rtnetlink } from './rtnetlink.ts'

/**
 * Makes a pair: the link of `end`. The socket must be one of the namespace of `end`: the kernel looks there whether its
 * name is taken (EEXIST).
 */
export function createVeth(
  rtnetlink: Rtnetlink,
  end: VethEnd,
  peer: VethEnd,
  mtu: number | undefined,
): Link | undefined {
  const echo = rtnetlink.connection.executeEchoed({
    operation: `create veth ${end.name}`,
    type: LinkMessage.create,
    flags: Flag.create | Flag.exclusive,
    payload: encodeCreateVeth(end, peer, mtu),
  })
  // Kernels before 6.2 don't say what they have made.
  return echo === undefined ? rtnetlink.link(end.name) : decodeLink(echo)
}
