import type { FabricState } from '../fabric-state.ts'
import { type SampleMachine, numberOf, podRanges, sampleMachines } from '../testing/sample-pods.ts'
import { networkFabric } from './network-rules.ts'
import type { NetworkState, Nic, StaticRoute, Subnet } from './network-state.ts'

const subnetOf: Readonly<Record<SampleMachine, 'a' | 'b' | 'db'>> = { a1: 'a', a2: 'a', b1: 'b', db: 'db' }
const subnetNumbers = { a: 1, b: 2, db: 3 } as const

export const ownAddresses = (name: SampleMachine): { readonly 4: string; readonly 6: string } => ({
  4: `10.0.${subnetNumbers[subnetOf[name]]}.${numberOf(name) + 1}`,
  6: `fd20:0:0:${subnetNumbers[subnetOf[name]]}:${numberOf(name)}::`,
})

const zones = { a: 'europe-west1-b', b: 'us-east1-c', db: 'europe-west1-b' } as const
export const instancePath = (name: SampleMachine): string =>
  `projects/p/zones/${zones[subnetOf[name]]}/instances/${name}`
export const port = (name: SampleMachine): string => `${instancePath(name)}:nic0`
const subnetPath = (name: 'a' | 'b' | 'db'): string =>
  `projects/p/regions/${zones[name].slice(0, -2)}/subnetworks/${name}`

const subnet = (name: 'a' | 'b' | 'db'): Subnet => ({
  path: subnetPath(name),
  ranges: [`10.0.${subnetNumbers[name]}.0/24`, `fd20:0:0:${subnetNumbers[name]}::/64`],
  secondaryRanges: [`10.${63 + subnetNumbers[name]}.0.0/16`],
})

const nic = (name: SampleMachine): Nic => {
  const { 4: v4, 6: v6 } = ownAddresses(name)
  return {
    instance: instancePath(name),
    name: 'nic0',
    subnet: subnetPath(subnetOf[name]),
    addresses: [v4, v6],
    ranges: [`${v6}/96`],
    canIpForward: name !== 'db',
    tags: [],
    isRunning: true,
  }
}

/** A static route of priority 1000 to that instance, unless told otherwise. */
export const route = (
  destination: string,
  name: SampleMachine,
  change: Partial<StaticRoute> = {},
): StaticRoute => ({
  destination,
  priority: 1000,
  tags: [],
  nextHop: { kind: 'instance', instance: instancePath(name) },
  ...change,
})

/** Of both families, to the pods of these instances. */
export const routesTo = (...names: readonly SampleMachine[]): readonly StaticRoute[] =>
  names.flatMap((name) => podRanges(name).map((range) => route(range, name)))

/**
 * A network of Google's for tests: subnets `a` and `db` in one region, `b` in another one, each with a secondary range for
 * alias ranges; instances `a1`, `a2` and `b1` that may forward, and `db` that may not. It has these static routes; those to
 * the pods of all that may forward if absent.
 */
export const sampleNetwork = (
  routes: readonly StaticRoute[] = routesTo('a1', 'a2', 'b1'),
  change: Partial<Record<SampleMachine, Partial<Nic>>> = {},
): NetworkState => ({
  subnets: [subnet('a'), subnet('b'), subnet('db')],
  nics: sampleMachines.map((name) => ({ ...nic(name), ...change[name] })),
  routes,
})

/** What the fabric makes of it. */
export const sampleFabric = (...sample: Parameters<typeof sampleNetwork>): FabricState =>
  networkFabric(sampleNetwork(...sample))
