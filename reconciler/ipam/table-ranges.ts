import type { Cidr } from '../../net/cidr.ts'
import type { ObservedRoute } from '../../providers/route.ts'

/** What route tables say that nodes must not get. */
export interface TableRanges {
  /** The cloud's own: those of the VPC or network, to which no other route leads. Nothing may overlap them. */
  readonly local: readonly Cidr[]
  /** Where routes lead that podway did not make: to give a node such a range, or one around it, would break one of the two. */
  readonly foreign: readonly Cidr[]
}

/** `isOurs`: whether podway made the route, in this table. */
export function tableRanges(
  tables: readonly { readonly id: string; readonly routes: readonly ObservedRoute[] }[],
  isOurs: (tableId: string, destination: Cidr) => boolean,
): TableRanges {
  const all = tables.flatMap(({ id, routes }) => routes.map((route) => ({ id, ...route })))
  return {
    local: all.filter(({ origin }) => origin === 'local').map(({ destination }) => destination),
    foreign: all
      .filter(({ origin, id, destination }) => origin !== 'local' && !isOurs(id, destination))
      .map(({ destination }) => destination),
  }
}
