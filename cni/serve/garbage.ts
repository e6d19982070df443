import { type Owner, type Reservation, ownerOf } from '../ipam/store.ts'
import { ifbNames } from '../plugins/ifb-name.ts'
import { hostVethAlias, hostVethNames } from '../plugins/veth-name.ts'
import type { Garbage } from './protocol.ts'

/** What there is of a network on this machine, read as near to one moment as can be. */
export interface Remains {
  readonly network: string
  readonly reservations: readonly FoundReservation[]
  readonly links: readonly FoundLink[]
  readonly results: readonly FoundResult[]
  /** Comments of the rules of single pods of this network: {@link masqueradeComment}. */
  readonly rules: readonly string[]
  /** Addresses, in canonical text, to which the machine has a route of their own. */
  readonly routed: ReadonlySet<string>
  /** Names that runtimes have for their containers; undefined if that is not known of all runtimes. */
  readonly containers: readonly string[] | undefined
  /** Whether there may be pods of a predecessor's of which neither link nor route tells: on a bridge. */
  readonly hasBridge: boolean
  /** Whether the reservations are of an earlier start of the machine. */
  readonly isRebooted: boolean
}

export interface FoundReservation extends Reservation {
  /** Another one if the file was made anew. */
  readonly identity: string
}

export interface FoundLink {
  readonly index: number
  readonly name: string
  readonly kind: string | undefined
  readonly up: boolean
  readonly alias: string | undefined
}

/** What libcni keeps of an attachment. */
export interface FoundResult extends Owner {
  readonly file: string
  readonly identity: string
}

/** What looks like garbage now. */
export interface Candidate extends Garbage {
  /** Equal at two looks only if it was the same thing. */
  readonly key: string
  /** What it takes for garbage: that the kernel has nothing of it, or that a runtime has forgotten it. */
  readonly evidence: 'kernel' | 'runtime'
  /** Of a link. */
  readonly index?: number
}

/**
 * What belongs to pods that no longer exist, as far as the kernel and the runtimes' files tell: never by what an API server
 * says of a pod, whose address would be given twice (https://github.com/antrea-io/antrea/issues/8239).
 *
 * With a network namespace go all its interfaces and their other ends. So a reservation is void if no end is here that is
 * its owner's, and no route leads to its address; a pod on a predecessor's bridge has neither, and then a runtime has to
 * be asked. An interface that is here has a namespace, which something holds; it is garbage only if all runtimes have
 * forgotten its container. An ADD in flight looks the same for a moment, and one whose sandbox is slow to start looks
 * forgotten: so nothing is collected that has not looked like that for a while.
 */
export function findGarbage(remains: Remains): readonly Candidate[] {
  return [
    ...voidReservations(remains),
    ...voidRules(remains),
    ...forgottenLinks(remains),
    ...uselessResults(remains),
  ]
}

function voidReservations(remains: Remains): readonly Candidate[] {
  const { isRebooted, hasBridge, reservations, routed } = remains
  return reservations.flatMap((reservation): readonly Candidate[] => {
    const { containerId, ifName } = ownerOf(reservation)
    if (hasLink(remains, containerId, ifName) || routed.has(reservation.file)) return []
    const forgotten = isForgotten(remains, containerId)
    // What a runtime still has may be about to be attached again.
    if (forgotten === false || (hasBridge && !isRebooted && forgotten === undefined)) return []
    const why = isRebooted
      ? 'the machine was started again since, and nothing leads to it'
      : 'its network namespace is gone: nothing on this machine leads to it'
    return [
      {
        kind: 'reservation',
        what: reservation.file,
        containerId,
        why,
        key: `reservation ${reservation.file} ${reservation.identity} ${reservation.content}`,
        evidence: hasBridge && !isRebooted ? 'runtime' : 'kernel',
      },
    ]
  })
}

/** A pod that is masqueraded by itself is one that we have attached: its interface says whose it is, as its rules do. */
function voidRules(remains: Remains): readonly Candidate[] {
  const { links, network, rules } = remains
  const prefix = ownPrefix(network)
  return [...new Set(rules)].flatMap((comment): readonly Candidate[] => {
    const [containerId = ''] = comment.slice(prefix.length).split('/')
    const isUsed = links.some((link) => isEnd(link) && link.alias?.startsWith(comment))
    if (isUsed || !comment.startsWith(prefix) || isForgotten(remains, containerId) === false) return []
    const why = 'its network namespace is gone: there is no interface of its'
    return [{ kind: 'rule', what: comment, containerId, why, key: `rule ${comment}`, evidence: 'kernel' }]
  })
}

const ownPrefix = (network: string): string =>
  hostVethAlias({ network, containerId: '', ifName: '' }).slice(0, -1)

function forgottenLinks(remains: Remains): readonly Candidate[] {
  const { links, network, reservations } = remains
  const prefix = ownPrefix(network)
  // An ADD that was killed before it said whose the interface is had reserved its address before.
  const unfinished = new Map<string, string>()
  for (const reservation of reservations) {
    const { containerId, ifName } = ownerOf(reservation)
    if (ifName === undefined) continue
    const owner = { containerId, ifName }
    for (const name of [...hostVethNames(owner), ...ifbNames(owner)]) unfinished.set(name, containerId)
  }
  return links.flatMap(({ index, name, kind, up, alias }): readonly Candidate[] => {
    const containerId =
      alias === undefined
        ? (kind === 'veth' || kind === 'ifb') && !up
          ? unfinished.get(name)
          : undefined
        : alias.startsWith(prefix)
          ? alias.slice(prefix.length).split('/')[0]
          : undefined
    if (containerId === undefined || isForgotten(remains, containerId) !== true) return []
    return [
      {
        kind: 'link',
        what: name,
        containerId,
        why: 'no runtime has its container any more',
        key: `link ${index} ${name} ${alias ?? ''}`,
        evidence: 'runtime',
        index,
      },
    ]
  })
}

/** Runtimes need them for a DEL, and for what has no reservation there is nothing to delete any more. */
function uselessResults(remains: Remains): readonly Candidate[] {
  return remains.results.flatMap(({ containerId, file, identity, ifName }): readonly Candidate[] => {
    const isReserved = remains.reservations.some((reservation) => {
      const owner = ownerOf(reservation)
      return owner.containerId === containerId && (owner.ifName ?? ifName) === ifName
    })
    if (isReserved || hasLink(remains, containerId, ifName)) return []
    if (isForgotten(remains, containerId) === false) return []
    return [
      {
        kind: 'result',
        what: file,
        containerId,
        why: 'it has no address and no interface any more',
        key: `result ${file} ${identity}`,
        evidence: 'kernel',
      },
    ]
  })
}

function hasLink({ links, network }: Remains, containerId: string, ifName: string | undefined): boolean {
  if (ifName === undefined) {
    const prefix = hostVethAlias({ network, containerId, ifName: '' })
    return links.some((link) => isEnd(link) && link.alias?.startsWith(prefix))
  }
  const own = hostVethAlias({ network, containerId, ifName })
  const names = hostVethNames({ containerId, ifName })
  return links.some(({ alias, kind, name }) =>
    alias === undefined ? kind === 'veth' && names.includes(name) : isEnd({ kind }) && alias === own,
  )
}

/** The ifb that limits a pod's rate bears its alias too, but stays when the pod's namespace goes: it tells nothing of that. */
const isEnd = ({ kind }: Pick<FoundLink, 'kind'>): boolean => kind !== 'ifb'

/** Undefined where nobody knows. Some callers put something before a container's name: `default-web` is `web`. */
function isForgotten({ containers }: Remains, containerId: string): boolean | undefined {
  return containers && !containers.some((name) => containerId === name || containerId.endsWith(`-${name}`))
}
