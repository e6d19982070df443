import { cidrAround, containsCidr, firstAddress, parseCidr } from '../../net/cidr.ts'
import { type Family, addressBits, formatAddress, parseAddress } from '../../net/address.ts'
import type { Eni, RouteTable, Subnet, VpcState } from './vpc-state.ts'

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
  /** `dev …`, `via … dev … onlink`, or `blackhole`. */
  readonly via: string
}

export interface KernelRule {
  readonly family: Family
  /** The arguments of `ip rule add` and of `ip rule del` alike. */
  readonly text: string
}

export const emptyProgram: FabricProgram = { routes: new Map(), rules: new Map() }

/** The router's end of the cable to an ENI. The tail of the id is kept: a device has at most 15 characters. */
export const legName = (eniId: string): string => `e${eniId.replace(/^eni-/, '').slice(-14)}`

/** The node's link-local address on its cable: next hop of IPv6 packets, whether the ENI has an IPv6 address or not. */
export const nodeLinkLocal = 'fe80::2'
/** The router's link-local address on every cable: the node's IPv6 gateway. */
export const routerLinkLocal = 'fe80::1'

/** The VPC router's own addresses in a subnet: the first one behind each range's lowest address, as AWS has it. */
export function gatewaysOf(subnet: Subnet): readonly { family: Family; address: string }[] {
  return subnet.cidrs.map((text) => {
    const { family, value } = firstAddress(parseCidr(text))
    return { family, address: formatAddress({ family, value: value + 1n }) }
  })
}

/**
 * What the router has to do for this VPC, given the ENIs that a cable leads to. Four decisions of AWS in the kernel's words:
 *
 * - a prefix that is delegated to an ENI is the ENI's own, for the local route and for both checks;
 * - a packet is judged by the table of the subnet of the ENI it came from: `ip rule … iif`;
 * - the source check is a rule that lets pass only `from` the ENI's addresses, with one behind it that drops the rest; the
 *   destination check is a route that drops, since the ENI's own addresses are VPC addresses, which have routes to
 *   themselves in every table;
 * - VPC ranges are delivered by the local route: a route for a part of them is left out, however specific it is.
 *
 * What is dropped is dropped without a word, as in a real VPC. (An ICMP error would end a probe no sooner: on one kernel it
 * arrives while `connect` still holds the socket, which then waits for the next SYN.)
 */
export function programFor(state: VpcState, plugged: ReadonlySet<string>): FabricProgram {
  const enis = new Map(state.enis.filter((eni) => plugged.has(eni.id)).map((eni) => [eni.id, eni]))
  const routes = new Map<string, KernelRoute>()
  const rules = new Map<string, KernelRule>()
  for (const table of state.tables) {
    for (const route of tableRoutes(state, table, enis)) routes.set(keyOf(route), route)
  }
  const tableOf = new Map(state.subnets.map((subnet) => [subnet.id, kernelTable(subnet.tableId)]))
  for (const eni of enis.values()) {
    for (const rule of rulesOf(eni, tableOf.get(eni.subnetId))) rules.set(`${rule.family} ${rule.text}`, rule)
  }
  return { routes, rules }
}

const keyOf = (route: KernelRoute): string => `table ${route.table} ${route.destination}`

function* tableRoutes(
  state: VpcState,
  table: RouteTable,
  enis: ReadonlyMap<string, Eni>,
): Generator<KernelRoute> {
  const number = kernelTable(table.id)
  for (const destination of ['0.0.0.0/0', '::/0']) yield { table: number, destination, via: 'blackhole' }
  const local = state.cidrs.map(parseCidr)
  for (const route of table.routes) {
    const destination = parseCidr(route.destination)
    if (local.some((range) => containsCidr(range, destination))) continue
    const eni = route.target.kind === 'eni' ? enis.get(route.target.id) : undefined
    const delivers = eni?.up === true && !eni.sourceDestCheck && route.state === 'active'
    const via = delivers ? nextHop(eni, destination.family) : 'blackhole'
    yield { table: number, destination: route.destination, via }
  }
  for (const range of state.cidrs) yield { table: number, destination: range, via: 'blackhole' }
  for (const eni of enis.values()) {
    if (!eni.up) continue
    for (const address of eni.addresses)
      yield { table: number, destination: hostCidr(address), via: `dev ${legName(eni.id)}` }
    for (const prefix of eni.prefixes)
      yield { table: number, destination: prefix, via: nextHop(eni, parseCidr(prefix).family) }
  }
}

function nextHop(eni: Eni, family: Family): string {
  const address = family === 6 ? nodeLinkLocal : eni.addresses.find((text) => parseAddress(text).family === 4)
  return address === undefined ? 'blackhole' : `via ${address} dev ${legName(eni.id)} onlink`
}

function* rulesOf(eni: Eni, table: string | undefined): Generator<KernelRule> {
  const leg = legName(eni.id)
  for (const family of [4, 6] as const) {
    yield { family, text: `pref 3000 from all iif ${leg} blackhole` }
    if (!eni.up || table === undefined) continue
    if (!eni.sourceDestCheck) {
      // Not the preference of the rules below: to the kernel, `from all` exists already where any `from` does.
      yield { family, text: `pref 2000 from all iif ${leg} lookup ${table}` }
      continue
    }
    for (const own of [...eni.addresses.map(hostCidr), ...eni.prefixes]) {
      if (parseCidr(own).family === family)
        yield { family, text: `pref 1000 from ${own} iif ${leg} lookup ${table}` }
    }
  }
}

function hostCidr(text: string): string {
  const address = parseAddress(text)
  const { family, prefixLength } = cidrAround(address, addressBits(address.family))
  return `${formatAddress({ family, value: address.value })}/${prefixLength}`
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
 * an ENI whose rules change is never without one that lets its packets pass.
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
    : `${destination} ${via} table ${table}`
}
