import type { PathFacts, PathRoute } from '../../../agent/path/path-facts.ts'
import { type Address, formatAddress } from '../../../net/address.ts'
import type { Finding } from '../../../providers/finding.ts'
import { checkPodInterface, leadsToPod } from './check-pod-interface.ts'
import { found } from './path-findings.ts'
import type { Leg, NodeView, Party } from './path-picture.ts'
import { swallowed } from './swallowed.ts'

/** Whether the Node sends the packet off, on its way to another one. */
export function checkDepartureRoute(view: NodeView, { destination }: Leg): Finding {
  const { facts, node } = view
  const { exit, way } = facts
  if (way.result === 'refused') return refused(view, destination.address)
  const { route } = way
  const refusal = byKind(node, destination.address, route)
  if (refusal !== undefined) return refusal
  const object = { kind: 'Node', name: node }
  const to = formatAddress(destination.address)
  if (exit?.kind === 'veth' && route.gateway === undefined)
    return found('RouteAstray', {
      object,
      message: `Node ${node} has the route to ${route.destination} by ${exit.name}, as if ${to} were a pod of its own, and it is on ${destination.node?.name ?? 'none'}.`,
      fix: `ip route del ${route.destination} dev ${exit.name} (on Node ${node}), and look for what made it.`,
    })
  return found('RouteFound', {
    object,
    message: `Node ${node} sends packets for ${to} by ${wayText(route)}.`,
  })
}

/** Whether the Node hands the packet to whom it is for: a pod by its interface, or the Node itself. */
export function checkArrivalRoute(view: NodeView, destination: Party): Finding {
  const { facts, node } = view
  const { way } = facts
  if (way.result === 'refused') return refused(view, destination.address)
  const { route } = way
  const to = formatAddress(destination.address)
  const object = { kind: 'Node', name: node }
  if (destination.isHost) {
    if (route.kind === 'local')
      return found('RouteFound', {
        object,
        message: `Node ${node} takes packets for ${to}: the address is its own.`,
      })
    return found('AddressNotHere', {
      object,
      message: `Node ${node} does not have ${to}: it would send packets for it by ${wayText(route)}.`,
    })
  }
  const refusal = byKind(node, destination.address, route)
  if (refusal !== undefined) return refusal
  const isRight = leadsToPod(
    { route, ...(facts.exit === undefined ? {} : { link: facts.exit }) },
    destination,
  )
  if (!isRight) {
    const connection = checkPodInterface(view, 'destination', destination)
    if (connection.severity === 'error') return connection
    // The main table is right, and a rule leads to another one.
    return found('RouteAstray', {
      object,
      message: `Node ${node} has the interface of ${destination.name} (${to}), and sends its packets by ${wayText(route)} all the same.`,
      fix: `ip rule (on Node ${node}) shows which rule leads to table ${tableName(route.table)}.`,
    })
  }
  return found('RouteFound', {
    object,
    message: `Node ${node} hands packets for ${to} to ${route.interface ?? 'its interface'}.`,
  })
}

function byKind(node: string, address: Address, route: PathRoute): Finding | undefined {
  if (route.kind === 'unicast') return undefined
  if (route.kind === 'local') return swallowed(node, address, route)
  return found('RouteRefuses', {
    object: { kind: 'Node', name: node },
    message: `Node ${node} drops packets for ${formatAddress(address)}: the route to ${route.destination} in table ${route.table} is ${route.kind}.`,
  })
}

function refused({ facts, node }: NodeView, address: Address): Finding {
  const object = { kind: 'Node', name: node }
  const to = formatAddress(address)
  const why = refusalOf(facts)
  switch (why) {
    case 'reverse-path': {
      const entry = facts.entry?.name ?? 'the interface'
      const back = facts.source.link?.name
      const mode = facts.entry?.reversePathFilter === 2 ? 'loose' : 'strict'
      return found('ReversePathFiltered', {
        object,
        message: `The packet comes in by ${entry} on Node ${node}, which ${back === undefined ? 'has no route to its source' : `would answer by ${back}`}: rp_filter is ${mode} there, and drops it.`,
        ...(back === undefined
          ? {}
          : {
              fix: `sysctl -w net/ipv4/conf/all/rp_filter=2 net/ipv4/conf/${entry}/rp_filter=2 (on Node ${node}), or make packets come in by ${back}.`,
            }),
      })
    }
    case 'no-route':
      return found('NoRoute', { object, message: `Node ${node} has no route to ${to}.` })
    case 'not-forwarded':
      return found('ForwardingOff', {
        object,
        message: `Node ${node} has nowhere to send packets for ${to}: what comes in by ${facts.entry?.name ?? 'there'} is not forwarded.`,
      })
    default:
      return found('RouteRefuses', {
        object,
        message: `Node ${node} drops packets for ${to}: its kernel says ${why}.`,
      })
  }
}

/** Where nothing is forwarded, the kernel calls every other address unreachable. */
function refusalOf({ entry, way }: PathFacts): string {
  if (way.result === 'found') return 'nothing'
  return way.why === 'unreachable' && entry?.forwards === false ? 'not-forwarded' : way.why
}

function wayText({ destination, gateway, interface: name, table }: PathRoute): string {
  const by = [name ?? 'no interface', ...(gateway === undefined ? [] : [`gateway ${gateway}`])].join(', ')
  return `${by} (the route to ${destination} of table ${tableName(table)})`
}

const tableName = (table: number): string => (table === 254 ? 'main' : String(table))
