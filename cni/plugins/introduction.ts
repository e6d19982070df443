import { setHardwareAddress } from '../netlink/bridge.ts'
import type { Link } from '../netlink/link.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import { parseMac } from '../spec/mac.ts'

/**
 * Tells the neighbours whose the addresses are, now that they hear it: a link that is given a hardware address says so
 * (arp_notify, ndisc_notify), even if it has it already. They may remember the pod that had one of the addresses before.
 */
export function introduce(pod: Rtnetlink, link: Link): void {
  const request = setHardwareAddress(link.index, parseMac(link.mac ?? '', link.name))
  for (const { error } of pod.change([request])) throw error
}
