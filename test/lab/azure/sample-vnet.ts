import type { FabricState } from '../fabric-state.ts'
import { type SampleMachine, numberOf, podRanges, sampleMachines } from '../testing/sample-pods.ts'
import { vnetFabric } from './vnet-rules.ts'
import type { Nic, RouteTable, UserRoute, VnetState } from './vnet-state.ts'

type SubnetName = 'a' | 'b' | 'db'

const subnetOf: Readonly<Record<SampleMachine, SubnetName>> = { a1: 'a', a2: 'a', b1: 'b', db: 'db' }
const subnetNumbers = { a: 1, b: 2, db: 3 } as const

export const ownAddresses = (name: SampleMachine): { readonly 4: string; readonly 6: string } => ({
  4: `10.0.${subnetNumbers[subnetOf[name]]}.${numberOf(name) + 3}`,
  6: `fd00:10:0:${subnetNumbers[subnetOf[name]]}::${numberOf(name) + 3}`,
})

const base = '/subscriptions/s/resourcegroups/g/providers/microsoft.network'
export const nicId = (name: SampleMachine): string => `${base}/networkinterfaces/${name}-nic`
const subnetId = (name: SubnetName): string => `${base}/virtualnetworks/net/subnets/${name}`
const tableId = (name: SubnetName): string => `${base}/routetables/${name}`

const nic = (name: SampleMachine): Nic => ({
  id: nicId(name),
  subnetId: subnetId(subnetOf[name]),
  addresses: Object.values(ownAddresses(name)),
  enableIpForwarding: name !== 'db',
  isRunning: true,
})

/** A route by the machine, as a virtual appliance. */
export const route = (prefix: string, name: SampleMachine): UserRoute => ({
  prefix,
  nextHop: { kind: 'appliance', address: ownAddresses(name)[prefix.includes(':') ? 6 : 4] },
})

/** Of both families, to the pods of these machines. */
export const routesTo = (...names: readonly SampleMachine[]): readonly UserRoute[] =>
  names.flatMap((name) => podRanges(name).map((range) => route(range, name)))

/**
 * A virtual network of Azure for tests: subnets `a` and `b` for nodes and `db`, each associated to a table of its name;
 * machines `a1`, `a2` and `b1` with IP forwarding, and `db` without. Its tables have these routes; if absent those to the
 * pods of all nodes, and none for `db`; null is a subnet without a table.
 */
export function sampleVnet(
  routes: Partial<Record<SubnetName, readonly UserRoute[] | null>> = {},
  change: Partial<Record<SampleMachine, Partial<Nic>>> = {},
): VnetState {
  const names = ['a', 'b', 'db'] as const
  const all = routesTo('a1', 'a2', 'b1')
  const routesOf = (name: SubnetName): readonly UserRoute[] | null => {
    const given = routes[name]
    return given === undefined ? (name === 'db' ? [] : all) : given
  }
  return {
    addressSpace: ['10.0.0.0/16', 'fd00:10::/48'],
    subnets: names.map((name) => ({
      id: subnetId(name),
      prefixes: [`10.0.${subnetNumbers[name]}.0/24`, `fd00:10:0:${subnetNumbers[name]}::/64`],
      tableId: routesOf(name) === null ? undefined : tableId(name),
    })),
    nics: sampleMachines.map((name) => ({ ...nic(name), ...change[name] })),
    tables: names.map((name): RouteTable => ({ id: tableId(name), routes: routesOf(name) ?? [] })),
  }
}

/** What the fabric makes of it. */
export const sampleFabric = (...sample: Parameters<typeof sampleVnet>): FabricState =>
  vnetFabric(sampleVnet(...sample))
