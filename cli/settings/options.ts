import { type Command, Option } from 'commander'
import { type CommandName, type UsedSetting, settingsOfCommand } from './command-settings.ts'
import { writtenOf } from './origin.ts'
import { kebab } from './setting.ts'

/** Gives a command the flags of what it knows, and `--config` if a file can say some of it. */
export const addSettings = (command: Command, name: CommandName): Command =>
  addUsed(command, settingsOfCommand(name))

export function addUsed(command: Command, used: readonly UsedSetting[]): Command {
  for (const setting of used) for (const option of optionsOf(setting)) command.addOption(option)
  if (used.some(({ flagOnly }) => flagOnly !== true)) command.addOption(configOption())
  return command
}

/** Without dashes. */
export const flagOf = ({ flag, key }: Pick<UsedSetting, 'flag' | 'key'>): string => flag ?? kebab(key)

export const isSwitch = ({ type }: Pick<UsedSetting, 'type'>): boolean => type.placeholder === '[boolean]'

/** `--cluster-name <name>`, as help and messages have it. */
export function flagText(setting: UsedSetting): string {
  const { flagOnly, type } = setting
  // `--yes 10.0.0.0/24` would take the argument for its value.
  const value = isSwitch(setting) && flagOnly === true ? '' : ` ${type.placeholder}`
  return `--${flagOf(setting)}${value}`
}

/** What holds where nothing is said, for people; undefined if there is nothing to say of it. */
export const defaultText = ({ default: value, flagOnly, unless }: UsedSetting): string | undefined =>
  value === undefined || (flagOnly === true && value === false) ? unless : writtenOf(value)

export const configOption = (): Option =>
  new Option(
    '--config <file>',
    'a file that says what no flag and no variable (PODWAY_CLUSTER_NAME and so on) says (default: $PODWAY_CONFIG)',
  )

/** A flag, and the words that it takes, where it is one of a few. Help has them in its description, in words. */
export class SettingOption extends Option {
  readonly words: readonly string[] | undefined

  constructor(flags: string, description: string, { type }: Pick<UsedSetting, 'type'>) {
    super(flags, description)
    this.words = type.choices
  }
}

function optionsOf(setting: UsedSetting): readonly Option[] {
  const { alias, description, group, no, short } = setting
  const flags = flagText(setting)
  const text = defaultText(setting)
  const main = new SettingOption(
    short === undefined ? flags : `-${short}, ${flags}`,
    text === undefined ? description : `${description} (default: ${text})`,
    setting,
  )
  // What is so unless it is said otherwise for one run, is only ever said otherwise.
  if (setting.flagOnly === true && no !== undefined) return [new Option(`--no-${flagOf(setting)}`, no)]
  const negated =
    isSwitch(setting) && setting.flagOnly !== true ? new Option(`--no-${flagOf(setting)}`, no) : []
  if (negated instanceof Option && no === undefined) negated.hideHelp()
  const other =
    alias === undefined ? [] : new Option(`--${alias.flag} ${setting.type.placeholder}`, alias.description)
  const options = [main, negated, other].flat()
  return group === undefined ? options : options.map((option) => option.helpGroup(group))
}
