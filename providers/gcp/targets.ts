import { type Family, formatAddress } from '../../net/address.ts'
import {
  type NodeView,
  type TargetKey,
  type TargetProblem,
  type TargetQuery,
  isTargetProblem,
  targetKey,
} from '../provider.ts'
import type { Target } from '../route.ts'
import type { Gce } from './call.ts'
import type { WireInstance, WireInterface } from './gce-api.ts'
import { type Sighting, addressesOf, allInstances, findInstances } from './instances.ts'
import {
  type ResourcePath,
  instanceOfPath,
  instanceOfProviderID,
  instancePath,
  networkOfPath,
  pathOf,
} from './resource-names.ts'

export interface TargetFinder {
  readonly gce: Gce
  /** Where to look for instances of nodes without provider ID. */
  readonly instanceProject: string
  /** Those whose routes are written. */
  readonly networks: (signal: AbortSignal) => Promise<readonly ResourcePath[]>
}

/**
 * What routes to the nodes lead to. A node is looked up once for both families. `refuse`: what keeps an instance from being
 * the target of a family, if something does.
 */
export async function findTargets(
  finder: TargetFinder,
  wanted: readonly TargetQuery[],
  signal: AbortSignal,
  refuse: (instance: WireInstance, family: Family) => TargetProblem | undefined = () => undefined,
): Promise<ReadonlyMap<TargetKey, Target | TargetProblem>> {
  const nodes = [...new Map(wanted.map(({ node }) => [node.name, node])).values()]
  const networks = await finder.networks(signal)
  const found = await findInstancesOf(finder, nodes, signal)
  return new Map(
    wanted.map((query) => {
      const instance = found.get(query.node.name) ?? nothingKnown
      if (isProblem(instance)) return [targetKey(query), instance]
      const target = targetOf(instance, query.family, networks)
      const refusal = isTargetProblem(target) ? undefined : refuse(instance, query.family)
      return [targetKey(query), refusal ?? target]
    }),
  )
}

export const nothingKnown: TargetProblem = { problem: 'waiting', message: 'nothing is known of it yet' }

/** The nodes' instances, by name of the node. */
export async function findInstancesOf(
  finder: TargetFinder,
  nodes: readonly NodeView[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, WireInstance | TargetProblem>> {
  const others = nodes.filter((node) => !hasID(node))
  return new Map([
    ...(await byProviderID(finder, nodes.filter(hasID), signal)),
    ...(await byAddress(finder, others, signal)),
  ])
}

type Found = readonly [node: string, instance: WireInstance | TargetProblem]

async function byProviderID(
  { gce }: TargetFinder,
  nodes: readonly (NodeView & { readonly providerID: string })[],
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const names = nodes.flatMap(({ providerID }) => instanceOfProviderID(providerID) ?? [])
  const instances = await findInstances(gce, names, signal)
  return nodes.map(({ name, providerID }): Found => {
    const named = instanceOfProviderID(providerID)
    if (named === undefined)
      return [
        name,
        { problem: 'invalid', message: `providerID ${providerID} names no instance of Compute Engine` },
      ]
    const path = instancePath(named)
    return [name, seen(path, instances.get(path) ?? gone)]
  })
}

function seen(path: ResourcePath, sighting: Sighting): WireInstance | TargetProblem {
  switch (sighting.kind) {
    case 'instance':
      return sighting.instance
    case 'gone':
      return { problem: 'gone', message: `Compute Engine knows no ${path}` }
    case 'unknown':
      return { problem: 'waiting', message: `${path} can't be looked at now: ${sighting.error.message}` }
  }
}

const gone: Sighting = { kind: 'gone' }

/** Those of nodes without provider ID. */
export async function byAddress(
  { gce, instanceProject, networks }: TargetFinder,
  nodes: readonly NodeView[],
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const told = nodes.filter(({ addresses }) => addresses.length > 0)
  const within = await networks(signal)
  const instances = told.length === 0 ? [] : await allInstances(gce, instanceProject, signal)
  const byText = Map.groupBy(
    instances.flatMap((instance) =>
      interfacesIn(instance, within)
        .flatMap(addressesOf)
        .map((text) => ({ text, instance })),
    ),
    ({ text }) => text,
  )
  return nodes.map((node): Found => {
    const matches = new Set(
      node.addresses.flatMap((address) =>
        (byText.get(formatAddress(address)) ?? []).map(({ instance }) => instance),
      ),
    )
    const [instance, second] = matches
    if (instance !== undefined && second === undefined) return [node.name, instance]
    const why =
      second === undefined ? 'no instance has an address of it' : 'several instances have an address of it'
    return [node.name, { problem: 'waiting', message: `node ${node.name} has no providerID yet, and ${why}` }]
  })
}

/** Of the networks; of all where none is known. */
export const interfacesIn = (
  instance: WireInstance,
  networks: readonly ResourcePath[],
): readonly WireInterface[] =>
  (instance.networkInterfaces ?? []).filter(
    ({ network }) => networks.length === 0 || networks.includes(pathOf(network ?? '')),
  )

/** A route to an IPv6 range needs an interface with IPv6. */
function targetOf(
  instance: WireInstance,
  family: Family,
  networks: readonly ResourcePath[],
): Target | TargetProblem {
  const id = pathOf(instance.selfLink ?? '')
  const nics = interfacesIn(instance, networks)
  if (nics.length === 0) return noInterface(instance, networks)
  const [hop] = nics.flatMap((nic) => nextHopTo(instance, nic, family, networks) ?? [])
  return (
    hop ?? {
      problem: 'invalid',
      message: `${id} has no IPv${family} address there, and Compute Engine delivers IPv${family} packets of a route to such an interface only: give its subnet the stack type IPV4_IPV6`,
    }
  )
}

export const noInterface = (
  { selfLink = '' }: WireInstance,
  networks: readonly ResourcePath[],
): TargetProblem => ({
  problem: 'invalid',
  message: `${pathOf(selfLink)} has no network interface in ${networks.join(' or ')}`,
})

/**
 * What leads to that interface; undefined if it has no address of the family. The instance itself; where a network is
 * another project's (shared VPC), its address there: "the next hop VM is identified by name and zone, and is in the same
 * project as the route". Source: https://docs.cloud.google.com/vpc/docs/static-routes
 */
export function nextHopTo(
  instance: WireInstance,
  nic: WireInterface,
  family: Family,
  networks: readonly ResourcePath[],
): Target | undefined {
  const id = pathOf(instance.selfLink ?? '')
  const address = addressesOf(nic).find((text) => text.includes(':') === (family === 6))
  if (address === undefined) return undefined
  const isAtHome = networks.every((path) => networkOfPath(path)?.project === instanceOfPath(id)?.project)
  return isAtHome ? { kind: 'instance', id } : { kind: 'address', id: address }
}

const hasID = (node: NodeView): node is NodeView & { readonly providerID: string } =>
  node.providerID !== undefined

export const isProblem = (found: WireInstance | TargetProblem): found is TargetProblem => 'problem' in found

/** The instances behind targets, in order. */
export async function instancesBehind(
  { gce, instanceProject, networks }: TargetFinder,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<readonly Sighting[]> {
  const names = targets.flatMap((target) =>
    target.kind === 'instance' ? (instanceOfPath(target.id) ?? []) : [],
  )
  const byPath = await findInstances(gce, names, signal)
  const within = await networks(signal)
  const all = targets.some(({ kind }) => kind === 'address')
    ? await allInstances(gce, instanceProject, signal)
    : []
  return targets.map((target): Sighting => {
    if (target.kind === 'instance') return byPath.get(target.id) ?? gone
    const instance = all.find((one) =>
      interfacesIn(one, within).some((nic) => addressesOf(nic).includes(target.id)),
    )
    return instance === undefined ? gone : { kind: 'instance', instance }
  })
}
