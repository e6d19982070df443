import type { Call } from '../call.ts'
import type { Refusal, Request } from '../netlink/connection.ts'
import { isOpError } from '../netlink/error.ts'
import { createIfb } from '../netlink/ifb.ts'
import { type Link, formatMac } from '../netlink/link.ts'
import {
  QdiscMessage,
  createQdisc,
  encodeDeleteQdisc,
  encodeIngress,
  encodeTokenBucket,
} from '../netlink/qdisc.ts'
import { createRedirect } from '../netlink/redirect.ts'
import { type Rtnetlink, setUp } from '../netlink/rtnetlink.ts'
import type { Interface } from '../spec/result.ts'
import { Errno, type System } from '../sys.ts'
import type { Undo } from '../undo.ts'
import type { Bandwidth } from './bandwidth-config.ts'
import { removeIfb } from './bandwidth-removal.ts'
import { randomMac } from './random-mac.ts'
import { type Member, hostVethAlias } from './veth-name.ts'

export interface LimitRequest {
  readonly host: Rtnetlink
  /** The host's end of the pod's veth. */
  readonly hostEnd: Link
  readonly owner: Member
  /** Names for the ifb, the first that is free is taken. */
  readonly names: readonly string[]
  readonly bandwidth: Bandwidth
}

/** Whose limits: a member of a network. */
export const ownerOf = ({ environment, config }: Call): Member => ({ ...environment, network: config.name })

/**
 * Limits a pod. What it receives leaves the host's end, whose root gets a token bucket; what it sends comes in there, and
 * is redirected to an ifb of its own, whose root gets one. The ifb, if there is one.
 *
 * @throws OpError with upstream's texts
 */
export function limitBandwidth(system: System, request: LimitRequest, undo: Undo): Interface | undefined {
  const { host, hostEnd, owner, bandwidth } = request
  const changes: Request[] = []
  let ifb: Link | undefined
  if (bandwidth.egress !== undefined) {
    ifb = makeIfb(system, request, undo)
    changes.push(
      createQdisc('create ifb qdisc: create qdisc', encodeTokenBucket(ifb.index, bandwidth.egress)),
      setUp(ifb.index, { alias: hostVethAlias(owner), group: 0 }),
      createQdisc('create ingress qdisc', encodeIngress(hostEnd.index)),
      createRedirect('add filter', hostEnd.index, ifb.index),
    )
  }
  if (bandwidth.ingress !== undefined)
    changes.push(createQdisc('create qdisc', encodeTokenBucket(hostEnd.index, bandwidth.ingress)))

  const refusals = host.change(changes)
  undo.add(() => host.change(toUndo(changes, refusals, hostEnd.index)))
  const [refusal] = refusals
  if (refusal !== undefined) throw refusal.error
  return ifb && { name: ifb.name, mac: ifb.mac ?? '' }
}

/** What was made on the host's end is taken back, and nothing else: what was there already is another's. */
function toUndo(
  changes: readonly Request[],
  refusals: readonly Refusal[],
  index: number,
): readonly Request[] {
  const isMade = (operation: string): boolean =>
    changes.some((change) => change.operation === operation) &&
    !refusals.some(({ request }) => request.operation === operation)
  const remove = (operation: string, where: 'root' | 'ingress'): readonly Request[] =>
    isMade(operation)
      ? [{ operation: 'delete qdisc', type: QdiscMessage.delete, payload: encodeDeleteQdisc(index, where) }]
      : []
  return [...remove('create qdisc', 'root'), ...remove('create ingress qdisc', 'ingress')]
}

function makeIfb(system: System, { host, hostEnd, owner, names }: LimitRequest, undo: Undo): Link {
  const mac = randomMac(system)
  let name = ''
  // Before the attempt: it may be there although the answer got lost. Its address says that it is ours.
  undo.add(() => {
    const made = host.link(name)
    if (made?.mac === formatMac(mac)) removeIfb(host, made)
  })
  for (const candidate of names) {
    name = candidate
    try {
      const ifb = createIfb(host, { name, mtu: hostEnd.mtu, mac })
      if (ifb === undefined) throw new Error(`the link ${name} vanished while it was set up`)
      return ifb
    } catch (error) {
      // The names are all taken, or this very pod is limited already.
      const isTaken = isOpError(error, Errno.EEXIST) && name !== names.at(-1)
      if (!isTaken || host.link(name)?.alias === hostVethAlias(owner)) throw error
    }
  }
  throw new Error('an ifb without a name')
}
