import { AddressSyntaxError, formatAddress, parseAddress } from '../../net/address.ts'
import { type Cidr, parseCidr } from '../../net/cidr.ts'
import type { ObservedRoute, Target } from '../route.ts'
import type { WireRoute } from './gce-api.ts'
import { pathOf } from './resource-names.ts'
import { hasMark } from './route-mark.ts'

/** One route of a network. Several may have one destination. */
export interface GceRoute {
  readonly name: string
  readonly destination: Cidr
  readonly target: Target
  /** Of those of one destination the lowest number is used; of several that have it, all (ECMP). */
  readonly priority: number
  readonly state: ObservedRoute['state']
  readonly origin: ObservedRoute['origin']
  /** Whether it has podway's mark, for this cluster. */
  readonly isMarked: boolean
  /** Only for instances that have one of these tags; for all if there are none. */
  readonly tags: readonly string[]
  readonly description: string
}

/** Undefined for what has no destination that could be compared with ours. */
export function gceRoute(wire: WireRoute, clusterName: string): GceRoute | undefined {
  const destination = destinationOf(wire.destRange ?? '')
  const { name, description = '', network, priority, tags = [] } = wire
  if (destination === undefined || name === undefined || network === undefined) return undefined
  const target = targetOf(wire)
  const identity = { clusterName, network: pathOf(network), destination, target }
  return {
    name,
    destination,
    target,
    priority: priority ?? defaultPriority,
    state: (wire.warnings ?? []).some(({ code }) => deadEnds.has(code ?? '')) ? 'blackhole' : 'active',
    origin: originOf(wire),
    isMarked: hasMark({ name, description }, identity),
    tags,
    description,
  }
}

/** Of a route that is given none. */
export const defaultPriority = 1000

/**
 * What Google warns of in a route whose packets get nowhere. That the instance may not forward is none of them: it is
 * looked at where it can be told how to mend it.
 */
const deadEnds: ReadonlySet<string> = new Set([
  'NEXT_HOP_ADDRESS_NOT_ASSIGNED',
  'NEXT_HOP_INSTANCE_HAS_NO_IPV6_INTERFACE',
  'NEXT_HOP_INSTANCE_NOT_FOUND',
  'NEXT_HOP_INSTANCE_NOT_ON_NETWORK',
  'NEXT_HOP_NOT_RUNNING',
])

function destinationOf(text: string): Cidr | undefined {
  try {
    return parseCidr(text)
  } catch (error) {
    // One line that makes no sense must not hide all the others.
    if (error instanceof AddressSyntaxError) return undefined
    throw error
  }
}

function targetOf(wire: WireRoute): Target {
  if (wire.nextHopInstance) return { kind: 'instance', id: pathOf(wire.nextHopInstance) }
  if (wire.nextHopIp) return { kind: 'address', id: canonicalAddress(wire.nextHopIp) }
  const url =
    wire.nextHopGateway ??
    wire.nextHopIlb ??
    wire.nextHopVpnTunnel ??
    wire.nextHopNetwork ??
    wire.nextHopPeering ??
    wire.nextHopInterconnectAttachment ??
    wire.nextHopHub
  return { kind: 'other', id: url ? pathOf(url) : 'unknown' }
}

function canonicalAddress(text: string): string {
  try {
    return formatAddress(parseAddress(text))
  } catch (error) {
    if (error instanceof AddressSyntaxError) return text
    throw error
  }
}

/** A subnet's own routes can't be changed; what a peer, a router or a hub brought is not of this network. */
function originOf(wire: WireRoute): ObservedRoute['origin'] {
  if (wire.nextHopNetwork) return 'local'
  if (wire.nextHopPeering || wire.nextHopHub || wire.nextHopInterconnectAttachment) return 'propagated'
  return wire.routeType === 'BGP' || wire.routeType === 'TRANSIT' ? 'propagated' : 'static'
}

/** How a route is told where to lead. Undefined for what podway never writes. */
export function nextHopOf(target: Target): Pick<WireRoute, 'nextHopInstance' | 'nextHopIp'> | undefined {
  switch (target.kind) {
    case 'instance':
      return { nextHopInstance: target.id }
    case 'address':
      return { nextHopIp: target.id }
    case 'eni':
    case 'other':
      return undefined
  }
}
