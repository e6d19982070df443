import * as z from 'zod'
import { predecessors } from '../migrate/predecessor.ts'
import { outcomes, stepStates } from '../migrate/progress.ts'
import { stepNames } from '../migrate/step.ts'
import { documentSchema } from './document.ts'
import { finding } from './finding.ts'

const stepName = z.enum(stepNames)

export const migrationSchema = documentSchema(
  'Migration',
  'How far a cluster is on its way to podway, and what comes next: podway migrate --output json.',
  {
    from: z.enum(predecessors),
    outcome: z.enum(outcomes),
    step: stepName.nullable().describe('Whose turn it is; null if all are done'),
    findings: z
      .array(
        z.object({ ...finding.shape, step: stepName.nullable().describe('The step that deals with it') }),
      )
      .describe('The worst first'),
    steps: z
      .array(
        z.object({
          name: stepName,
          title: z.string(),
          state: z
            .enum(stepStates)
            .describe(
              'assumed: said to be done, and not seen · next: to be done now · unclear: its turn, and it is not seen whether it is done · blocked: its turn, and something comes first · later: others come first',
            ),
          message: z.string().describe('What was seen'),
          blockers: z.array(z.string()).describe('What has to be put right before'),
          why: z.string(),
          how: z.array(z.string()).describe('What to type or to edit, a line each; a comment begins with #'),
          back: z.string().describe('How to go back'),
        }),
      )
      .describe('In their order'),
  },
)

export type MigrationDocument = z.infer<typeof migrationSchema>
