import type { Instance } from '@aws-sdk/client-ec2'
import { formatAddress } from '../../net/address.ts'
import {
  type NodeView,
  type TargetKey,
  type TargetProblem,
  type TargetQuery,
  targetKey,
} from '../provider.ts'
import type { Target } from '../route.ts'
import type { Ec2 } from './call.ts'
import {
  addressesOf,
  instanceIdOf,
  instancesByAddress,
  instancesById,
  primaryInterface,
} from './instances.ts'
import { type TableSelection, findVpcs } from './tables.ts'

/**
 * The primary interfaces of the nodes' instances; the target of both families, so a node is looked up once. By provider
 * ID where there is one, else by address within the VPCs of the cluster's tables.
 */
export async function findTargets(
  ec2: Ec2,
  selection: TableSelection,
  wanted: readonly TargetQuery[],
  signal: AbortSignal,
): Promise<ReadonlyMap<TargetKey, Target | TargetProblem>> {
  const nodes = [...new Map(wanted.map(({ node }) => [node.name, node])).values()]
  const named = nodes.filter((node) => node.providerID !== undefined)
  const unnamed = nodes.filter((node) => node.providerID === undefined && node.addresses.length > 0)

  const byId = await findById(ec2, named, signal)
  const byAddress = await findByAddress(ec2, selection, unnamed, signal)

  return new Map(
    wanted.map((query) => {
      const { providerID } = query.node
      return [
        targetKey(query),
        providerID === undefined ? targetByAddress(query.node, byAddress) : targetById(providerID, byId),
      ]
    }),
  )
}

async function findById(
  ec2: Ec2,
  nodes: readonly NodeView[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Instance>> {
  const ids = nodes.flatMap((node) => instanceIdOf(node.providerID ?? '') ?? [])
  const found = await instancesById(ec2, ids, signal)
  return new Map(found.map((instance) => [instance.InstanceId ?? '', instance]))
}

async function findByAddress(
  ec2: Ec2,
  selection: TableSelection,
  nodes: readonly NodeView[],
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  // A node of both families is asked for by IPv4 only, so that it takes one call.
  const addresses = nodes.flatMap((node) => {
    const v4 = node.addresses.filter((address) => address.family === 4)
    return v4.length > 0 ? v4 : node.addresses
  })
  if (addresses.length === 0) return []
  const found = await instancesByAddress(ec2, await findVpcs(ec2, selection, signal), addresses, signal)
  return [...new Map(found.map((instance) => [instance.InstanceId, instance])).values()]
}

function targetById(providerID: string, instances: ReadonlyMap<string, Instance>): Target | TargetProblem {
  const id = instanceIdOf(providerID)
  if (id === undefined)
    return { problem: 'invalid', message: `providerID ${providerID} names no EC2 instance` }
  const instance = instances.get(id)
  if (instance === undefined) return { problem: 'gone', message: `EC2 knows no instance ${id}` }
  if (isGone(instance)) return { problem: 'gone', message: `instance ${id} is ${instance.State?.Name ?? ''}` }
  return interfaceOf(instance)
}

function targetByAddress(node: NodeView, instances: readonly Instance[]): Target | TargetProblem {
  const wanted = new Set(node.addresses.map(formatAddress))
  const matching = instances.filter(
    (instance) => !isGone(instance) && !addressesOf(instance).isDisjointFrom(wanted),
  )
  const [instance, second] = matching
  if (instance === undefined) {
    const message = `node ${node.name} has no providerID yet, and no instance has an address of it`
    return { problem: 'waiting', message }
  }
  if (second !== undefined) {
    const message = `node ${node.name} has no providerID yet, and several instances have an address of it`
    return { problem: 'waiting', message }
  }
  return interfaceOf(instance)
}

function interfaceOf(instance: Instance): Target | TargetProblem {
  const id = primaryInterface(instance)
  if (id !== undefined) return { kind: 'eni', id }
  const message = `instance ${instance.InstanceId ?? ''} has no primary network interface yet`
  return { problem: 'waiting', message }
}

/** A stopped instance is not gone: it keeps its interface, and its routes come back to life with it. */
const isGone = (instance: Instance): boolean =>
  instance.State?.Name === 'terminated' || instance.State?.Name === 'shutting-down'
