import {
  type Address,
  AddressSyntaxError,
  type Family,
  compareAddresses,
  formatAddress,
  parseAddress,
} from '../../net/address.ts'
import { containsAddress } from '../../net/cidr.ts'
import type { Parameters } from '../../cni/serve/protocol.ts'
import type { OwnPlace } from './own-place.ts'
import type { PathFacts } from './path-facts.ts'

/** What the answer is made of. */
export interface PathSources {
  /** Asks the machine. Rejects if it does not answer. */
  readonly inspect: (question: Parameters<'path.inspect'>) => Promise<PathFacts>
  /** This Node, as its object says at the moment; undefined as long as it is not known. */
  readonly node: () => OwnPlace | undefined
}

export interface PathReply {
  readonly status: number
  /** JSON with status 200, else a line for a person. */
  readonly body: string
}

/** How many may wait for the machine, which does one thing at a time and has others to do. */
const mostWaiting = 4

/**
 * `GET /path?from=ADDRESS&to=ADDRESS`, with `reply=true` for one that answers another: what this Node's kernel does with a packet. Only with one that comes from this Node
 * or its pods, or goes to them: whoever may ask here, by `pods/proxy` or over the network, learns about the ways of this
 * Node's own packets, and nothing of others'.
 */
export class PathEndpoint {
  #sources: PathSources | undefined
  #waiting = 0

  /** From now on it answers by these. */
  watch(sources: PathSources): void {
    this.#sources = sources
  }

  async answer(query: URLSearchParams): Promise<PathReply> {
    const source = readAddress(query, 'from')
    const destination = readAddress(query, 'to')
    if (typeof source === 'string') return refuse(400, source)
    if (typeof destination === 'string') return refuse(400, destination)
    if (source.family !== destination.family)
      return refuse(400, `from is of IPv${source.family}, and to of IPv${destination.family}`)
    const reply = query.get('reply') ?? 'false'
    if (reply !== 'true' && reply !== 'false') return refuse(400, 'reply has to be true or false')
    const sources = this.#sources
    const node = sources?.node()
    if (sources === undefined || node === undefined)
      return refuse(503, 'the agent does not know its Node yet')
    if (!isHere(node, source) && !isHere(node, destination))
      return refuse(
        403,
        'neither from nor to is an address of this Node or its pods: ask the Node of one of them',
      )
    if (this.#waiting >= mostWaiting)
      return refuse(429, 'this Node is being asked about other packets: try again in a moment')
    this.#waiting++
    try {
      const arrival = isHere(node, source) ? undefined : arrivalOf(node, source.family)
      const facts = await sources.inspect({
        source: formatAddress(source),
        destination: formatAddress(destination),
        ...(arrival === undefined ? {} : { arrival: formatAddress(arrival) }),
        isReply: reply === 'true',
      })
      return { status: 200, body: `${JSON.stringify(facts)}\n` }
    } catch (error) {
      return refuse(503, error instanceof Error ? error.message : String(error))
    } finally {
      this.#waiting--
    }
  }
}

const refuse = (status: number, message: string): PathReply => ({ status, body: `${message}\n` })

/** The address, or what is wrong with it. */
function readAddress(query: URLSearchParams, name: string): Address | string {
  const [text, ...others] = query.getAll(name)
  if (text === undefined || others.length > 0)
    return `${name} has to be given once: /path?from=ADDRESS&to=ADDRESS`
  try {
    return parseAddress(text)
  } catch (error) {
    if (error instanceof AddressSyntaxError) return `${name}: ${error.message}`
    throw error
  }
}

/** What comes from elsewhere is delivered to the interface that has the Node's address. */
const arrivalOf = ({ addresses }: OwnPlace, family: Family): Address | undefined =>
  addresses.find((one) => one.family === family) ?? addresses[0]

const isHere = ({ addresses, podCIDRs }: OwnPlace, address: Address): boolean =>
  podCIDRs.some((range) => containsAddress(range, address)) ||
  addresses.some((one) => compareAddresses(one, address) === 0)
