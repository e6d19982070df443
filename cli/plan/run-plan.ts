import { ExitStatus } from '../exit-status.ts'
import { type ListFormat, type Output, formatDocument } from '../output.ts'
import type { Paint } from '../terminal/paint.ts'
import { type OpenSurvey, look } from '../survey/open-survey.ts'
import type { SurveyRequest } from '../survey/survey.ts'
import type { Waits } from '../with-retries.ts'
import { type Adoption, type Plan, hasChanges, makePlan } from './make-plan.ts'
import { formatPlan } from './plan-report.ts'

/** There is something to do, as Terraform's `plan -detailed-exitcode` has it. */
export const exitChanges = 2

export interface PlanRequest extends SurveyRequest {
  readonly adopt: Adoption
  readonly output: ListFormat
  /** For people: what is as it should be too. */
  readonly all: boolean
}

export interface PlanParts extends Pick<OpenSurvey, 'provider' | 'nodes' | 'ledger'> {
  readonly output: Output
  readonly waits: Waits
  readonly paint: Paint
  readonly progress?: (what: string) => void
}

/**
 * Prints what the controller would do now. Writes nothing anywhere.
 * @throws ExitStatus 2 if there is something to do; an Error, once everything is printed, if a table could not be read
 */
export async function runPlan(request: PlanRequest, parts: PlanParts, signal: AbortSignal): Promise<void> {
  const { output } = parts
  const survey = await look(request, parts, parts, signal)
  const plan = makePlan(survey, request.policy, request.adopt)
  await output.result(planText(plan, request, parts))
  refuseUnread(plan)
  if (hasChanges(plan.summary)) throw new ExitStatus(exitChanges)
}

export const planText = (
  plan: Plan,
  { all, output: format }: Pick<PlanRequest, 'all' | 'output'>,
  { output: { columns }, paint }: Pick<PlanParts, 'output' | 'paint'>,
): string =>
  format === 'table' ? formatPlan(plan, { all, columns, paint }) : formatDocument('Plan', plan, format)

/** @throws Error that counts the tables that could not be read: of them nothing is known */
export function refuseUnread({ tables }: Plan): void {
  const unread = tables.filter(({ error }) => error !== null).length
  if (unread > 0) throw new Error(`${unread} of ${tables.length} tables could not be read`)
}
