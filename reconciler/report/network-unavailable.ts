import type { Node, NodeCondition } from '../../kube/objects.ts'
import { isOursToChange } from './condition-reason.ts'
import type { RouteVerdict } from './verdict.ts'

/** Whether the Node's condition says that all its routes are there. */
export const saysRouted = ({ status }: Node): boolean =>
  status?.conditions?.some(
    (condition) =>
      condition.type === 'NetworkUnavailable' &&
      condition.status === 'False' &&
      condition.reason === 'RouteCreated',
  ) === true

/**
 * The `NetworkUnavailable` condition that the node should have, or undefined if it is right or not ours to change.
 * A condition that is already False goes back to True only on the evidence that `lost` stands for: one failed look must
 * not take a working node out of scheduling (https://github.com/gardener/aws-custom-route-controller: one failed listing
 * tainted every node). What a CNI says of itself (CalicoIsUp, CiliumIsUp) is left alone:
 * https://github.com/kubernetes/kubernetes/pull/136561.
 */
export function nextCondition(
  current: NodeCondition | undefined,
  verdict: Pick<RouteVerdict, 'routed' | 'lost' | 'reason' | 'message'>,
  now: string,
): NodeCondition | undefined {
  if (!isOursToChange(current?.reason)) return undefined
  if (current?.status === 'False' && !verdict.routed && !verdict.lost) return undefined
  const status = verdict.routed ? 'False' : 'True'
  const { reason, message } = verdict
  if (current?.status === status && current.reason === reason && current.message === message) return undefined
  return {
    type: 'NetworkUnavailable',
    status,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: current?.status === status ? (current.lastTransitionTime ?? now) : now,
  }
}
