import type { Clock } from '../../kube/clock.ts'
import type { LedgerStore } from '../../reconciler/ledger/ledger.ts'
import { finishing } from '../../reconciler/finished-tables.ts'
import type { RouteReconcilerParts } from '../../reconciler/route-reconciler.ts'
import { changesAtOnce } from '../changes-at-once.ts'
import type { PlannedRoute } from '../documents/plan-document.ts'
import { formatDocument, routesText } from '../output.ts'
import { type Plan, hasChanges, makePlan } from '../plan/make-plan.ts'
import { type PlanParts, type PlanRequest, planText } from '../plan/run-plan.ts'
import { look } from '../survey/open-survey.ts'
import type { RouteSurvey } from '../survey/survey.ts'
import { type Asker, confirm } from '../terminal/confirm.ts'
import { applyResult, formatApply, isChange, problemsOf } from './apply-report.ts'
import { carryOut } from './carry-out.ts'
import { countingForwarding } from './forwarding.ts'

export interface ApplyRequest extends PlanRequest {
  readonly yes: boolean
}

export interface ApplyParts extends PlanParts {
  readonly asker: Asker
  readonly clock: Clock
  readonly random: () => number
  /** Rejects at once if it is plain that a controller works. */
  readonly refuseBusy: (signal: AbortSignal) => Promise<void>
  /** Runs the work while no controller works; rejects if one does. */
  readonly alone: (work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal) => Promise<void>
  readonly nodeGone: (survey: RouteSurvey) => RouteReconcilerParts['nodeGone']
  /** Told how many destinations are done with. */
  readonly onDone: (done: number, all: number) => void
}

/**
 * Shows what the controller would do, asks, and does it, as the controller does it; what is there is looked at anew behind
 * the question, and if more is to be done by then than was shown, nothing is done. Where there is nothing to write, nobody
 * is asked; it is made sure all the same that what an earlier run began is finished: records settled, targets forwarding.
 *
 * @throws NotConfirmedError; an Error, once everything is printed, if a part could not be done
 */
export async function runApply(request: ApplyRequest, parts: ApplyParts, signal: AbortSignal): Promise<void> {
  const { alone, ledger, refuseBusy } = parts
  await refuseBusy(signal)
  const shown = request.yes
    ? undefined
    : await show(request, parts, await look(request, parts, parts, signal))
  if (shown !== undefined && hasChanges(shown.summary))
    await confirm(questionOf(shown), { ...parts, yes: false }, signal)
  await alone(
    (term) =>
      ledger.write(async (store) => {
        await work(request, parts, store, shown, term)
      }),
    signal,
  )
}

async function work(
  request: ApplyRequest,
  parts: ApplyParts,
  store: LedgerStore,
  shown: Plan | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { clock, nodeGone, onDone, output, random, waits } = parts
  const { adopt, policy } = request
  const counting = countingForwarding(policy === 'observe' ? parts.provider : finishing(parts.provider))
  const { provider } = counting
  const survey = await look(
    { ...request, mayPrepare: true },
    { ...parts, provider },
    { ...parts, store },
    signal,
  )
  const plan = shown === undefined ? await show(request, parts, survey) : makePlan(survey, policy, adopt)
  if (shown !== undefined) refuseMore(shown, plan)
  const done = await carryOut(
    survey,
    {
      ...{ adopt, clock, policy, provider, random, waits, onDone },
      nodeGone: nodeGone(survey),
      atOnce: changesAtOnce(provider.capabilities),
    },
    signal,
  )
  const result = applyResult(plan, survey, done, counting.forwarding())
  await output.result(
    request.output === 'table'
      ? formatApply(result, output.columns)
      : formatDocument('ApplyResult', result, request.output),
  )
  for (const { message, target } of result.forwarding.failed)
    await output.note(`${target} could not be made to forward: ${message}`)
  const problems = problemsOf(result)
  if (problems.length > 0) throw new Error(problems.join(', '))
}

/** For people; programs get what became of it. */
async function show(request: ApplyRequest, parts: ApplyParts, survey: RouteSurvey): Promise<Plan> {
  const plan = makePlan(survey, request.policy, request.adopt)
  if (request.output === 'table') await parts.output.result(planText(plan, request, parts))
  return plan
}

function questionOf({ summary }: Plan): string {
  const { adopt, create, delete: deletes, replace } = summary
  const count = adopt + create + deletes + replace
  return `Do you want podway to do this, ${routesText(count)} in all?`
}

/** @throws Error if something is to be done that nobody has agreed to */
function refuseMore(shown: Plan, plan: Plan): void {
  const agreed = new Set(changesOf(shown).map(textOf))
  const more = changesOf(plan).filter((change) => !agreed.has(textOf(change)))
  if (more.length > 0)
    throw new Error(
      `nothing was done: since it was shown, ${routesText(more.length)} more came to be changed. Run the command again, and look at what is new`,
    )
}

interface PlacedRoute extends PlannedRoute {
  readonly table: string
}

const changesOf = ({ tables }: Plan): readonly PlacedRoute[] =>
  tables.flatMap(({ id, routes }) => routes.filter(isChange).map((route) => ({ table: id, ...route })))

const textOf = ({ action, destination, from, table, target }: PlacedRoute): string =>
  JSON.stringify([table, action, destination, from, target])
