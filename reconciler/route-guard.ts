import { parseCidr } from '../net/cidr.ts'
import { type Target, formatTarget } from '../providers/route.ts'
import type { FullTables } from './apply/full-tables.ts'
import type { Retry } from './apply/retry.ts'
import type { Brake, BrakeAnswer } from './guard/brake.ts'
import { guard } from './guard/guard.ts'
import type { Policy } from './guard/policy.ts'
import type { GuardedWork } from './guarded-work.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { DestinationKey, LedgerRecord } from './ledger/record.ts'
import type { TableWork } from './planner.ts'
import type { TableCache } from './table-cache.ts'
import type { Targets } from './targets.ts'

export interface RouteGuardParts {
  readonly ledger: Ledger
  readonly tables: TableCache
  readonly targets: Targets
  readonly fullTables: FullTables
  readonly brake: Brake<DestinationKey>
  readonly policy: Policy
  /** The brake has begun to hold deletes, this one first; so many want to be made. */
  readonly onHeld: (key: DestinationKey, wanted: number) => void
}

/** Says what of a plan is safe to do now, from the policy, the brake, and the tables that are full. */
export class RouteGuard {
  readonly #parts: RouteGuardParts

  constructor(parts: RouteGuardParts) {
    this.#parts = parts
  }

  /** @param braked the brake holds the destination's deletes */
  guarded(key: DestinationKey, work: readonly TableWork[], braked = false): readonly GuardedWork[] {
    const { fullTables, policy } = this.#parts
    const { family } = parseCidr(key)
    return work.map(({ table, item }) => {
      const tableFull = item.op === 'create' && fullTables.waitMs(table.id, family) > 0
      const hold = guard({ item, policy, tableFull, braked })
      return hold === undefined ? { table, item } : { table, item, hold }
    })
  }

  /**
   * Whether the brake lets the destination's routes go. It is not asked where nothing is deleted, where the instance does
   * not run, nor where a person has let these very routes go.
   */
  async askBrake(
    record: LedgerRecord,
    key: DestinationKey,
    work: readonly TableWork[],
  ): Promise<BrakeAnswer> {
    const { brake, ledger, onHeld, policy, tables, targets } = this.#parts
    const live = new Map<string, Target>()
    for (const { table, item } of work) {
      if (item.op !== 'delete' || tables.route(table.id, key)?.state === 'blackhole') continue
      if (item.change.op === 'delete') live.set(formatTarget(item.change.from), item.change.from)
    }
    const running =
      policy === 'sync' && record.released !== record.node.uid && live.size > 0
        ? await Promise.all([...live.values()].map((target) => targets.running(target)))
        : []
    if (!running.includes(true)) {
      brake.drop(key)
      return { answer: 'go' }
    }
    const before = brake.held
    const answer = brake.ask(key, ledger.all().length)
    if (answer.answer === 'held' && before === 0) onHeld(key, answer.wanted)
    return answer
  }

  /** When to come again for what waits for room in a table. */
  untilRoom(key: DestinationKey, work: readonly GuardedWork[]): readonly Retry[] {
    const { family } = parseCidr(key)
    return work
      .filter(({ hold }) => hold?.reason === 'RouteTableFull')
      .map(({ table }) => ({ kind: 'after', ms: this.#parts.fullTables.waitMs(table.id, family) }))
  }
}
