import { describe, expect, test } from 'vitest'
import { progressOf } from './progress.ts'
import { type Step, type StepName, type Verdict, done, left, unknown } from './step.ts'

const step = (name: StepName, verdict: Verdict, holds = true): Step => ({
  ...{ name, title: name, why: '', how: [], back: '', verdict },
  needs: [{ message: `${name} needs more`, holds }],
})
const states = (
  steps: readonly Step[],
  assumed: readonly StepName[] = [],
  obstacles: readonly string[] = [],
) => {
  const { outcome, steps: progress } = progressOf(steps, { assumed, obstacles })
  return [...progress.map(({ state, step }) => `${step.name} ${state}`), outcome]
}

describe('whose turn it is', () => {
  test.each<[what: string, steps: readonly Step[], result: readonly string[], assumed?: readonly StepName[]]>(
    [
      ['there is nothing to do', [], ['complete']],
      [
        'all is done',
        [step('survey', done('')), step('adopt', done(''))],
        ['survey done', 'adopt done', 'complete'],
      ],
      [
        'the first that is left',
        [step('survey', left('')), step('adopt', left(''))],
        ['survey next', 'adopt later', 'steps-left'],
      ],
      [
        'a later one may be done before',
        [step('survey', left('')), step('adopt', done(''))],
        ['survey next', 'adopt done', 'steps-left'],
      ],
      [
        'what is not known is not passed over',
        [step('survey', unknown('')), step('adopt', left(''))],
        ['survey unclear', 'adopt later', 'steps-left'],
      ],
      [
        'unless the user says so',
        [step('survey', unknown('')), step('adopt', left(''))],
        ['survey assumed', 'adopt next', 'steps-left'],
        ['survey'],
      ],
      [
        'who can’t say so of what is seen',
        [step('survey', left(''))],
        ['survey next', 'steps-left'],
        ['survey'],
      ],
      ['something has to be before', [step('survey', left(''), false)], ['survey blocked', 'blocked']],
      ['what is done needs nothing', [step('survey', done(''), false)], ['survey done', 'complete']],
      [
        'what comes later blocks nothing yet',
        [step('survey', left('')), step('adopt', left(''), false)],
        ['survey next', 'adopt later', 'steps-left'],
      ],
    ],
  )('%s', (_what, steps, result, assumed) => expect(states(steps, assumed)).toEqual(result))
})

test('an obstacle to all of it blocks the step whose turn it is, and no migration is complete with it', () => {
  expect(states([step('survey', done('')), step('adopt', left(''))], [], ['too old'])).toEqual([
    'survey done',
    'adopt blocked',
    'blocked',
  ])
  expect(states([step('survey', done(''))], [], ['too old'])).toEqual(['survey done', 'blocked'])
})

test('what blocks is told', () => {
  const { steps } = progressOf([step('survey', left(''), false)], { assumed: [], obstacles: ['too old'] })
  expect(steps[0]?.blockers).toEqual(['too old', 'survey needs more'])
})
