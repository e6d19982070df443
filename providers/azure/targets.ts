import { type Family, formatAddress } from '../../net/address.ts'
import type { NodePlaces } from '../node-places.ts'
import {
  type NodeView,
  type TargetKey,
  type TargetProblem,
  type TargetQuery,
  targetKey,
} from '../provider.ts'
import type { Target } from '../route.ts'
import type { NodeInterface } from './interfaces.ts'
import type { NodeInterfaces } from './node-interfaces.ts'
import { machineOfProviderId, networkOf } from './resource-ids.ts'

export interface TargetFinder {
  readonly interfaces: NodeInterfaces
  /** Learns where the nodes are. */
  readonly places: NodePlaces
}

/** The machines' addresses, of the family that is asked for; a node is looked up once for both. */
export async function findTargets(
  { interfaces, places }: TargetFinder,
  wanted: readonly TargetQuery[],
  signal: AbortSignal,
): Promise<ReadonlyMap<TargetKey, Target | TargetProblem>> {
  const nodes = [...new Map(wanted.map(({ node }) => [node.name, node])).values()]
  const found = await findInterfaces(interfaces, nodes, signal)
  for (const node of nodes) {
    const its = found.get(node.name)
    if (its === undefined || 'problem' in its) continue
    const subnets = subnetsOf(its)
    const [first] = subnets
    if (first !== undefined) places.learn(node, { vpcId: networkOf(first), subnets })
  }
  return new Map(
    wanted.map((query) => {
      const its = found.get(query.node.name) ?? { problem: 'waiting', message: 'nothing is known of it yet' }
      return [targetKey(query), 'problem' in its ? its : addressAmong(its, query.node, query.family)]
    }),
  )
}

type Found = readonly NodeInterface[] | TargetProblem

/** Those of each node's machine, by name of the node; each has an entry. */
export async function findInterfaces(
  interfaces: NodeInterfaces,
  nodes: readonly NodeView[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Found>> {
  const unidentified = nodes.filter((node) => !hasId(node))
  return new Map([
    ...(await byProviderId(interfaces, nodes.filter(hasId), signal)),
    ...(await byAddress(interfaces, unidentified, signal)),
  ])
}

/** Ids of those in which one of the interfaces has an address. */
export const subnetsOf = (interfaces: readonly NodeInterface[]): readonly string[] => [
  ...new Set(interfaces.flatMap(({ addresses }) => addresses.map(({ subnet }) => subnet))),
]

type IdentifiedNode = NodeView & { readonly providerID: string }

const hasId = (node: NodeView): node is IdentifiedNode => node.providerID !== undefined

async function byProviderId(
  interfaces: NodeInterfaces,
  nodes: readonly IdentifiedNode[],
  signal: AbortSignal,
): Promise<readonly (readonly [name: string, found: Found])[]> {
  const machines = nodes.flatMap(({ providerID }) => machineOfProviderId(providerID) ?? [])
  const found = await interfaces.ofMachines(machines, signal)
  return nodes.map(({ name, providerID }) => {
    const machine = machineOfProviderId(providerID)
    if (machine === undefined)
      return [
        name,
        { problem: 'invalid', message: `providerID ${providerID} names no virtual machine of Azure` },
      ]
    const its = found.get(machine.id)
    if (its === undefined)
      return [name, { problem: 'gone', message: `Azure knows no virtual machine ${machine.id}` }]
    if (its.length > 0) return [name, its]
    return [name, { problem: 'waiting', message: `${machine.id} has no network interface yet` }]
  })
}

async function byAddress(
  interfaces: NodeInterfaces,
  nodes: readonly NodeView[],
  signal: AbortSignal,
): Promise<readonly (readonly [name: string, found: Found])[]> {
  const told = nodes.filter(({ addresses }) => addresses.length > 0)
  const all = told.length === 0 ? [] : await interfaces.inScope(signal)
  return nodes.map(({ addresses, name }) => {
    const texts = new Set(addresses.map(formatAddress))
    const matching = all.filter((one) =>
      one.addresses.some(({ address }) => texts.has(formatAddress(address))),
    )
    const machines = new Set(matching.map(({ machine }) => machine))
    if (machines.size === 1) return [name, all.filter(({ machine }) => machines.has(machine))]
    const why =
      machines.size > 1 ? 'several machines have an address of it' : 'no machine has an address of it'
    return [name, { problem: 'waiting', message: `node ${name} has no providerID yet, and ${why}` }]
  })
}

/** The one that the Node itself has as its own, else the first of the interface by which packets leave. */
export function addressAmong(
  interfaces: readonly NodeInterface[],
  { addresses: own }: NodeView,
  family: Family,
): Target | TargetProblem {
  const candidates = interfaces
    .flatMap((one) =>
      one.addresses.map((entry) => ({ ...entry, rank: Number(one.primary) * 2 + Number(entry.primary) })),
    )
    .filter(({ address }) => address.family === family)
    .sort((a, b) => b.rank - a.rank)
  const texts = candidates.map(({ address }) => formatAddress(address))
  const id = own.map(formatAddress).find((text) => texts.includes(text)) ?? texts[0]
  if (id !== undefined) return { kind: 'address', id }
  const machine = interfaces[0]?.machine ?? ''
  return {
    problem: 'invalid',
    message: `${machine} has no IPv${family} address: its interface needs an IP configuration of that family`,
  }
}
