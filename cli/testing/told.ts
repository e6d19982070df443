import { Command } from 'commander'
import type { CommandName, Settings, UsedSetting } from '../settings/command-settings.ts'
import { effective } from '../settings/effective.ts'
import type { Environment } from '../settings/from-environment.ts'
import { fromFlags } from '../settings/from-flags.ts'
import type { Found } from '../settings/origin.ts'
import { addSettings } from '../settings/options.ts'
import { type Told, readEffective } from '../settings/read-settings.ts'
import { kebab } from '../settings/setting.ts'

/** The texts of flags; a boolean is a flag without a value, or its negation; what is undefined is not said. */
export type Texts = Readonly<Record<string, string | boolean | undefined>>

/** What a command makes of flags, as if they had stood on its command line. @throws UsageError */
export function told<C extends CommandName, T>(
  name: C,
  texts: Texts,
  read: (settings: Settings<C>, told: Told) => T,
  environment: Environment = {},
): T {
  const command = addSettings(new Command(), name).exitOverride()
  command.parse(argumentsOf(texts), { from: 'user' })
  const flags = (setting: UsedSetting): Found | undefined => fromFlags(command, setting)
  return readEffective(effective(name, { flags, environment, file: undefined }), read)
}

/** `--cluster-name=prod` of `{ clusterName: 'prod' }`. */
export const argumentsOf = (texts: Texts): readonly string[] =>
  Object.entries(texts).flatMap(([key, text]) => {
    if (text === undefined) return []
    if (typeof text === 'string') return `--${kebab(key)}=${text}`
    return text ? `--${kebab(key)}` : `--no-${kebab(key)}`
  })
