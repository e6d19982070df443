import type { Address } from '../../net/address.ts'
import { Errno } from '../sys.ts'
import type { PathKernel } from './path-kernel.ts'
import type { PathEnd, PathFacts, PathLink, PathWay } from './protocol.ts'

/** A packet, and where it comes in. */
export interface Arrival {
  readonly source: Address
  readonly destination: Address
  /** How the source lies to the machine. */
  readonly from: PathEnd
  /** Undefined for the machine's own packets. */
  readonly entry: PathLink | undefined
}

/**
 * Where a packet of that source comes in: what comes from elsewhere by the interface that has the address at which it
 * arrives, a pod's packet by the interface to which the pod's address is routed, the machine's own by none.
 */
export function entryOf(from: PathEnd, arrival: PathEnd | undefined): PathLink | undefined {
  if (from.route?.kind === 'local') return undefined
  return (arrival?.route?.kind === 'local' ? arrival.link : undefined) ?? from.link
}

/** What the kernel does with the packet, and by which interface it leaves. */
export function wayOf(kernel: PathKernel, arrival: Arrival): Pick<PathFacts, 'way' | 'exit'> {
  const { destination, entry, from, source } = arrival
  const index = entry === undefined ? undefined : kernel.indexOf(entry.name)
  // Of packets that nobody knows where they come in, one can only ask where they would go.
  const isKnown = index !== undefined || from.route?.kind === 'local'
  const packet = { destination, source: isKnown ? source : undefined, entry: index }
  const found = kernel.route(packet, 'way')
  if ('errno' in found) return { way: refusal(kernel, arrival, found.errno) }
  // The way has no prefix and no maker: those are the entry's.
  const entryFound = kernel.route(packet, 'entry')
  const way = kernel.routeFacts(found)
  const matched = 'errno' in entryFound ? way : kernel.routeFacts(entryFound)
  const route =
    way.kind === 'unicast'
      ? { ...matched, ...way, destination: matched.destination, protocol: matched.protocol }
      : { ...way, ...matched }
  const exit = way.kind === 'unicast' && found.exit !== undefined ? kernel.linkFacts(found.exit) : undefined
  return { way: { result: 'found', route }, ...(exit === undefined ? {} : { exit }) }
}

function refusal(kernel: PathKernel, arrival: Arrival, errno: number): PathWay {
  return { result: 'refused', why: whyRefused(kernel, arrival, errno), errno }
}

/** The kernel's numbers say it, but one, which has three meanings. */
function whyRefused(
  kernel: PathKernel,
  { destination, entry, from }: Arrival,
  errno: number,
): Extract<PathWay, { result: 'refused' }>['why'] {
  switch (errno) {
    case Errno.EXDEV:
      return 'reverse-path'
    case Errno.ENETUNREACH:
      return 'no-route'
    case Errno.EHOSTUNREACH:
      // Of IPv4 also where nothing is forwarded, and where there is no route for what is to be forwarded.
      return 'unreachable'
    case Errno.EACCES:
      return 'prohibit'
    case Errno.EINVAL: {
      const anywhere = kernel.route({ destination }, 'entry')
      if ('errno' in anywhere && anywhere.errno === Errno.EINVAL) return 'blackhole'
      return isFiltered(from, entry) ? 'reverse-path' : 'martian'
    }
    default:
      return 'other'
  }
}

/** Whether the reverse path filter drops what comes in there from that source. */
function isFiltered({ link, route }: PathEnd, entry: PathLink | undefined): boolean {
  switch (entry?.reversePathFilter) {
    case 1:
      return link?.name !== entry.name
    case 2:
      return route === undefined
    case undefined:
    default:
      return false
  }
}
