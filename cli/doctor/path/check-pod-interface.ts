import type { PathEnd } from '../../../agent/path/path-facts.ts'
import { addressBits, formatAddress } from '../../../net/address.ts'
import type { Finding } from '../../../providers/finding.ts'
import { found } from './path-findings.ts'
import type { NodeView, Party } from './path-picture.ts'
import { swallowed } from './swallowed.ts'

/** Whether a pod is connected to its Node: a route to an interface, up at both ends, and a pod that answers there. */
export function checkPodInterface(
  { facts, node }: NodeView,
  which: 'source' | 'destination',
  party: Party,
): Finding {
  const end = facts[which]
  const address = formatAddress(party.address)
  const { link, neighbour, route } = end
  if (route?.kind === 'local') return swallowed(node, party.address, route)
  if (link === undefined || !leadsToPod(end, party)) {
    const where =
      route === undefined
        ? 'has no route to it at all'
        : `would send packets for it by ${route.interface ?? 'no interface'}, by the route to ${route.destination}`
    if (facts.downInterfaces.length > 0)
      return found('PodInterfaceDown', {
        object: { kind: 'Node', name: node },
        message: `Node ${node} has no route to ${party.name} (${address}) of its own, and of its pods’ interfaces ${facts.downInterfaces.join(', ')} ${facts.downInterfaces.length === 1 ? 'is' : 'are'} down: one that is down loses its routes.`,
      })
    return found('PodRouteMissing', {
      object: { kind: 'Node', name: node },
      message: `Node ${node} has no route to ${party.name} (${address}) of its own: it ${where}.`,
    })
  }
  const object = { kind: 'interface', name: `${node}/${link.name}` }
  if (!link.isUp)
    return found('PodInterfaceDown', {
      object,
      message: `${link.name}, the interface of ${party.name} on Node ${node}, is down.`,
    })
  if (!link.hasCarrier || link.peer?.isUp === false)
    return found('PodInterfaceWithoutCarrier', {
      object,
      message: `${link.peer?.name ?? 'the interface'} in ${party.name}, the other end of ${link.name}, is down.`,
    })
  if (neighbour?.state === 'failed')
    return found('PodNotAnswering', {
      object,
      message: `${party.name} does not answer on ${link.name} when Node ${node} asks for ${address}.`,
    })
  if (neighbour?.mac !== undefined && link.peer?.mac !== undefined && neighbour.mac !== link.peer.mac)
    return found('PodHardwareAddressChanged', {
      object,
      message: `Node ${node} sends to ${neighbour.mac} on ${link.name}, and ${link.peer.name} of ${party.name} has ${link.peer.mac}.`,
      fix: `ip neighbour del ${address} dev ${link.name} (on Node ${node}).`,
    })
  return found('PodInterfaceUp', {
    object,
    message: `${link.name} of ${party.name} is up, and takes packets of ${link.mtu} bytes.`,
  })
}

/** A route to the pod alone, or to a range that is on the wire: not one that passes the packet on to somebody else. */
export function leadsToPod({ link, route }: PathEnd, { address }: Party): boolean {
  if (route?.kind !== 'unicast' || route.gateway !== undefined) return false
  return route.destination.endsWith(`/${addressBits(address.family)}`) || link?.kind === 'bridge'
}
