import { Rtnetlink } from '../netlink/rtnetlink.ts'
import type { ChainPart } from './chain.ts'
import { limitBandwidth, ownerOf } from './bandwidth.ts'
import { readBandwidth } from './bandwidth-config.ts'
import { ifbNames } from './ifb-name.ts'

/** Limits the pod that was just made, if the configuration or the pod says so. */
export const bandwidthPart: ChainPart = (call, result, undo) => {
  const bandwidth = readBandwidth(call)
  if (bandwidth === undefined) return result
  const host = new Rtnetlink(call.system)
  const owner = ownerOf(call)
  const hostEnd = result.interfaces
    .filter(({ sandbox }) => sandbox === undefined)
    .map(({ name }) => host.link(name))
    .find((link) => link?.kind === 'veth')
  if (hostEnd === undefined) throw new Error('the pod has no veth whose rate could be limited')
  const ifb = limitBandwidth(call.system, { host, hostEnd, owner, names: ifbNames(owner), bandwidth }, undo)
  return ifb === undefined ? result : { ...result, interfaces: [...result.interfaces, ifb] }
}
