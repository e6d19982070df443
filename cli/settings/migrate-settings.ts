import { predecessors } from '../migrate/predecessor.ts'
import { doableSteps, stepNames } from '../migrate/step.ts'
import { setting } from './setting.ts'
import { choice, list } from './value-types.ts'

/** What is said of one run of `podway migrate`. */
export const migrateSettings = {
  predecessor: setting({
    flagOnly: true,
    flag: 'from',
    type: choice('<predecessor>', predecessors),
    description: `what the cluster has now: ${predecessors.join(', ')}`,
  }),
  assume: setting({
    flagOnly: true,
    type: list('<steps>', {
      pattern: new RegExp(`^(${stepNames.join('|')})$`),
      expected: `expected some of ${stepNames.join(', ')}`,
    }),
    description:
      'steps that are done though the cluster does not show it, comma-separated; what it shows to be left stays left',
  }),
  do: setting({
    flagOnly: true,
    type: choice('<step>', doableSteps),
    description: `what podway itself is to do now: ${doableSteps.join(', ')}; it asks before`,
  }),
} as const
