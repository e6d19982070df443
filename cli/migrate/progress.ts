import type { Step, StepName } from './step.ts'

/**
 * `done` · `assumed`: the cluster does not show it, and the user says that it is done · `next`: to be done now ·
 * `unclear`: it is this one's turn, and the cluster does not show whether it is done · `blocked`: it would be this one's
 * turn, and something has to be put right first · `later`: others come first.
 */
export const stepStates = ['done', 'assumed', 'next', 'unclear', 'blocked', 'later'] as const
export type StepState = (typeof stepStates)[number]

export interface StepProgress {
  readonly step: Step
  readonly state: StepState
  /** What has to be put right before it; sentences. */
  readonly blockers: readonly string[]
}

export const outcomes = ['complete', 'steps-left', 'blocked'] as const
export type Outcome = (typeof outcomes)[number]

export interface Progress {
  readonly steps: readonly StepProgress[]
  readonly outcome: Outcome
}

/**
 * Which step it is the turn of. A step that is done stays done if an earlier one is not: it was done first, or the earlier
 * one was undone since, and then it is that one's turn again.
 *
 * @param obstacles what blocks all of it, as sentences
 */
export function progressOf(
  steps: readonly Step[],
  { assumed, obstacles }: { readonly assumed: readonly StepName[]; readonly obstacles: readonly string[] },
): Progress {
  const isOver = ({ name, verdict }: Step): boolean =>
    verdict.state === 'done' || (verdict.state === 'unknown' && assumed.includes(name))
  const turn = steps.findIndex((step) => !isOver(step))
  const progress = steps.map((step, index): StepProgress => {
    const blockers = [...obstacles, ...step.needs.filter(({ holds }) => !holds).map(({ message }) => message)]
    if (isOver(step)) return { step, state: step.verdict.state === 'done' ? 'done' : 'assumed', blockers: [] }
    if (index !== turn) return { step, state: 'later', blockers: [] }
    if (blockers.length > 0) return { step, state: 'blocked', blockers }
    return { step, state: step.verdict.state === 'unknown' ? 'unclear' : 'next', blockers: [] }
  })
  return { steps: progress, outcome: outcomeOf(progress[turn], obstacles) }
}

function outcomeOf(current: StepProgress | undefined, obstacles: readonly string[]): Outcome {
  if (current === undefined) return obstacles.length === 0 ? 'complete' : 'blocked'
  return current.state === 'blocked' ? 'blocked' : 'steps-left'
}
