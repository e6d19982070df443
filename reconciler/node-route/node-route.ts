import { AddressSyntaxError } from '../../net/address.ts'
import { type Cidr, formatCidr, parseCidr } from '../../net/cidr.ts'
import type { KubeObject } from '../../kube/objects.ts'
import type { ResourceType } from '../../kube/resource.ts'
import type { Target } from '../../providers/route.ts'
import { type DestinationKey, type LedgerRecord, type TableState, destinationKey } from '../ledger/record.ts'

export const nodeRouteType: ResourceType = {
  group: 'podway.dev',
  version: 'v1alpha1',
  plural: 'noderoutes',
  namespaced: false,
}

/** Holds a deleted NodeRoute back until its routes are gone: it is the only record that they are ours. */
export const routeFinalizer = 'podway.dev/route'

/**
 * What `podway release` writes on a NodeRoute whose delete the brake holds: the uid of the node that it is about, so that
 * it says nothing of the next one.
 */
export const releaseAnnotation = 'podway.dev/release'

/** `deploy/crds/noderoutes.yaml` is the schema. */
export interface NodeRoute extends KubeObject {
  readonly spec: {
    readonly destination: string
    readonly node: { readonly name: string; readonly uid: string; readonly providerID?: string }
    readonly target: { readonly kind: string; readonly id: string }
    readonly previousTargets?: readonly { readonly kind: string; readonly id: string }[]
    readonly tables: readonly string[]
  }
  readonly status?: { readonly tables?: readonly ({ readonly id: string } & TableState)[] }
}

/**
 * `10.244.3.0/24` is `v4-10-244-3-0-24`, `fd00::/64` is `v6-fd00---64`: a valid object name, and never the same for two
 * destinations, since every character has its own place.
 */
export function nodeRouteName(destination: Cidr): string {
  return `v${destination.family}-${formatCidr(destination).replaceAll(/[.:/]/g, '-')}`
}

/** What of a NodeRoute makes a record. */
export type RecordSource = Pick<NodeRoute, 'spec' | 'status'> & {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
}

/** Undefined if the object says something that is none: it was edited by hand. */
export function destinationOf({ spec }: NodeRoute): DestinationKey | undefined {
  try {
    return destinationKey(parseCidr(spec.destination))
  } catch (error) {
    if (error instanceof AddressSyntaxError) return undefined
    throw error
  }
}

/** The record that the object holds. @throws AddressSyntaxError if the destination was edited into something else */
export function recordOf(object: RecordSource): LedgerRecord {
  const { destination, node, target, previousTargets = [], tables } = object.spec
  const released = object.metadata.annotations?.[releaseAnnotation]
  return {
    destination: parseCidr(destination),
    node: {
      name: node.name,
      uid: node.uid,
      ...(node.providerID === undefined ? {} : { providerID: node.providerID }),
    },
    target: targetOf(target),
    previousTargets: previousTargets.map(targetOf),
    ...(released === undefined ? {} : { released }),
    tables: [...tables].sort(),
    states: new Map(
      (object.status?.tables ?? []).map(({ id, state, reason, message, since, written }) => [
        id,
        // What is empty or false may be left out by other writers.
        {
          state,
          reason,
          since,
          message: (message as string | undefined) ?? '',
          written: (written as boolean | undefined) ?? false,
        },
      ]),
    ),
  }
}

export function specOf(record: LedgerRecord): NodeRoute['spec'] {
  return {
    destination: formatCidr(record.destination),
    node: record.node,
    target: record.target,
    ...(record.previousTargets.length === 0 ? {} : { previousTargets: record.previousTargets }),
    tables: record.tables,
  }
}

export function statusOf(states: ReadonlyMap<string, TableState>): NonNullable<NodeRoute['status']> {
  return {
    tables: [...states].map(([id, state]) => ({ id, ...state })).sort((a, b) => (a.id < b.id ? -1 : 1)),
  }
}

function targetOf(target: { readonly kind: string; readonly id: string }): Target {
  switch (target.kind) {
    case 'eni':
    case 'instance':
    case 'address':
      return { kind: target.kind, id: target.id }
    default:
      return { kind: 'other', id: target.id }
  }
}
