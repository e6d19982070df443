import type { Address } from '../../net/address.ts'
import { listLinks } from '../netlink/listing.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import type { System } from '../sys.ts'
import { firewallOf } from './path-firewall.ts'
import { PathKernel } from './path-kernel.ts'
import { entryOf, wayOf } from './path-way.ts'
import { Fields, invalid } from './parameters.ts'
import type { PathEnd, PathFacts, PathRouteKind } from './protocol.ts'

/** So many interfaces are named. */
const mostNamed = 8

/** RTN_*: what rules may ask a destination for. */
const typeNumbers: Partial<Record<PathRouteKind, number>> = { local: 2, broadcast: 3, multicast: 5 }
const unicast = 1

/**
 * The operation `path.inspect`: what this machine does with a packet. By look-ups of single entries where the kernel has
 * them, since a node has thousands of routes and links, and whoever asks may ask again.
 *
 * @throws ServeError `invalid`, OpError
 */
export function inspectPath(parameters: unknown, { system }: { readonly system: System }): PathFacts {
  const question = readQuestion(parameters)
  const rtnetlink = new Rtnetlink(system)
  try {
    return inspect(question, system, rtnetlink)
  } finally {
    rtnetlink.close()
  }
}

function inspect(question: Question, system: System, rtnetlink: Rtnetlink): PathFacts {
  const { arrival, destination, isReply, source } = question
  const kernel = new PathKernel(rtnetlink, system.files, source.family)
  const from = kernel.end(source)
  const to = kernel.end(destination)
  const entry = entryOf(from, arrival === undefined ? undefined : kernel.end(arrival))
  const { exit, way } = wayOf(kernel, { source, destination, from, entry })
  const kind = way.result === 'found' ? way.route.kind : to.route?.kind
  return {
    source: from,
    destination: to,
    ...(entry === undefined ? {} : { entry }),
    way,
    ...(exit === undefined ? {} : { exit }),
    forwards: kernel.forwards(),
    downInterfaces: [from, to].every(hasOwnLink) ? [] : downInterfaces(rtnetlink),
    firewall: firewallOf(system, {
      source,
      destination,
      isReply,
      entry: kernel.judged(entry),
      exit: kernel.judged(exit),
      isRoutedBack: entry !== undefined && from.link?.name === entry.name,
      destinationType: (kind && typeNumbers[kind]) ?? unicast,
    }),
  }
}

/** Whether a packet for it leaves by an interface of its own, or not at all. */
const hasOwnLink = ({ link, route }: PathEnd): boolean =>
  route?.kind === 'local' || (link?.kind === 'veth' && route?.gateway === undefined)

const downInterfaces = (rtnetlink: Rtnetlink): readonly string[] =>
  listLinks(rtnetlink)
    .filter(({ kind, up }) => kind === 'veth' && !up)
    .slice(0, mostNamed)
    .map(({ name }) => name)

interface Question {
  readonly source: Address
  readonly destination: Address
  readonly arrival: Address | undefined
  readonly isReply: boolean
}

/** @throws ServeError `invalid` */
function readQuestion(parameters: unknown): Question {
  const fields = new Fields(parameters, 'parameters', ['source', 'destination', 'arrival', 'isReply'])
  const source = fields.address('source')
  const destination = fields.address('destination')
  if (destination.family !== source.family)
    throw invalid(fields.path('destination'), `is of IPv${destination.family}, and the source is not`)
  return {
    source,
    destination,
    arrival: fields.has('arrival') ? fields.address('arrival') : undefined,
    isReply: fields.has('isReply') && fields.boolean('isReply'),
  }
}
