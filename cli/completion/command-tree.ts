import type { Command, Option } from 'commander'
import { SettingOption } from '../settings/options.ts'

/** A command as a shell completes it. */
export interface CompletedCommand {
  /** `podway doctor aws`: all words that lead to it. */
  readonly path: string
  readonly commands: readonly { readonly name: string; readonly summary: string }[]
  readonly flags: readonly CompletedFlag[]
}

export interface CompletedFlag {
  /** `--output` */
  readonly long: string
  /** `-o` */
  readonly short: string | undefined
  readonly description: string
  readonly value: FlagValue
}

export type FlagValue =
  | { readonly kind: 'none' }
  | { readonly kind: 'any' }
  | { readonly kind: 'file' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }

export const spellings = ({ long, short }: CompletedFlag): readonly string[] =>
  short === undefined ? [long] : [long, short]

/** Flags of any command behind which a value stands, in all spellings. */
export const flagsWithValue = (tree: readonly CompletedCommand[]): ReadonlySet<string> =>
  new Set(tree.flatMap(({ flags }) => flags.filter(({ value }) => value.kind !== 'none').flatMap(spellings)))

/** The command and all below it, the outermost first, as they are declared. Hidden ones are left out. */
export function commandTree(command: Command, above = ''): readonly CompletedCommand[] {
  const path = above === '' ? command.name() : `${above} ${command.name()}`
  const help = command.createHelp()
  const commands = help.visibleCommands(command).filter((one) => one.name() !== 'help')
  return [
    {
      path,
      commands: commands.map((one) => ({ name: one.name(), summary: help.subcommandDescription(one) })),
      flags: help.visibleOptions(command).flatMap(flagOf),
    },
    ...commands.flatMap((one) => commandTree(one, path)),
  ]
}

function flagOf(option: Option): readonly CompletedFlag[] {
  const { description, flags, long, short } = option
  if (long === undefined) return []
  const takesValue = option.required || option.optional
  const choices = option instanceof SettingOption ? option.words : undefined
  const value = !takesValue
    ? ({ kind: 'none' } as const)
    : choices !== undefined
      ? ({ kind: 'choice', choices } as const)
      : /<(file|path)>/.test(flags)
        ? ({ kind: 'file' } as const)
        : ({ kind: 'any' } as const)
  return [{ long, short, description, value }]
}
