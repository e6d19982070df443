import type { EventReason } from './event-reasons.ts'
import { failureReasons } from './failure-reason.ts'

/** `reason` of the condition NetworkUnavailable while it is True. A machine reads the status; the reason is for people. */
export const unroutedReasons = [
  /** Under way, or waiting for something that will come. */
  'NoRouteCreated',
  'NoRouteTable',
  'CIDRNotAvailable',
  'AnotherAllocator',
  'InvalidPodCIDR',
  'PodCIDRConflict',
  'PodCIDROverlap',
  'InstanceGone',
  'InvalidTarget',
  'ForeignRoute',
  'RouteBlackhole',
] as const satisfies readonly (EventReason | 'NoRouteCreated')[]

/** Those, or the reason of a failure. */
export type UnroutedReason = string

const ours: ReadonlySet<string> = new Set([
  ...unroutedReasons,
  ...failureReasons,
  'RouteCreated',
  // Azure's cloud-node-manager leaves it for the route controller to clear.
  'NodeInitialization',
])

/** Whether podway may change a condition with the reason: what a CNI says of itself (CalicoIsUp, CiliumIsUp) it may not. */
export const isOursToChange = (reason: string | undefined): boolean =>
  reason === undefined || reason === '' || ours.has(reason)
