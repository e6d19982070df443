import type { Instance } from '@aws-sdk/client-ec2'
import {
  type NodeView,
  type TargetKey,
  type TargetProblem,
  type TargetQuery,
  isTargetProblem,
  targetKey,
} from '../provider.ts'
import type { Target } from '../route.ts'
import type { Ec2 } from './call.ts'
import { taggedInterfaces } from './network-interfaces.ts'
import type { NodeInstances } from './node-instances.ts'
import type { NodePlaces } from '../node-places.ts'
import { type TargetInterface, targetOf } from './target-interface.ts'

export interface TargetFinder {
  readonly ec2: Ec2
  readonly instances: NodeInstances
  /** Learns where the nodes are. */
  readonly places: NodePlaces
  readonly targetInterface: TargetInterface
}

/** The interfaces of the nodes' instances; the target of both families, so a node is looked up once. */
export async function findTargets(
  finder: TargetFinder,
  wanted: readonly TargetQuery[],
  signal: AbortSignal,
): Promise<ReadonlyMap<TargetKey, Target | TargetProblem>> {
  const nodes = [...new Map(wanted.map(({ node }) => [node.name, node])).values()]
  const targets = await targetsOf(finder, nodes, signal)
  const none: TargetProblem = { problem: 'waiting', message: 'nothing is known of it yet' }
  return new Map(wanted.map((query) => [targetKey(query), targets.get(query.node.name) ?? none]))
}

async function targetsOf(
  { ec2, instances, places, targetInterface }: TargetFinder,
  nodes: readonly NodeView[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Target | TargetProblem>> {
  const found = await instances.find(nodes, signal)
  const ids = [...found.values()].flatMap((one) => (isProblem(one) ? [] : (one.InstanceId ?? [])))
  const tagged =
    targetInterface.by === 'tag'
      ? await taggedInterfaces(ec2, ids, targetInterface, signal)
      : new Set<string>()
  const targets = new Map<string, Target | TargetProblem>()
  for (const node of nodes) {
    const instance = found.get(node.name)
    if (instance === undefined) continue
    const target = isProblem(instance) ? instance : targetOf(instance, targetInterface, tagged)
    targets.set(node.name, target)
    if (isProblem(instance) || instance.VpcId === undefined) continue
    places.learn(node, { vpcId: instance.VpcId, subnets: subnetsOf(instance, target) })
  }
  return targets
}

/** Of the primary interface, by which packets leave, and of the target. */
function subnetsOf(instance: Instance, target: Target | TargetProblem): readonly string[] {
  const arrival = isTargetProblem(target)
    ? undefined
    : instance.NetworkInterfaces?.find(({ NetworkInterfaceId }) => NetworkInterfaceId === target.id)
  return [...new Set([instance.SubnetId, arrival?.SubnetId])].filter((id) => id !== undefined)
}

const isProblem = (found: Instance | TargetProblem): found is TargetProblem => 'problem' in found
