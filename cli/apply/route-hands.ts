import { silentLogger } from '../../kube/log.ts'
import { secondTime } from '../../kube/second-time.ts'
import type { Clock } from '../../kube/clock.ts'
import type { RouteProvider } from '../../providers/provider.ts'
import { Absences } from '../../reconciler/absences.ts'
import { Applier } from '../../reconciler/apply/apply.ts'
import { Turns } from '../../reconciler/apply/turns.ts'
import type { Policy } from '../../reconciler/guard/policy.ts'
import type { DestinationKey } from '../../reconciler/ledger/record.ts'
import { RouteReconciler, type RouteReconcilerParts } from '../../reconciler/route-reconciler.ts'
import { RouteRecords } from '../../reconciler/route-records.ts'
import { type AnsweredChange, RouteWriter } from '../../reconciler/route-writer.ts'
import type { SurveyState } from '../survey/survey.ts'

export interface RouteHandsParts {
  readonly provider: RouteProvider
  readonly state: SurveyState
  readonly policy: Policy
  readonly adopt: 'matching' | 'none'
  readonly nodeGone: RouteReconcilerParts['nodeGone']
  readonly clock: Clock
  /** The destination's turn to write has come. */
  readonly onTurn: (key: DestinationKey) => void
  readonly onOutcome: (answered: AnsweredChange) => void
}

/** What the controller carries a plan out with, on what a survey has found. */
export function routeHands(parts: RouteHandsParts, signal: AbortSignal): RouteReconciler {
  const { adopt, clock, nodeGone, onOutcome, onTurn, policy, provider, state } = parts
  const { ledger, planner } = state
  const monotonic = (): number => clock.monotonic()
  const turns = new Turns({
    readyInMs: ({ op, delegates }, ahead) => provider.readyInMs?.(op, ahead, delegates) ?? 0,
    after: (ms, callback) => clock.setTimeout(callback, ms),
    call: onTurn,
  })
  return new RouteReconciler({
    ...state,
    configureRoutes: true,
    policy,
    adopt,
    writer: new RouteWriter({
      ...state,
      // It takes no node off the net: that is the controller's to say.
      losses: { mended: () => undefined },
      applier: new Applier(provider, signal),
      turns,
      onRoom: () => undefined,
      onOutcome,
      onWaited: () => undefined,
      monotonic,
    }),
    records: new RouteRecords({ ledger, planner, now: () => secondTime(clock.now()) }),
    events: { record: () => undefined },
    absences: new Absences(),
    nodeGone,
    onReusable: () => undefined,
    log: silentLogger,
  })
}
