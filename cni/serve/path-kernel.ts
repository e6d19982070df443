import { type Address, type Family, formatAddress } from '../../net/address.ts'
import { formatCidr } from '../../net/cidr.ts'
import { isOpError } from '../netlink/error.ts'
import { LinkMessage, encodeGetLink } from '../netlink/link.ts'
import { type LinkState, decodeLinkState, encodeGetLinkElsewhere } from '../netlink/link-state.ts'
import { decodeNeighbourState, encodeGetNeighbour, getNeighbour } from '../netlink/neighbour-state.ts'
import {
  type AskedPacket,
  type PacketRoute,
  decodePacketRoute,
  encodePacketRoute,
} from '../netlink/packet-route.ts'
import { RouteMessage } from '../netlink/route.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import type { JudgedLink } from '../nftables/judge-rule.ts'
import { Errno, type Files, isSysError } from '../sys.ts'
import type { PathEnd, PathLink, PathPeer, PathRoute, PathRouteKind } from './protocol.ts'

const sysctlFolder = '/proc/sys/net'

/** ESRCH and EOPNOTSUPP, that only these look-ups answer with. */
const [noSuchProcess, notSupported] = [3, 95]

/** RTN_* */
const kinds: readonly (PathRouteKind | undefined)[] = [
  undefined,
  'unicast',
  'local',
  'broadcast',
  undefined,
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
]

/** The questions to the kernel of which the facts about a path are made: look-ups of single entries, never a list. */
export class PathKernel {
  readonly #rtnetlink: Rtnetlink
  readonly #files: Files
  readonly #family: Family
  readonly #links = new Map<number, LinkState | undefined>()

  constructor(rtnetlink: Rtnetlink, files: Files, family: Family) {
    this.#rtnetlink = rtnetlink
    this.#files = files
    this.#family = family
  }

  /** The kernel's answer for a packet, or the number of its refusal. */
  route(packet: AskedPacket, ask: 'way' | 'entry'): PacketRoute | { readonly errno: number } {
    try {
      const operation = `look up the way to ${formatAddress(packet.destination)}`
      const payload = encodePacketRoute(packet, ask)
      return decodePacketRoute(
        this.#rtnetlink.connection.query({ operation, type: RouteMessage.get, payload }),
      )
    } catch (error) {
      const { EACCES, EAGAIN, EHOSTUNREACH, EINVAL, ENETUNREACH, ENODEV, EXDEV } = Errno
      const refusals = [EACCES, EAGAIN, EHOSTUNREACH, EINVAL, ENETUNREACH, ENODEV, EXDEV, noSuchProcess]
      if (isOpError(error, ...refusals)) return { errno: error.errno }
      throw error
    }
  }

  /** How an address lies to the machine, whoever sends to it. */
  end(address: Address): PathEnd {
    const found = this.route({ destination: address }, 'entry')
    if ('errno' in found) return {}
    const link = found.exit === undefined ? undefined : this.#link(found.exit)
    const neighbour =
      link === undefined || kindOf(found) !== 'unicast'
        ? undefined
        : this.#neighbour(link.index, found.gateway ?? address)
    return {
      route: this.routeFacts(found),
      ...(link === undefined ? {} : { link: this.#linkFacts(link) }),
      ...(neighbour === undefined ? {} : { neighbour }),
    }
  }

  linkFacts(index: number): PathLink | undefined {
    const link = this.#link(index)
    return link === undefined ? undefined : this.#linkFacts(link)
  }

  /** The index of a link that {@link end} or {@link linkFacts} has told of. */
  indexOf(name: string): number | undefined {
    return [...this.#links.values()].find((link) => link?.name === name)?.index
  }

  /** A link as rules of the packet filter know it. */
  judged(link: PathLink | undefined): JudgedLink | undefined {
    const state = [...this.#links.values()].find((one) => one !== undefined && one.name === link?.name)
    return state && { name: state.name, index: state.index, group: state.group }
  }

  routeFacts({ destination, exit, gateway, mtu, protocol, table, ...route }: PacketRoute): PathRoute {
    const name = exit === undefined ? undefined : this.#link(exit)?.name
    return {
      destination: formatCidr(destination),
      kind: kindOf(route),
      table,
      protocol,
      ...(gateway === undefined ? {} : { gateway: formatAddress(gateway) }),
      ...(name === undefined ? {} : { interface: name }),
      ...(mtu === undefined ? {} : { mtu }),
    }
  }

  /** Whether the machine forwards at all. */
  forwards(): boolean {
    return this.#sysctl(this.#family === 4 ? 'ipv4/ip_forward' : 'ipv6/conf/all/forwarding') === '1'
  }

  #link(index: number): LinkState | undefined {
    if (this.#links.has(index)) return this.#links.get(index)
    const link = this.#query(`look up link ${index}`, LinkMessage.get, encodeGetLink(index))
    const state = link === undefined ? undefined : decodeLinkState(link)
    this.#links.set(index, state)
    return state
  }

  #linkFacts(link: LinkState): PathLink {
    const { alias, hasCarrier, kind, mac, mtu, name, up } = link
    const peer = this.#peer(link)
    return {
      name,
      ...(kind === undefined ? {} : { kind }),
      isUp: up,
      hasCarrier,
      mtu,
      ...(mac === undefined ? {} : { mac }),
      ...(alias === undefined ? {} : { alias }),
      ...this.#behaviour(name),
      ...(peer === undefined ? {} : { peer }),
    }
  }

  #behaviour(name: string): Pick<PathLink, 'forwards' | 'reversePathFilter'> {
    if (this.#family === 6) return { forwards: this.forwards() }
    const filters = ['all', name].map((one) => Number(this.#sysctl(`ipv4/conf/${one}/rp_filter`) ?? 0))
    return {
      forwards: this.#sysctl(`ipv4/conf/${name}/forwarding`) === '1',
      reversePathFilter: Math.max(...filters),
    }
  }

  #peer({ kind, peerIndex, peerNamespace }: LinkState): PathPeer | undefined {
    if (kind !== 'veth' || peerIndex === undefined) return undefined
    const payload =
      peerNamespace === undefined
        ? encodeGetLink(peerIndex)
        : encodeGetLinkElsewhere(peerIndex, peerNamespace)
    const found = this.#query(`look up the other end ${peerIndex}`, LinkMessage.get, payload)
    if (found === undefined) return undefined
    const { mac, mtu, name, up } = decodeLinkState(found)
    return { name, isUp: up, mtu, ...(mac === undefined ? {} : { mac }) }
  }

  #neighbour(index: number, address: Address): PathEnd['neighbour'] {
    const found = this.#query(
      `look up the neighbour ${formatAddress(address)}`,
      getNeighbour,
      encodeGetNeighbour(index, address),
    )
    if (found === undefined) return undefined
    const { mac, state } = decodeNeighbourState(found)
    return { state, ...(mac === undefined ? {} : { mac }) }
  }

  /** Undefined for what is not there, or what this kernel does not tell. */
  #query(operation: string, type: number, payload: Uint8Array): Uint8Array | undefined {
    try {
      return this.#rtnetlink.connection.query({ operation, type, payload })
    } catch (error) {
      if (isOpError(error, Errno.ENODEV, Errno.ENOENT, Errno.EINVAL, noSuchProcess, notSupported))
        return undefined
      throw error
    }
  }

  #sysctl(name: string): string | undefined {
    try {
      return this.#files.read(`${sysctlFolder}/${name}`).trim()
    } catch (error) {
      // The machine has no such family, or the link is gone meanwhile.
      if (isSysError(error)) return undefined
      throw error
    }
  }
}

const kindOf = ({ type }: Pick<PacketRoute, 'type'>): PathRouteKind => kinds[type] ?? 'other'
