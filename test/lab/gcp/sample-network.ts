import type { FabricState } from '../fabric-state.ts'
import { networkFabric } from './network-rules.ts'
import type { NetworkState, Nic, StaticRoute, Subnet } from './network-state.ts'

/**
 * A network of Google's for tests: subnets `a` and `db` in one region, `b` in another one, each with a secondary range for
 * alias ranges; instances `a1`, `a2`, `b1` that may forward, and `db` that may not. Pods of instance N live in
 * `podRanges(N)`.
 */
const numbers = { a1: 1, a2: 2, b1: 3, db: 4 } as const
export type SampleInstance = keyof typeof numbers
export const sampleInstances = ['a1', 'a2', 'b1', 'db'] as const satisfies readonly SampleInstance[]

const subnetOf: Readonly<Record<SampleInstance, 'a' | 'b' | 'db'>> = { a1: 'a', a2: 'a', b1: 'b', db: 'db' }
const subnetNumbers = { a: 1, b: 2, db: 3 } as const

export const podRanges = (name: SampleInstance): readonly [v4: string, v6: string] => [
  `10.244.${numbers[name]}.0/24`,
  `fd00:10:244:${numbers[name]}::/64`,
]
export const podAddresses = (name: SampleInstance): { readonly 4: string; readonly 6: string } => ({
  4: `10.244.${numbers[name]}.2`,
  6: `fd00:10:244:${numbers[name]}::2`,
})
export const ownAddresses = (name: SampleInstance): { readonly 4: string; readonly 6: string } => ({
  4: `10.0.${subnetNumbers[subnetOf[name]]}.${numbers[name] + 1}`,
  6: `fd20:0:0:${subnetNumbers[subnetOf[name]]}:${numbers[name]}::`,
})

const zones = { a: 'europe-west1-b', b: 'us-east1-c', db: 'europe-west1-b' } as const
export const instancePath = (name: SampleInstance): string =>
  `projects/p/zones/${zones[subnetOf[name]]}/instances/${name}`
export const port = (name: SampleInstance): string => `${instancePath(name)}:nic0`
const subnetPath = (name: 'a' | 'b' | 'db'): string =>
  `projects/p/regions/${zones[name].slice(0, -2)}/subnetworks/${name}`

const subnet = (name: 'a' | 'b' | 'db'): Subnet => ({
  path: subnetPath(name),
  ranges: [`10.0.${subnetNumbers[name]}.0/24`, `fd20:0:0:${subnetNumbers[name]}::/64`],
  secondaryRanges: [`10.${63 + subnetNumbers[name]}.0.0/16`],
})

const nic = (name: SampleInstance): Nic => {
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
  name: SampleInstance,
  change: Partial<StaticRoute> = {},
): StaticRoute => ({
  destination,
  priority: 1000,
  tags: [],
  nextHop: { kind: 'instance', instance: instancePath(name) },
  ...change,
})

/** Of both families, to the pods of these instances. */
export const routesTo = (...names: readonly SampleInstance[]): readonly StaticRoute[] =>
  names.flatMap((name) => podRanges(name).map((range) => route(range, name)))

/** The network with these static routes; to the pods of all nodes if absent. */
export const sampleNetwork = (
  routes: readonly StaticRoute[] = routesTo('a1', 'a2', 'b1'),
  change: Partial<Record<SampleInstance, Partial<Nic>>> = {},
): NetworkState => ({
  subnets: [subnet('a'), subnet('b'), subnet('db')],
  nics: sampleInstances.map((name) => ({ ...nic(name), ...change[name] })),
  routes,
})

/** What the fabric makes of it. */
export const sampleFabric = (...sample: Parameters<typeof sampleNetwork>): FabricState =>
  networkFabric(sampleNetwork(...sample))
