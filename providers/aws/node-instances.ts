import type { Instance } from '@aws-sdk/client-ec2'
import { formatAddress } from '../../net/address.ts'
import type { NodeView, TargetProblem } from '../provider.ts'
import type { Ec2 } from './call.ts'
import type { DescribedChecks } from './described-checks.ts'
import {
  addressesOf,
  instanceIdOf,
  instancesByAddress,
  instancesById,
  instancesByPrivateDnsName,
} from './instances.ts'
import type { Sightings } from './sightings.ts'

export interface NodeInstancesOptions {
  readonly ec2: Ec2
  readonly sightings: Sightings
  /** Learns what is said of the interfaces, where somebody wants to know. */
  readonly described?: DescribedChecks
  /** Whether a node that nothing else tells may be found by its name, if that is its instance's private DNS name. */
  readonly matchNodeNames: boolean
  /** Where to look for a node without provider ID: others' VPCs may well use the same addresses. */
  readonly vpcs: (signal: AbortSignal) => Promise<readonly string[]>
}

/** The instances behind nodes. */
export class NodeInstances {
  readonly #options: NodeInstancesOptions

  constructor(options: NodeInstancesOptions) {
    this.#options = options
  }

  /**
   * By name of the node. By provider ID where there is one, else by an address, else, if allowed, by the name. One that
   * is not found spoils no other.
   */
  async find(
    nodes: readonly NodeView[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Instance | TargetProblem>> {
    const { described, sightings } = this.#options
    sightings.prune()
    described?.prune()
    const found = new Map<string, Instance | TargetProblem>()
    for (const [name, answer] of await this.#byId(nodes.filter(hasId), signal)) found.set(name, answer)
    const unnamed = nodes.filter((node) => !hasId(node))
    for (const [name, answer] of await this.#withoutId(unnamed, signal)) found.set(name, answer)
    return found
  }

  async #byId(
    nodes: readonly (NodeView & { readonly providerID: string })[],
    signal: AbortSignal,
  ): Promise<[name: string, answer: Instance | TargetProblem][]> {
    const { ec2, sightings } = this.#options
    const ids = nodes.flatMap((node) => instanceIdOf(node.providerID) ?? [])
    const instances = await instancesById(ec2, ids, signal)
    const byId = new Map(instances.map((instance) => [instance.InstanceId ?? '', instance]))
    for (const instance of instances) this.#see(instance)
    return nodes.map(({ name, providerID }) => {
      const id = instanceIdOf(providerID)
      if (id === undefined)
        return [name, { problem: 'invalid', message: `providerID ${providerID} names no EC2 instance` }]
      const instance = byId.get(id)
      if (instance === undefined) return [name, absent(id, sightings.miss(id))]
      if (!isGone(instance)) return [name, instance]
      return [name, { problem: 'gone', message: `instance ${id} is ${instance.State?.Name ?? ''}` }]
    })
  }

  async #withoutId(
    nodes: readonly NodeView[],
    signal: AbortSignal,
  ): Promise<[name: string, answer: Instance | TargetProblem][]> {
    const { ec2, matchNodeNames } = this.#options
    const told = nodes.filter((node) => matchNodeNames || node.addresses.length > 0)
    const vpcs = told.length === 0 ? [] : await this.#options.vpcs(signal)
    // A node of both families is asked for by IPv4 only, so that it takes one call.
    const addresses = told.flatMap((node) => {
      const v4 = node.addresses.filter((address) => address.family === 4)
      return v4.length > 0 ? v4 : node.addresses
    })
    const alive = (instances: readonly Instance[]): readonly Instance[] => [
      ...new Map(
        instances.filter((one) => !isGone(one)).map((instance) => [instance.InstanceId, instance]),
      ).values(),
    ]
    const byAddress = alive(await instancesByAddress(ec2, vpcs, addresses, signal))
    const matching = (node: NodeView): readonly Instance[] => {
      const wanted = new Set(node.addresses.map(formatAddress))
      return byAddress.filter((instance) => !addressesOf(instance).isDisjointFrom(wanted))
    }
    const names = matchNodeNames
      ? told.filter((node) => matching(node).length === 0).map(({ name }) => name)
      : []
    const byName = Map.groupBy(
      alive(await instancesByPrivateDnsName(ec2, vpcs, names, signal)),
      ({ PrivateDnsName }) => PrivateDnsName,
    )
    return nodes.map((node) => {
      const instances = [...matching(node), ...(byName.get(node.name) ?? [])]
      const [instance, second] = instances
      if (instance !== undefined && second === undefined) {
        this.#see(instance)
        return [node.name, instance]
      }
      return [node.name, { problem: 'waiting', message: whyNone(node, instances.length, vpcs.length) }]
    })
  }

  #see(instance: Instance): void {
    const { described, sightings } = this.#options
    described?.see(instance)
    if (instance.InstanceId !== undefined) sightings.see(instance.InstanceId)
    for (const { NetworkInterfaceId } of instance.NetworkInterfaces ?? [])
      if (NetworkInterfaceId !== undefined) sightings.see(NetworkInterfaceId)
  }
}

const hasId = (node: NodeView): node is NodeView & { readonly providerID: string } =>
  node.providerID !== undefined

const absent = (id: string, lasts: boolean): TargetProblem =>
  lasts
    ? { problem: 'gone', message: `EC2 knows no instance ${id}` }
    : { problem: 'waiting', message: `EC2 does not know instance ${id} yet, or no more` }

function whyNone(node: NodeView, instances: number, vpcs: number): string {
  const why =
    instances > 0
      ? 'several instances have an address or the name of it'
      : vpcs === 0
        ? 'it is not known yet in which VPC to look for its addresses'
        : 'no instance has an address of it'
  return `node ${node.name} has no providerID yet, and ${why}`
}

/** A stopped instance is not gone: it keeps its interface, and its routes come back to life with it. */
const isGone = (instance: Instance): boolean =>
  instance.State?.Name === 'terminated' || instance.State?.Name === 'shutting-down'
