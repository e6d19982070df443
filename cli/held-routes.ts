import type { Hold } from '../reconciler/guard/guard.ts'
import type { TableState } from '../reconciler/ledger/record.ts'
import { type NodeRoute, releaseAnnotation } from '../reconciler/node-route/node-route.ts'
import { type ListFormat, formatDocument } from './output.ts'
import { type Column, formatTable } from './table.ts'

/** A destination whose routes the brake keeps from being deleted. The field names are those of the JSON, and stay. */
export interface HeldRoute {
  /** Of the NodeRoute. */
  readonly name: string
  readonly destination: string
  /** The Node that held it. */
  readonly node: { readonly name: string; readonly uid: string }
  readonly target: { readonly kind: string; readonly id: string }
  /** Ids of the tables in which it is held, sorted. */
  readonly tables: readonly string[]
  /** RFC 3339: when the first of them was held. */
  readonly since: string
  /** Somebody has released it, and the controller has not come to it yet. */
  readonly released: boolean
}

const held: TableState['state'] = 'Held'
const brake: Hold['reason'] = 'DeleteBrake'

/** What the brake holds of these, sorted by name. Other holds (a policy, a full table) are not for a person to release. */
export function heldRoutes(objects: readonly NodeRoute[]): readonly HeldRoute[] {
  return objects
    .flatMap(({ metadata, spec, status }): readonly HeldRoute[] => {
      const states = (status?.tables ?? []).filter(({ state, reason }) => state === held && reason === brake)
      const [since] = states.map((table) => table.since).sort()
      if (since === undefined) return []
      return [
        {
          name: metadata.name,
          destination: spec.destination,
          node: { name: spec.node.name, uid: spec.node.uid },
          target: { kind: spec.target.kind, id: spec.target.id },
          tables: states.map(({ id }) => id).sort(),
          since,
          released: metadata.annotations?.[releaseAnnotation] === spec.node.uid,
        },
      ]
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

export function formatHeld(
  routes: readonly HeldRoute[],
  format: ListFormat,
  columnsThatFit?: number,
): string {
  switch (format) {
    case 'json':
    case 'yaml':
      return formatDocument('HeldRouteList', { routes }, format)
    case 'table':
      return routes.length === 0 ? '' : formatTable(columns, routes, columnsThatFit)
  }
}

const columns: readonly Column<HeldRoute>[] = [
  { title: 'NAME', of: ({ name }) => name },
  { title: 'DESTINATION', of: ({ destination }) => destination },
  { title: 'NODE', of: ({ node }) => node.name },
  { title: 'TARGET', of: ({ target }) => `${target.kind}/${target.id}` },
  { title: 'TABLES', of: ({ tables }) => tables.join(',') },
  { title: 'SINCE', of: ({ since }) => since },
]
