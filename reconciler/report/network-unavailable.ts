import type { NodeCondition } from '../../kube/objects.ts'
import type { RouteVerdict } from './verdict.ts'

/** Ours and the upstream route controller's, and what Azure's cloud-node-manager leaves for the route controller to clear. */
const oursToChange = new Set(['RouteCreated', 'NoRouteCreated', 'NodeInitialization'])

/**
 * The `NetworkUnavailable` condition that the node should have, or undefined if it is right or not ours to change.
 * A condition that is already False stays: taking a working node out of scheduling needs more evidence than one look
 * (https://github.com/gardener/aws-custom-route-controller: one failed listing tainted every node). What a CNI says of
 * itself (CalicoIsUp, CiliumIsUp) is left alone: https://github.com/kubernetes/kubernetes/pull/136561.
 */
export function nextCondition(
  current: NodeCondition | undefined,
  verdict: RouteVerdict,
  now: string,
): NodeCondition | undefined {
  if (current?.reason !== undefined && current.reason !== '' && !oursToChange.has(current.reason))
    return undefined
  if (current?.status === 'False' && !verdict.routed) return undefined
  const status = verdict.routed ? 'False' : 'True'
  const reason = verdict.routed ? 'RouteCreated' : 'NoRouteCreated'
  if (current?.status === status && current.reason === reason && current.message === verdict.message)
    return undefined
  return {
    type: 'NetworkUnavailable',
    status,
    reason,
    message: verdict.message,
    lastHeartbeatTime: now,
    lastTransitionTime: current?.status === status ? (current.lastTransitionTime ?? now) : now,
  }
}
