import { awsSettings } from './aws-settings.ts'
import { azureSettings } from './azure-settings.ts'
import { gcpSettings } from './gcp-settings.ts'
import type { Key, Values } from './settings.ts'

/** The cloud of which alone a setting is. */
export function cloudOf(key: Key): Values['provider'] | undefined {
  if (key in awsSettings) return 'aws'
  if (key in gcpSettings) return 'gcp'
  return key in azureSettings ? 'azure' : undefined
}
