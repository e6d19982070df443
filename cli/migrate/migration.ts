import { type Context, type MigrationRequest, contextOf } from './context.ts'
import type { ClusterFacts } from './cluster-facts.ts'
import { checkAll } from './findings/check-all.ts'
import type { MigrateFinding } from './findings/migrate-findings.ts'
import { stepsFrom } from './from/steps-from.ts'
import { type Progress, progressOf } from './progress.ts'
import type { StepName } from './step.ts'

/** How far a migration is, and everything that has to be known. */
export interface Migration extends Progress {
  readonly from: Context['from']
  readonly findings: readonly MigrateFinding[]
}

/** Follows from the facts alone: the same facts give the same answer, whatever was run before. */
export function examine(
  facts: ClusterFacts,
  request: MigrationRequest & { readonly assumed: readonly StepName[] },
): Migration {
  const context = contextOf(facts, request)
  const findings = checkAll(context)
  const obstacles = findings
    .filter(({ severity, step }) => severity === 'error' && step === undefined)
    .map(({ code, message }) => `${code}: ${message}`)
  return {
    from: request.from,
    findings,
    ...progressOf(stepsFrom(context), { assumed: request.assumed, obstacles }),
  }
}
