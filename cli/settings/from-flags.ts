import type { Command } from 'commander'
import type { UsedSetting } from './command-settings.ts'
import { flagOf } from './options.ts'
import type { Found } from './origin.ts'

/** What of a setting stands on the command line, under either of its names. */
export function fromFlags(command: Command, setting: UsedSetting): Found | undefined {
  const names = [flagOf(setting), setting.alias?.flag ?? []].flat()
  for (const flag of names) {
    const given = givenOf(command, camel(flag))
    if (given === undefined) continue
    const origin = { kind: 'flag', name: `--${flag}` } as const
    // Without a value, or by `--no-…`.
    if (typeof given === 'boolean') return { origin, written: String(given), natural: given }
    return { origin, written: given, natural: setting.type.natural(given) }
  }
  return undefined
}

/** The path of the file, if one is named. */
export const configFlag = (command: Command): string | undefined => {
  const given = givenOf(command, 'config')
  return typeof given === 'string' ? given : undefined
}

/** A flag of a command may stand before its subcommand too, if that knows it: it is the parent's then. */
function givenOf(command: Command, attribute: string): string | boolean | undefined {
  for (let one: Command | null = command; one !== null; one = one.parent)
    if (one.getOptionValueSource(attribute) === 'cli')
      return one.getOptionValue(attribute) as string | boolean
  return undefined
}

const camel = (flag: string): string =>
  flag.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
