import { type Address, formatAddress } from '../../net/address.ts'
import { type Cidr, containsAddress, containsCidr, equalCidrs, formatCidr } from '../../net/cidr.ts'
import type { Request } from '../netlink/connection.ts'
import type { OpError } from '../netlink/error.ts'
import type { TableRoute } from '../netlink/main-table.ts'
import {
  type MarkedRoute,
  createMarkedRoute,
  deleteMarkedRoute,
  replaceMarkedRoute,
} from '../netlink/marked-route.ts'
import { Fields, invalid } from './parameters.ts'
import { type RouteOutcome, maxRouteChanges, routeMetric, routeProtocol } from './protocol.ts'
import { type RouteTable, isHost, isOnLink, onlyGateway, ownRoute } from './route-table.ts'

/** A change as it was read: see `RouteChange`. */
export type ReadChange =
  | { readonly op: 'create'; readonly destination: Cidr; readonly gateway: Address }
  | { readonly op: 'replace'; readonly destination: Cidr; readonly from: Address; readonly gateway: Address }
  | { readonly op: 'delete'; readonly destination: Cidr; readonly from: Address }

/** @throws ServeError `invalid` */
export function readRouteChanges(parameters: unknown): readonly ReadChange[] {
  const seen = new Set<string>()
  return new Fields(parameters, 'parameters', ['changes']).list('changes', maxRouteChanges, (value, path) => {
    const change = readChange(value, path)
    const key = formatCidr(change.destination)
    // What follows on a change that fails would be judged by what is not there.
    if (seen.has(key)) throw invalid(path, `there is another change of ${key}: one destination, one change`)
    seen.add(key)
    return change
  })
}

function readChange(value: unknown, path: string): ReadChange {
  const fields = new Fields(value, path, ['op', 'destination', 'from', 'gateway'])
  const op = fields.text('op', 10)
  const destination = fields.cidr('destination')
  refuseStrangeRange(destination, fields.path('destination'))
  const gateway = (name: 'from' | 'gateway'): Address => {
    const address = fields.address(name)
    if (address.family !== destination.family)
      throw invalid(
        fields.path(name),
        `${formatAddress(address)} is not of the family of ${formatCidr(destination)}`,
      )
    return address
  }
  switch (op) {
    case 'create':
      refuse(fields, 'from', op)
      return { op, destination, gateway: outside(destination, gateway('gateway'), fields) }
    case 'replace':
      return {
        op,
        destination,
        from: gateway('from'),
        gateway: outside(destination, gateway('gateway'), fields),
      }
    case 'delete':
      refuse(fields, 'gateway', op)
      return { op, destination, from: gateway('from') }
    default:
      throw invalid(fields.path('op'), `there is no ${JSON.stringify(op)}: create, replace or delete`)
  }
}

function refuse(fields: Fields, name: string, op: string): void {
  if (fields.has(name)) throw invalid(fields.path(name), `a ${op} has none`)
}

/** A gateway that the route itself leads to is never reached. */
function outside(destination: Cidr, gateway: Address, fields: Fields): Address {
  if (containsAddress(destination, gateway))
    throw invalid(fields.path('gateway'), `${formatAddress(gateway)} lies in ${formatCidr(destination)}`)
  return gateway
}

/** What can be no node's podCIDR, but would harm: everything at once, and ranges with a meaning of their own. */
function refuseStrangeRange(range: Cidr, path: string): void {
  const widest = range.family === 4 ? 8 : 16
  if (range.prefixLength < widest)
    throw invalid(path, `${formatCidr(range)} is too wide for pods: /${widest} is the widest range`)
  const bits = range.family === 4 ? 24n : 120n
  const first = Number(range.network >> bits)
  const second = Number((range.network >> (bits - 8n)) & 0xffn)
  const isSpecial =
    range.family === 4
      ? first === 0 || first === 127 || first >= 224 || (first === 169 && second === 254)
      : first === 0xff || first === 0 || (first === 0xfe && second >= 0x80 && second < 0xc0)
  if (isSpecial) throw invalid(path, `${formatCidr(range)} is no range for pods: it has a meaning of its own`)
}

/** What to ask of the kernel for one change, in this order; or what became of it without asking. */
export type Decision = { readonly outcome: RouteOutcome } | { readonly requests: readonly Request[] }

/** Pure. Nothing that is not ours is ever overwritten or removed. */
export function decide(change: ReadChange, table: RouteTable): Decision {
  const there = table.byDestination.get(formatCidr(change.destination)) ?? []
  switch (change.op) {
    case 'create':
      return decideCreate(change, there, table)
    case 'replace':
      return decideReplace(change, there, table)
    case 'delete':
      return decideDelete(change, there)
  }
}

function decideCreate(
  { destination, gateway }: Extract<ReadChange, { op: 'create' }>,
  there: readonly TableRoute[],
  table: RouteTable,
): Decision {
  const [first] = there
  if (first !== undefined) return leadsTo(first, gateway) ? existed : changed(destination, there)
  const refusal = misled(destination, gateway, table)
  if (refusal !== undefined) return refusal
  return { requests: [createMarkedRoute(marked(destination, gateway, routeMetric))] }
}

function decideReplace(
  { destination, from, gateway }: Extract<ReadChange, { op: 'replace' }>,
  there: readonly TableRoute[],
  table: RouteTable,
): Decision {
  const [first] = there
  const own = first && ownRoute(first)
  if (own === undefined || formatAddress(own.gateway) !== formatAddress(from))
    return first !== undefined && leadsTo(first, gateway) ? existed : changed(destination, there)
  // Another one, of somebody else's, with the same metric would be what the kernel replaces, or a part of it.
  if (there.some((one) => one.metric === own.route.metric && ownRoute(one) === undefined))
    return changed(destination, there)
  const refusal = misled(destination, gateway, table)
  if (refusal !== undefined) return refusal
  const surplus = there.slice(1).flatMap((one) => ownRoute(one) ?? [])
  return {
    requests: [
      replaceMarkedRoute(marked(destination, gateway, own.route.metric)),
      ...surplus.map((one) => deleteMarkedRoute(marked(destination, one.gateway, one.route.metric))),
    ],
  }
}

function decideDelete(
  { destination, from }: Extract<ReadChange, { op: 'delete' }>,
  there: readonly TableRoute[],
): Decision {
  if (there.length === 0) return { outcome: { result: 'done' } }
  const ours = there
    .flatMap((one) => ownRoute(one) ?? [])
    .filter((one) => formatAddress(one.gateway) === formatAddress(from))
  if (ours.length === 0) return changed(destination, there)
  return {
    requests: ours.map((one) => deleteMarkedRoute(marked(destination, one.gateway, one.route.metric))),
  }
}

const marked = (destination: Cidr, gateway: Address, metric: number): MarkedRoute => ({
  destination,
  gateway,
  metric,
  protocol: routeProtocol,
})

const existed: Decision = { outcome: { result: 'done', existed: true } }

function leadsTo(route: TableRoute, gateway: Address): boolean {
  const only = onlyGateway(route)
  return only !== undefined && formatAddress(only) === formatAddress(gateway)
}

function changed(destination: Cidr, [first]: readonly TableRoute[]): Decision {
  const text = formatCidr(destination)
  const message =
    first === undefined
      ? `${text} has no route now`
      : `${text} has another route now: ${describe(first)}, protocol ${first.protocol}, metric ${first.metric}`
  return { outcome: { result: 'failed', reason: 'changed', message } }
}

function describe(route: TableRoute): string {
  const gateway = onlyGateway(route)
  if (gateway !== undefined) return `via ${formatAddress(gateway)}`
  if (route.kind !== 'unicast') return route.kind
  return route.ways.length > 1 ? `${route.ways.length} ways` : 'on-link'
}

/** What the kernel would take, and that would harm. */
function misled(destination: Cidr, gateway: Address, { own, routes }: RouteTable): Decision | undefined {
  const text = formatAddress(gateway)
  // For IPv4 the kernel looks at the main table alone, where its own addresses are not: it would send to itself.
  if (own.has(text)) return failed('unreachable', `the gateway ${text} is an address of this node itself`)
  const neighbours = routes.find(
    (one) =>
      isOnLink(one) &&
      !isHost(one.destination) &&
      containsCidr(one.destination, destination) &&
      !equalCidrs(one.destination, destination),
  )
  if (neighbours === undefined) return undefined
  const [range, part] = [formatCidr(neighbours.destination), formatCidr(destination)]
  return failed(
    'refused',
    `${part} lies in ${range}, which is on a link of this node: its neighbours would be cut off`,
  )
}

const failed = (reason: 'unreachable' | 'refused', message: string): Decision => ({
  outcome: { result: 'failed', reason, message },
})

const [ENOENT, ESRCH, EEXIST, EINVAL, ENETDOWN, ENETUNREACH, EHOSTUNREACH] = [2, 3, 17, 22, 100, 101, 113]

/** What became of a change that the kernel refused. */
export function outcomeOf(change: ReadChange, { errno, message }: OpError): RouteOutcome {
  // Somebody was faster: between our look and our write.
  if (errno === ENOENT || errno === ESRCH || errno === EEXIST)
    return { result: 'failed', reason: 'changed', message, errno }
  const isAboutTheWay = [EINVAL, ENETDOWN, ENETUNREACH, EHOSTUNREACH].includes(errno)
  if (change.op !== 'delete' && isAboutTheWay) {
    const gateway = formatAddress(change.gateway)
    const text = `the gateway ${gateway} is on no link of this node (${message})`
    return { result: 'failed', reason: 'unreachable', message: text, errno }
  }
  return { result: 'failed', reason: 'system', message, errno }
}
