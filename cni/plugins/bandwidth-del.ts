import type { Call } from '../call.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { ownerOf } from './bandwidth.ts'
import { findIfb, removeIfb } from './bandwidth-removal.ts'
import { referenceIfbNames } from './ifb-name.ts'

/**
 * DEL of the chained plugin `bandwidth`: deletes the pod's ifb by its name alone. Neither a namespace nor a previous result
 * nor the limits need be known any more, and a configuration that became invalid keeps nothing. What is on the host's end of
 * the veth goes with that.
 */
export function del(call: Call): void {
  const host = new Rtnetlink(call.system)
  const owner = ownerOf(call)
  const ifb = findIfb(host, owner, referenceIfbNames(owner))
  if (ifb !== undefined) removeIfb(host, ifb)
}
