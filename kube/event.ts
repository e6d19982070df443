import type { KubeObject } from './objects.ts'
import type { ResourceType } from './resource.ts'

/** events.k8s.io/v1 Events. */
export const eventType: ResourceType = {
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  namespaced: true,
}

/** Which object is meant. `uid` says which of those that bore the name; `kubectl describe` finds Events by it. */
export interface ObjectReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid?: string
  /** Absent for a cluster-scoped object. */
  readonly namespace?: string
}

/** An Event as podway writes it. Times are `microTime` texts; once created, only the series may change. */
export interface KubeEvent extends KubeObject {
  readonly eventTime: string
  readonly series?: EventSeries
  readonly reportingController: string
  readonly reportingInstance: string
  readonly action: string
  readonly reason: string
  readonly regarding: ObjectReference
  readonly related?: ObjectReference
  readonly note: string
  readonly type: 'Normal' | 'Warning'
}

/** How often the same happened, the first time included: 2 at least. */
export interface EventSeries {
  readonly count: number
  readonly lastObservedTime: string
}
