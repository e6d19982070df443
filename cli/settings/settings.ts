import { agentSettings } from './agent-settings.ts'
import { awsSettings } from './aws-settings.ts'
import { azureSettings } from './azure-settings.ts'
import { cloudSettings } from './cloud-settings.ts'
import { controllerSettings } from './controller-settings.ts'
import { gcpSettings } from './gcp-settings.ts'
import { migrateSettings } from './migrate-settings.ts'
import { poolSettings } from './pool-settings.ts'
import { flagOnlySettings, runSettings } from './run-settings.ts'
import type { Setting } from './setting.ts'
import type { ValueType } from './value-type.ts'

/** Everything that can be set, each thing once: the one place that flags, variables, files and the reference are made of. */
export const settings = {
  ...cloudSettings,
  ...poolSettings,
  ...controllerSettings,
  ...awsSettings,
  ...azureSettings,
  ...gcpSettings,
  ...agentSettings,
  ...runSettings,
  ...flagOnlySettings,
  ...migrateSettings,
} as const satisfies Readonly<Record<string, Setting>>

export type Key = keyof typeof settings

/** What a program gets of each. */
export type Values = {
  readonly [K in Key]: (typeof settings)[K]['type'] extends ValueType<infer T> ? T : never
}

/** What readers take: nothing of it has to be said. */
export type Given<K extends Key> = { readonly [P in K]?: Values[P] | undefined }

/** Those that are always there, since they have a default. */
export type DefaultedKey = {
  [K in Key]: (typeof settings)[K] extends { readonly default: unknown } ? K : never
}[Key]

export const keys = Object.keys(settings) as readonly Key[]

export const settingOf = (key: Key): Setting => settings[key]
