import type { Node } from '../../kube/objects.ts'
import type { Family } from '../../net/address.ts'
import { parseCidr } from '../../net/cidr.ts'
import type { Claims } from '../plan/claims.ts'
import type { Planner } from '../planner.ts'
import type { TableCache } from '../table-cache.ts'
import type { Completeness } from './native-tables.ts'

export interface TableGapsParts {
  readonly claims: Pick<Claims, 'keys'>
  readonly planner: Pick<Planner, 'holder' | 'inspect'>
  readonly tables: Pick<TableCache, 'loaded'>
  readonly node: (name: string) => Node | undefined
}

/**
 * Which tables lack a route of a node that may run pods: what those would ask of the subnets that follow the table would
 * never be answered. A node whose NetworkUnavailable is True does not count: no pod is scheduled there until its routes
 * are in every table, and so a newcomer, or one for which a table has no room, changes nothing for all the others. A
 * stopped instance's route counts as there.
 */
export function tableGaps({
  claims,
  node,
  planner,
  tables,
}: TableGapsParts): (id: string, family: Family) => Completeness {
  const gaps = new Set<string>()
  for (const key of claims.keys()) {
    const holder = planner.holder(key)
    if (holder === undefined || isUnavailable(node(holder.name))) continue
    for (const { item, table } of planner.inspect(key))
      if ('change' in item || item.op === 'disputed') gaps.add(`${table.id} ${parseCidr(key).family}`)
  }
  return (id, family) => {
    if (!tables.loaded(id)) return 'unknown'
    return gaps.has(`${id} ${family}`) ? 'gaps' : 'complete'
  }
}

/** Whoever says so. A Node of which nothing is said yet may have pods. */
const isUnavailable = (node: Node | undefined): boolean =>
  node === undefined ||
  (node.status?.conditions ?? []).some(
    ({ status, type }) => type === 'NetworkUnavailable' && status === 'True',
  )
