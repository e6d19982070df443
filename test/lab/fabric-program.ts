import { parseCidr } from '../../net/cidr.ts'
import { type Family, parseAddress } from '../../net/address.ts'
import type { FabricRoute, FabricState, FabricTable, Port } from './fabric-state.ts'
import { hostCidr } from './host-cidr.ts'

/**
 * The router's configuration: routes by what names them in the kernel (table and destination), rules by their text.
 * Two programs are compared to find the least that has to change.
 */
export interface FabricProgram {
  readonly routes: ReadonlyMap<string, KernelRoute>
  readonly rules: ReadonlyMap<string, KernelRule>
}

export interface KernelRoute {
  readonly table: string
  readonly destination: string
  /** `dev …`, `via … dev … onlink`, several of these, each behind `nexthop`, or `blackhole`. */
  readonly via: string
}

export interface KernelRule {
  readonly family: Family
  /** The arguments of `ip rule add` and of `ip rule del` alike. */
  readonly text: string
}

export const emptyProgram: FabricProgram = { routes: new Map(), rules: new Map() }

/**
 * The router's end of the cable to a port. The tail of the id's last part is kept: a device has at most 15 characters, and
 * of a cloud's ids the tails differ.
 */
export function legName(portId: string): string {
  const name = portId.split('/').at(-1) ?? ''
  return `e${name
    .replace(/^eni-/, '')
    .replaceAll(/[^\w.-]/g, '-')
    .slice(-14)}`
}

/** The node's link-local address on its cable: next hop of IPv6 packets, whether the port has an IPv6 address or not. */
export const nodeLinkLocal = 'fe80::2'
/** The router's link-local address on every cable: the node's IPv6 gateway. */
export const routerLinkLocal = 'fe80::1'

/** A device of the router that drops what is sent to it: how one of several ports that share a route drops its share. */
export const voidDevice = 'void'

/**
 * What the router has to do in this state, given the ports that a cable leads to. In the kernel's words:
 *
 * - a packet follows the table of the port that it came from: `ip rule … iif`;
 * - a port that does not forward has rules that let pass only what is `from` its own, with one behind them that drops the
 *   rest; and routes to it drop, but those to its own;
 * - each connection stays with one of several ports (the hash is of its addresses and ports).
 *
 * What is dropped is dropped without a word, as in a real network. (An ICMP error would end a probe no sooner: on one
 * kernel it arrives while `connect` still holds the socket, which then waits for the next SYN.)
 */
export function programFor(state: FabricState, plugged: ReadonlySet<string>): FabricProgram {
  const ports = new Map(state.ports.filter(({ id }) => plugged.has(id)).map((port) => [port.id, port]))
  const routes = new Map<string, KernelRoute>()
  const rules = new Map<string, KernelRule>()
  for (const table of state.tables) {
    for (const route of tableRoutes(table, ports)) routes.set(keyOf(route), route)
  }
  for (const port of ports.values()) {
    for (const rule of rulesOf(port)) rules.set(`${rule.family} ${rule.text}`, rule)
  }
  return { routes, rules }
}

const keyOf = (route: KernelRoute): string => `table ${route.table} ${route.destination}`

function* tableRoutes(table: FabricTable, ports: ReadonlyMap<string, Port>): Generator<KernelRoute> {
  const number = kernelTable(table.id)
  for (const destination of ['0.0.0.0/0', '::/0']) yield { table: number, destination, via: 'blackhole' }
  for (const route of table.routes)
    yield { table: number, destination: route.destination, via: viaOf(route, ports) }
}

function viaOf({ destination, ports: ids }: FabricRoute, ports: ReadonlyMap<string, Port>): string {
  const hops = ids.map((id) => {
    const port = ports.get(id)
    return port === undefined ? undefined : hopTo(port, destination)
  })
  if (hops.every((hop) => hop === undefined)) return 'blackhole'
  if (hops.length === 1) return hops.join()
  const nowhere = `via ${nowhereOf[parseCidr(destination).family]} dev ${voidDevice} onlink`
  return hops.map((hop) => `nexthop ${hop ?? nowhere}`).join(' ')
}

/** Nobody's addresses. */
const nowhereOf: Readonly<Record<Family, string>> = { 4: '192.0.2.1', 6: 'fe80::3' }

/** Undefined if the port does not take what is sent there. */
function hopTo(port: Port, destination: string): string | undefined {
  if (port.table === undefined || !(port.forwards || ownOf(port).includes(destination))) return undefined
  const leg = legName(port.id)
  if (port.addresses.some((address) => hostCidr(address) === destination)) return `dev ${leg}`
  const isV4 = parseCidr(destination).family === 4
  const neighbour = isV4 ? port.addresses.find((text) => parseAddress(text).family === 4) : nodeLinkLocal
  return neighbour === undefined ? undefined : `via ${neighbour} dev ${leg} onlink`
}

const ownOf = ({ addresses, ranges }: Port): readonly string[] => [...addresses.map(hostCidr), ...ranges]

function* rulesOf(port: Port): Generator<KernelRule> {
  const leg = legName(port.id)
  for (const family of [4, 6] as const) {
    yield { family, text: `pref 3000 from all iif ${leg} blackhole` }
    if (port.table === undefined) continue
    const table = kernelTable(port.table)
    if (port.forwards) {
      // Not the preference of the rules below: to the kernel, `from all` exists already where any `from` does.
      yield { family, text: `pref 2000 from all iif ${leg} lookup ${table}` }
      continue
    }
    for (const own of ownOf(port)) {
      if (parseCidr(own).family === family)
        yield { family, text: `pref 1000 from ${own} iif ${leg} lookup ${table}` }
    }
  }
}

/**
 * The kernel's number for a route table: FNV-1a of the id, clear of the numbers that the kernel names (253 to 255). It
 * depends on nothing but the id, so that a table keeps its number whatever becomes of the others.
 */
export function kernelTable(tableId: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < tableId.length; i++) hash = Math.imul(hash ^ tableId.charCodeAt(i), 0x01000193)
  return String(1000 + ((hash >>> 0) % 0x7fff_0000))
}

/** Lines for `ip -4 -batch` and for `ip -6 -batch`: a rule has no family of its own in `ip`'s language. */
export type FabricCommands = Readonly<Record<Family, readonly string[]>>

/**
 * The commands that lead from one program to the other and leave alone what both have. Additions come before removals:
 * a port whose rules change is never without one that lets its packets pass.
 */
export function commandsBetween(before: FabricProgram, after: FabricProgram): FabricCommands {
  const commands: Record<Family, string[]> = { 4: [], 6: [] }
  for (const [key, route] of after.routes) {
    if (before.routes.get(key)?.via !== route.via)
      commands[familyOf(route)].push(`route replace ${routeText(route)}`)
  }
  for (const [key, { family, text }] of after.rules)
    if (!before.rules.has(key)) commands[family].push(`rule add ${text}`)
  for (const [key, { family, text }] of before.rules)
    if (!after.rules.has(key)) commands[family].push(`rule del ${text}`)
  for (const [key, route] of before.routes) {
    if (!after.routes.has(key))
      commands[familyOf(route)].push(`route del ${route.destination} table ${route.table}`)
  }
  return commands
}

const familyOf = (route: KernelRoute): Family => parseCidr(route.destination).family

function routeText({ table, destination, via }: KernelRoute): string {
  return via === 'blackhole'
    ? `blackhole ${destination} table ${table}`
    : `${destination} table ${table} ${via}`
}
