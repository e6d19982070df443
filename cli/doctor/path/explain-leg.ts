import { formatAddress } from '../../../net/address.ts'
import type { Finding } from '../../../providers/finding.ts'
import { checkFirewall } from './check-firewall.ts'
import { checkForwarding } from './check-forwarding.ts'
import { checkGateway, checkUplink } from './check-links.ts'
import { checkMtu } from './check-mtu.ts'
import { checkPodInterface } from './check-pod-interface.ts'
import { checkArrivalRoute, checkDepartureRoute } from './check-route.ts'
import { checkSourceAddress } from './check-source-address.ts'
import { found } from './path-findings.ts'
import type { Hop, Leg, NodeReading, NodeView, Party } from './path-picture.ts'

/** The steps of one direction, in the order in which a packet meets them. Pure. */
export function explainLeg(leg: Leg): readonly Hop[] {
  const { arrival, cloud = [], departure, destination, source, way } = leg
  const { family } = source.address
  const hops = (at: string, findings: readonly Finding[]): readonly Hop[] =>
    findings.map((finding) => ({ way, at, finding }))
  const atNode = (
    party: Party,
    reading: NodeReading | undefined,
    explain: (view: NodeView, leg: Leg) => readonly Finding[],
  ): readonly Hop[] => {
    const node = party.node?.name
    if (reading === undefined || node === undefined) return []
    if ('facts' in reading) return hops(node, explain({ node, family, facts: reading.facts }, leg))
    return hops(node, [
      found('NodeNotAsked', {
        object: { kind: 'Node', name: node },
        message: `Node ${node} could not be asked: ${reading.unasked}.`,
      }),
    ])
  }
  return [
    ...(source.node === undefined ? hops(formatAddress(source.address), [outOfSight(source)]) : []),
    ...atNode(source, departure, explainDeparture),
    ...hops('cloud', cloud),
    ...atNode(destination, arrival, explainArrival),
    ...(destination.node === undefined
      ? hops(formatAddress(destination.address), [outOfSight(destination)])
      : []),
    ...mtuHops(leg),
  ]
}

function explainDeparture(view: NodeView, leg: Leg): readonly Finding[] {
  const { destination, source } = leg
  const staysHere = destination.node !== undefined && destination.node.name === source.node?.name
  return [
    ...(source.isHost ? [] : [checkPodInterface(view, 'source', source)]),
    ...(source.isHost || (staysHere && destination.isHost) ? [] : [checkForwarding(view)]),
    ...(staysHere
      ? handOver(view, destination)
      : [checkDepartureRoute(view, leg), ...checkGateway(view), checkFirewall(view)]),
    ...(source.isHost || leg.way === 'back' ? [] : [checkSourceAddress(view, destination)]),
  ]
}

function explainArrival(view: NodeView, { destination }: Leg): readonly Finding[] {
  return [
    ...checkUplink(view),
    ...(destination.isHost ? [] : [checkForwarding(view)]),
    ...handOver(view, destination),
  ]
}

/** From the Node's routes to the pod, or to the Node itself. What ends at the routes comes to no interface. */
function handOver(view: NodeView, destination: Party): readonly Finding[] {
  const route = checkArrivalRoute(view, destination)
  const isOver = route.severity === 'error' || destination.isHost
  return [
    route,
    checkFirewall(view),
    ...(isOver ? [] : [checkPodInterface(view, 'destination', destination)]),
  ]
}

function mtuHops(leg: Leg): readonly Hop[] {
  const judged = checkMtu(leg)
  return judged === undefined ? [] : [{ way: leg.way, ...judged }]
}

const outOfSight = ({ address, name }: Party): Finding =>
  found('OutOfSight', {
    object: { kind: 'address', name: formatAddress(address) },
    message: `${name} is on no Node of the cluster: whether it takes the packet, and answers, can’t be seen from here.`,
  })
