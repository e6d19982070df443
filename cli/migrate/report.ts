import type { Severity } from '../../providers/finding.ts'
import { type Paint, formatFindings, inOrder } from '../doctor/findings-report.ts'
import type { MigrationDocument } from '../documents/migration-document.ts'
import { type ListFormat, formatDocument } from '../output.ts'
import { oneLine } from '../table.ts'
import type { Migration } from './migration.ts'
import type { Outcome, StepProgress, StepState } from './progress.ts'

/**
 * For people the findings, then the steps, the one whose turn it is with what to do; for programs a document of kind
 * `Migration`, whose fields are stable.
 */
export function formatMigration(migration: Migration, format: ListFormat, paint: Paint): string {
  switch (format) {
    case 'json':
    case 'yaml':
      return formatDocument('Migration', fieldsOf(migration), format)
    case 'table':
      return [
        formatFindings(inOrder(migration.findings), 'table', paint),
        `\nFrom ${migration.from} to podway, ${overOf(migration)} of ${migration.steps.length} steps done:\n\n`,
        migration.steps.map((one) => stepText(one, paint)).join(''),
      ].join('')
  }
}

const isOver = ({ state }: StepProgress): boolean => state === 'done' || state === 'assumed'
const overOf = ({ steps }: Migration): number => steps.filter(isOver).length

/** The step whose turn it is. */
export const currentStep = ({ steps }: Migration): StepProgress | undefined =>
  steps.find(({ state }) => state === 'next' || state === 'unclear' || state === 'blocked')

function fieldsOf(migration: Migration): Omit<MigrationDocument, 'apiVersion' | 'kind'> {
  return {
    from: migration.from,
    outcome: migration.outcome,
    step: currentStep(migration)?.step.name ?? null,
    findings: inOrder(migration.findings).map((finding) => {
      const { code, fix = null, message, object, severity } = finding
      const step = migration.findings.find((one) => one === finding)?.step ?? null
      return { code, severity, object: { kind: object.kind, name: object.name }, message, fix, step }
    }),
    steps: migration.steps.map(({ blockers, state, step }) => ({
      name: step.name,
      title: step.title,
      state,
      message: step.verdict.message,
      blockers: [...blockers],
      why: step.why,
      how: isOver({ blockers, state, step }) ? [] : [...step.how],
      back: step.back,
    })),
  }
}

const severityOf: Readonly<Record<StepState, Severity | undefined>> = {
  done: 'ok',
  assumed: 'ok',
  next: 'warning',
  unclear: 'unknown',
  blocked: 'error',
  later: undefined,
}

/** As wide as the longest state and two blanks; as wide as the longest name. */
const stateWidth = 9
const nameWidth = 18
const indent = ' '.repeat(stateWidth)

function stepText({ blockers, state, step }: StepProgress, paint: Paint): string {
  const severity = severityOf[state]
  const padded = state.padEnd(stateWidth)
  const head = `${severity === undefined ? padded : paint(padded, severity)}${step.name.padEnd(nameWidth)}${step.title}`
  if (state === 'done' || state === 'assumed' || state === 'later') return `${head}\n`
  const lines = [
    oneLine(step.verdict.message),
    step.why,
    ...blockers.map((blocker) => `First: ${oneLine(blocker)}`),
  ]
  // Commands are printed whole, to be copied; what comes from the cluster into them may hold anything.
  const how = step.how.map((line) => `    ${oneLine(line)}`)
  const hint = state === 'unclear' ? [`When it is so: --assume ${step.name}`] : []
  return [
    head,
    ...[...lines, ...how, ...hint, `Back: ${step.back}`].map((line) => `${indent}${line}`),
    '',
  ].join('\n')
}

/** One sentence, for standard error. */
export function summary(migration: Migration): string {
  const current = currentStep(migration)
  switch (migration.outcome) {
    case 'complete':
      return 'The migration is complete.'
    case 'blocked':
      return current === undefined
        ? 'All steps are done, and something is wrong: see the errors.'
        : `Blocked before ${current.step.name}: see what has to be first.`
    case 'steps-left':
      return `Next: ${current?.step.name ?? ''}. Run this again when it is done.`
  }
}

/** 0 complete, 2 steps left, 1 blocked. */
export const exitCodes: Readonly<Record<Outcome, number>> = { complete: 0, 'steps-left': 2, blocked: 1 }
