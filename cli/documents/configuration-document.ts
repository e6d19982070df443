import * as z from 'zod'
import { documentSchema } from './document.ts'

export const configurationSchema = documentSchema(
  'EffectiveConfiguration',
  'What holds for a command, and where it was said: podway config controller --output json.',
  {
    command: z.string().describe('controller, doctor aws'),
    file: z.string().nullable().describe('The file that was read'),
    settings: z.array(
      z.object({
        key: z.string(),
        value: z.unknown().describe('As a file has it; null where nothing is said; secrets are <redacted>'),
        from: z.enum(['flag', 'environment', 'file', 'default']).nullable(),
        at: z.string().nullable().describe('Where exactly: podway.yaml:7: driftInterval'),
        otherwise: z.string().nullable().describe('What holds where there is no value, in words'),
        flag: z.string(),
        variable: z.string(),
      }),
    ),
    environment: z
      .array(z.object({ name: z.string(), value: z.string() }))
      .describe('Variables of others that are set and count'),
    errors: z.array(z.string()).describe('Why the command would refuse it; none if it would not'),
  },
)

export type ConfigurationDocument = z.infer<typeof configurationSchema>
