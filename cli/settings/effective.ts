import type { Command } from 'commander'
import { type CommandName, type UsedSetting, settingsOfCommand } from './command-settings.ts'
import { type ConfigFile, readConfigFile } from './config-file.ts'
import { type Environment, configVariable, fromEnvironment } from './from-environment.ts'
import { configFlag, fromFlags } from './from-flags.ts'
import { flagText } from './options.ts'
import { type Found, writtenOf } from './origin.ts'
import { variableOf } from './setting.ts'
import { complaint } from './value-type.ts'

/** A setting, what holds of it, and where that was said. */
export interface Effective {
  readonly setting: UsedSetting
  /** Undefined where nothing was said and nothing is the default. */
  readonly found: Found | undefined
  /** As programs use it; undefined also where it can't be read. */
  readonly value: unknown
  /** Why it can't be. */
  readonly problem: string | undefined
}

/** The file that the command line names, or else the environment. */
export function configPathOf(command: Command, environment: Environment): string | undefined {
  const path = configFlag(command) ?? environment[configVariable]
  return path === '' ? undefined : path
}

/** Where things are said. */
export interface Places {
  readonly flags: (setting: UsedSetting) => Found | undefined
  readonly environment: Environment
  readonly file: ConfigFile | undefined
}

/** Those of a command. A file that can say nothing to it is not read. @throws ConfigFileError */
export async function openPlaces(
  name: CommandName,
  command: Command,
  environment: Environment,
): Promise<Places> {
  const takesFile = settingsOfCommand(name).some(({ flagOnly }) => flagOnly !== true)
  const path = takesFile ? configPathOf(command, environment) : undefined
  return {
    flags: (setting) => fromFlags(command, setting),
    environment,
    file: path === undefined ? undefined : await readConfigFile(path),
  }
}

/** All that a command knows, in the order of its help. */
export const effective = (name: CommandName, { environment, file, flags }: Places): readonly Effective[] =>
  settingsOfCommand(name).map((setting) =>
    read(
      setting,
      flags(setting) ??
        fromEnvironment(environment, setting) ??
        file?.find(setting, name) ??
        fromDefault(setting),
    ),
  )

const fromDefault = ({ default: natural }: UsedSetting): Found | undefined =>
  natural === undefined
    ? undefined
    : { origin: { kind: 'default', name: 'default' }, written: writtenOf(natural), natural }

function read(setting: UsedSetting, found: Found | undefined): Effective {
  if (found === undefined) {
    const problem = setting.required ? missing(setting) : undefined
    return { setting, found, value: undefined, problem }
  }
  const { data, error } = setting.type.schema.safeParse(found.natural)
  if (error === undefined) return { setting, found, value: data, problem: undefined }
  const message = error.issues[0]?.message ?? 'is invalid'
  const written = setting.secret === true ? undefined : found.written
  return { setting, found, value: undefined, problem: complaint(found.origin.name, written, message) }
}

/** In the words of commander, and then where else it can be said. */
const missing = (setting: UsedSetting): string =>
  `required option '${flagText(setting)}' not specified` +
  (setting.flagOnly === true
    ? ''
    : `: neither as a flag, nor as ${variableOf(setting.key)}, nor as ${setting.key} in a --config file`)
