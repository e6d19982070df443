import type { FullTables } from '../../reconciler/apply/full-tables.ts'
import type { Ledger } from '../../reconciler/ledger/ledger.ts'
import type { Claims } from '../../reconciler/plan/claims.ts'
import type { Planner } from '../../reconciler/planner.ts'
import { type Trouble, Verdicts } from '../../reconciler/report/verdict.ts'
import type { TableCache } from '../../reconciler/table-cache.ts'
import type { Targets } from '../../reconciler/targets.ts'
import type { PlannedCidrs } from './planned-cidrs.ts'

/** What a person should know of one Node's routes. */
export interface NodeTrouble {
  readonly node: string
  /** One CamelCase word: those of Events, `NoPodCIDR`, and `NoRouteCreated` for what is merely waited for. */
  readonly reason: Trouble['reason'] | 'NoPodCIDR'
  readonly message: string
}

interface TroubleParts {
  readonly claims: Claims
  readonly ledger: Ledger
  readonly tables: TableCache
  readonly targets: Targets
  readonly planner: Planner
  readonly fullTables: FullTables
}

/** Of all Nodes, sorted by name. */
export function nodeTroubles(parts: TroubleParts, planned: readonly PlannedCidrs[]): readonly NodeTrouble[] {
  // One look sees nothing go, and what it finds is there.
  const verdicts = new Verdicts({ ...parts, losses: { isLost: () => false }, found: { awaits: () => false } })
  const plannedOf = new Map(planned.map((one) => [one.node, one]))
  return parts.claims
    .nodes()
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, podCIDRs }): readonly NodeTrouble[] => {
      const told = verdicts.of(name).troubles.map((trouble) => ({ node: name, ...trouble }))
      const plan = plannedOf.get(name)
      if (podCIDRs.length > 0 || plan?.result === 'allocated') return told
      const message = plan?.message ?? 'it has no podCIDR yet: there is nothing to route to it'
      return [{ node: name, reason: 'NoPodCIDR', message }, ...told]
    })
}
