import type { Instance, InstanceNetworkInterface } from '@aws-sdk/client-ec2'
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
  const found = await findInterfaces(finder, nodes, signal)
  return new Map(
    wanted.map((query) => {
      const answer = found.get(query.node.name) ?? nothingKnown
      return [targetKey(query), isTargetProblem(answer) ? answer : answer.target]
    }),
  )
}

export const nothingKnown: TargetProblem = { problem: 'waiting', message: 'nothing is known of it yet' }

/** An interface that routes lead to, as its instance describes it. */
export interface FoundInterface {
  readonly target: Target
  readonly eni: InstanceNetworkInterface
}

/** By name of the node. */
export async function findInterfaces(
  { ec2, instances, places, targetInterface }: TargetFinder,
  nodes: readonly NodeView[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FoundInterface | TargetProblem>> {
  const found = await instances.find(nodes, signal)
  const ids = [...found.values()].flatMap((one) => (isProblem(one) ? [] : (one.InstanceId ?? [])))
  const tagged =
    targetInterface.by === 'tag'
      ? await taggedInterfaces(ec2, ids, targetInterface, signal)
      : new Set<string>()
  const answers = new Map<string, FoundInterface | TargetProblem>()
  for (const node of nodes) {
    const instance = found.get(node.name)
    if (instance === undefined) continue
    const answer = isProblem(instance)
      ? instance
      : interfaceOf(instance, targetOf(instance, targetInterface, tagged))
    answers.set(node.name, answer)
    if (isProblem(instance) || instance.VpcId === undefined) continue
    places.learn(node, { vpcId: instance.VpcId, subnets: subnetsOf(instance, answer) })
  }
  return answers
}

function interfaceOf(instance: Instance, target: Target | TargetProblem): FoundInterface | TargetProblem {
  if (isTargetProblem(target)) return target
  const eni = instance.NetworkInterfaces?.find(({ NetworkInterfaceId }) => NetworkInterfaceId === target.id)
  return eni === undefined ? nothingKnown : { target, eni }
}

/** Of the primary interface, by which packets leave, and of the target. */
function subnetsOf(instance: Instance, found: FoundInterface | TargetProblem): readonly string[] {
  const arrival = isTargetProblem(found) ? undefined : found.eni.SubnetId
  return [...new Set([instance.SubnetId, arrival])].filter((id) => id !== undefined)
}

const isProblem = (found: Instance | TargetProblem): found is TargetProblem => 'problem' in found
