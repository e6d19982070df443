import type { Command } from 'commander'
import { formatJson, standardOutput } from '../output.ts'
import {
  type CommandName,
  type UsedSetting,
  commandNames,
  settingsOfCommand,
} from '../settings/command-settings.ts'
import { type Effective, type Places, configPathOf, effective, openPlaces } from '../settings/effective.ts'
import { strangersIn } from '../settings/from-environment.ts'
import { addUsed } from '../settings/options.ts'
import { type Told, readEffective, readSettings } from '../settings/read-settings.ts'
import { UsageError } from '../usage.ts'
import { checks } from './checked-commands.ts'
import { type Configuration, settingLine } from './configuration.ts'
import { formatConfiguration } from './format-configuration.ts'
import { surroundings } from './surroundings.ts'

/** One command for each that can be configured, with the flags of that one. */
export function addConfigCommand(program: Command): void {
  const config = program
    .command('config')
    .summary('print what holds for a command, and where it was said')
    .description(
      'Prints the configuration with which a command would work: by its flags, else by variables (PODWAY_CLUSTER_NAME), else by its file (--config), else as it is by default. Asks nobody, and shows no secret.',
    )
    .addHelpText(
      'after',
      `
Example:
  $ podway config controller --config podway.yaml
  $ podway config controller --config podway.yaml --output json | jq '.settings[] | select(.from == "file")'
  $ podway config doctor aws

Exit codes: 0 the command could work with it, 64 it would refuse it: the errors say why.`,
    )
  for (const name of commandNames) if (configurable(name).length > 0) addOne(config, name)
  config
    .command('schema')
    .summary('print what a file may hold, as JSON Schema')
    .description(
      'Prints the JSON Schema of the file that --config names: editors complete and check it by that.',
    )
    .action(async () => {
      const { fileJsonSchema } = await import('../settings/json-schema.ts')
      await standardOutput.result(formatJson(fileJsonSchema()))
    })
}

/** What can be said elsewhere than on the command line. */
const configurable = (name: CommandName): readonly UsedSetting[] =>
  settingsOfCommand(name).filter(({ flagOnly }) => flagOnly !== true)

function addOne(config: Command, name: CommandName): void {
  const words = name.split(' ')
  const command = words.reduce(
    (parent, word) =>
      parent.commands.find((one) => one.name() === word) ??
      parent.command(word).summary(`of the commands of podway ${word}`),
    config,
  )
  command
    .summary(`of podway ${name}`)
    .description(`Prints what holds for podway ${name}: give it that command’s own flags.`)
    .action((_flags: unknown, given: Command) => run(name, given))
  addUsed(command, [...configurable(name), ...settingsOfCommand('config')])
}

async function run(name: CommandName, command: Command): Promise<void> {
  const { env } = process
  const format = await readSettings(command, 'config', ({ output }) => output)
  const places = await openPlaces(name, command, env)
  const configuration = configurationOf(name, places, configPathOf(command, env))
  for (const { name: variable } of strangersIn(env).filter(({ nearest }) => nearest === undefined))
    await standardOutput.note(`podway: ${variable} is no setting`)
  await standardOutput.result(formatConfiguration(configuration, format))
  if (configuration.errors.length > 0) throw new UsageError(configuration.errors.join('\n'))
}

/** What holds, and what the command would say of it. */
function configurationOf(name: CommandName, places: Places, file: string | undefined): Configuration {
  // What is said of one run is not said here, though a flag of this command may be called the same.
  const flags: Places['flags'] = (setting) => (setting.flagOnly === true ? undefined : places.flags(setting))
  const all = effective(name, { ...places, flags })
  const lines = all.filter(({ setting }) => setting.flagOnly !== true)
  return {
    command: name,
    file: file ?? null,
    settings: lines.map(settingLine),
    environment: surroundings(
      lines.map(({ setting }) => setting.key),
      places.environment,
    ),
    errors: errorsOf(name, all),
  }
}

function errorsOf(name: CommandName, all: readonly Effective[]): readonly string[] {
  // Given the settings of that very command.
  const check = checks[name] as ((settings: unknown, told: Told) => unknown) | undefined
  const said = all.map((one) => (one.setting.flagOnly === true ? { ...one, problem: undefined } : one))
  try {
    readEffective(said, (settings, told) => check?.(settings, told))
    return []
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return error.message.split('\n')
  }
}
