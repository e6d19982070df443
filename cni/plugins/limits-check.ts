import type { Call } from '../call.ts'
import type { Link } from '../netlink/link.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import { checkBandwidth } from './bandwidth-check.ts'
import { readBandwidth } from './bandwidth-config.ts'
import { ownerOf } from './bandwidth.ts'
import { ifbNames } from './ifb-name.ts'

/**
 * The pod's rates are limited as the configuration says. Reference plugins that make an interface limit none.
 * @throws CniError as {@link checkBandwidth}
 */
export function checkLimits(call: Call, host: Rtnetlink, hostEnd: Link): void {
  const bandwidth = call.reference ? undefined : readBandwidth(call)
  if (bandwidth === undefined) return
  const owner = ownerOf(call)
  checkBandwidth({ host, hostEnd, owner, names: ifbNames(owner), bandwidth })
}
