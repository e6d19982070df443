import * as z from 'zod'
import { documentSchema } from './document.ts'

export const versionSchema = documentSchema(
  'Version',
  'Which podway this is: podway version --output json.',
  {
    version: z.string(),
    node: z.string().describe('Of the Node.js that runs it'),
    platform: z.string().describe('linux/x64'),
  },
)

export type VersionDocument = z.infer<typeof versionSchema>
