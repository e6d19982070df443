import type { KubeObject } from './objects.ts'
import type { ResourceType } from './resource.ts'

/** coordination.k8s.io/v1 Leases. */
export const leaseType: ResourceType = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  namespaced: true,
}

/** What podway reads and writes of a Lease. Times are `microTime` texts. */
export interface Lease extends KubeObject {
  readonly spec: LeaseSpec
}

export interface LeaseSpec {
  /** Empty or absent: nobody's. */
  readonly holderIdentity?: string
  /** How long the others wait after the last renewal that they saw. More than 0. */
  readonly leaseDurationSeconds?: number
  /** When the present holder got it, by the holder's clock. */
  readonly acquireTime?: string
  /** By the holder's clock: tells others that something changed, and nothing about when. */
  readonly renewTime?: string
  /** How many times it went from one holder to another. */
  readonly leaseTransitions?: number
}
