import { awsModes } from '../../providers/aws/mode.ts'
import { gcpModes } from '../../providers/gcp/mode.ts'
import { credentialKinds } from '../../providers/azure/credential-kinds.ts'
import { policies } from '../../reconciler/guard/policy.ts'
import { logLevels } from '../log-levels.ts'
import { listFormats } from '../output.ts'
import { providerNames } from '../settings/cloud-settings.ts'
import { adoptions } from '../settings/controller-settings.ts'

const everywhere: Readonly<Record<string, readonly string[]>> = {
  '--adopt': adoptions,
  '--aws-mode': awsModes,
  '--azure-credentials': credentialKinds,
  '--gcp-mode': gcpModes,
  '--log-level': logLevels,
  '--output': listFormats,
  '--policy': policies,
  '--provider': providerNames,
}

const ofCommands: Readonly<Record<string, readonly string[]>> = {
  'podway crds --output': ['yaml', 'json'],
}

/** What the flag takes, where that is one of a few. */
export const flagChoices = (path: string, flag: string): readonly string[] | undefined =>
  ofCommands[`${path} ${flag}`] ?? everywhere[flag]
