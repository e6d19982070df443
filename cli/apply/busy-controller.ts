import type { KubeClient } from '../../kube/client.ts'
import { isKubeError, isNotFound } from '../../kube/errors.ts'
import { type Lease, leaseType } from '../../kube/lease.ts'
import { Resource, type ResourceType } from '../../kube/resource.ts'
import { type Waits, withRetries } from '../with-retries.ts'

export interface LeasePlace {
  readonly namespace: string
  readonly name: string
}

/** Who leads by the Lease, and since when it was last heard of. */
export interface Leader {
  readonly identity: string
  /** RFC 3339; undefined if it never said. */
  readonly renewed: string | undefined
  /** Whether the Lease is still its own, as far as the clocks of the two agree. */
  readonly isFresh: boolean
}

/** Undefined if nobody leads. @throws KubeError */
export async function findLeader(
  kube: KubeClient,
  { name, namespace }: LeasePlace,
  { now, waits }: { readonly now: () => number; readonly waits: Waits },
  signal: AbortSignal,
): Promise<Leader | undefined> {
  const leases = new Resource<Lease>(kube, leaseType)
  try {
    const { spec } = await withRetries(() => leases.get(name, { namespace, signal }), waits, signal)
    const { holderIdentity: identity = '', leaseDurationSeconds = 15, renewTime } = spec
    if (identity === '') return undefined
    const age = renewTime === undefined ? Infinity : now() - Date.parse(renewTime)
    return { identity, renewed: renewTime, isFresh: age < leaseDurationSeconds * 1000 }
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** @throws Error if a controller is at work by its Lease: two that write undo each other's work */
export async function refuseBusy(
  kube: KubeClient,
  place: LeasePlace,
  tools: { readonly now: () => number; readonly waits: Waits },
  signal: AbortSignal,
): Promise<void> {
  const leader = await findLeader(kube, place, tools, signal)
  if (leader?.isFresh === true)
    throw new Error(
      `nothing was done: the controller ${leader.identity} is at work (it holds the Lease ${place.namespace}/${place.name}), and does all this by itself. To do it by hand, stop it first (scale its Deployment to 0), and run the command again`,
    )
}

const namespaceType: ResourceType = { group: '', version: 'v1', plural: 'namespaces', namespaced: false }

/**
 * Whether there can be such a Lease: before podway is installed there is no namespace for it, and so no controller. Who may
 * not look takes it for granted.
 */
export async function mayHaveLease(
  kube: KubeClient,
  { namespace }: LeasePlace,
  waits: Waits,
  signal: AbortSignal,
): Promise<boolean> {
  const namespaces = new Resource(kube, namespaceType)
  try {
    await withRetries(() => namespaces.get(namespace, { signal }), waits, signal)
    return true
  } catch (error) {
    if (isKubeError(error) && error.status === 403) return true
    if (isNotFound(error)) return false
    throw error
  }
}
