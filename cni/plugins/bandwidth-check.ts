import type { Call } from '../call.ts'
import type { Link } from '../netlink/link.ts'
import { listQdiscs } from '../netlink/qdisc.ts'
import { listRedirects } from '../netlink/redirect.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import type { TokenBucket } from '../netlink/token-bucket.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { readPrevious } from '../spec/previous.ts'
import { type LimitRequest, ownerOf } from './bandwidth.ts'
import { readBandwidth } from './bandwidth-config.ts'
import { findHostEnd } from './bandwidth-peer.ts'
import { findIfb } from './bandwidth-removal.ts'
import { referenceIfbNames } from './ifb-name.ts'

/**
 * CHECK of the chained plugin `bandwidth`.
 *
 * @throws CniError naming the first thing that is missing, with upstream's texts where it has one
 */
export function check(call: Call): void {
  const bandwidth = readBandwidth(call)
  const previous = readPrevious(call.config.json)
  if (previous === undefined) throw failure('must be called as a chained plugin')
  const host = new Rtnetlink(call.system)
  const hostEnd = findHostEnd(call, host, previous.interfaces)
  const owner = ownerOf(call)
  if (bandwidth !== undefined)
    checkBandwidth({ host, hostEnd, owner, names: referenceIfbNames(owner), bandwidth })
}

/**
 * The limits are there with the numbers that ADD would give them, and what the pod sends meets its own. Upstream passes over
 * a root that has no token bucket, and doesn't look where packets are redirected to.
 */
export function checkBandwidth({ host, hostEnd, owner, names, bandwidth }: LimitRequest): void {
  if (bandwidth.ingress !== undefined) checkBucket(host, hostEnd, bandwidth.ingress)
  if (bandwidth.egress === undefined) return
  const ifb = findIfb(host, owner, names)
  if (ifb === undefined) throw failure('get ifb device: Link not found')
  checkBucket(host, ifb, bandwidth.egress)
  if (!ifb.up) throw failure(`bandwidth: ${ifb.name} is down`)
  if (listRedirects(host, hostEnd.index)[0] !== ifb.index)
    throw failure(`bandwidth: what comes in by ${hostEnd.name} is not redirected to ${ifb.name}`)
}

function checkBucket(host: Rtnetlink, link: Link, expected: TokenBucket): void {
  const bucket = listQdiscs(host, link.index).find(({ isRoot }) => isRoot)?.bucket
  if (bucket === undefined) throw failure('Failed to find qdisc')
  if (bucket.rate !== expected.rate) throw failure("Rate doesn't match")
  if (bucket.limit !== expected.limit) throw failure("Limit doesn't match")
  if (bucket.buffer !== expected.buffer) throw failure("Buffer doesn't match")
}

const failure = (message: string): CniError => new CniError(ErrorCode.internal, message)
