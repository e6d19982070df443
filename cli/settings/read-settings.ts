import type { Command } from 'commander'
import { UsageError } from '../usage.ts'
import type { CommandName, Settings } from './command-settings.ts'
import { type Effective, effective, openPlaces } from './effective.ts'
import { strangersIn } from './from-environment.ts'
import { flagOf } from './options.ts'
import type { Key } from './settings.ts'

/** What readers may want to know besides. */
export interface Told {
  /** What stands on the command line. */
  readonly byFlag: ReadonlySet<Key>
}

/**
 * All that a command is told: by flags, else by variables, else by its file, else as it is by default. `read` makes of it
 * what the command works with, and checks what one setting means for another.
 * @throws UsageError with all that is wrong, each with where it was said
 */
export async function readSettings<C extends CommandName, T>(
  command: Command,
  name: C,
  read: (settings: Settings<C>, told: Told) => T,
): Promise<T> {
  const { env } = process
  const all = effective(name, await openPlaces(name, command, env))
  for (const { name: variable, nearest } of strangersIn(env))
    if (nearest !== undefined)
      process.stderr.write(`podway: ${variable} is no setting: did you mean ${nearest}?\n`)
  return readEffective(all, read)
}

/** @throws UsageError with all that can't be read, or with what `read` has to say */
export function readEffective<C extends CommandName, T>(
  all: readonly Effective[],
  read: (settings: Settings<C>, told: Told) => T,
): T {
  const problems = all.flatMap(({ problem }) => problem ?? [])
  if (problems.length > 0) throw new UsageError(problems.join('\n'))
  const settings = Object.fromEntries(all.map(({ setting, value }) => [setting.key, value]))
  const byFlag = new Set(
    all.flatMap(({ found, setting }) => (found?.origin.kind === 'flag' ? setting.key : [])),
  )
  try {
    // The schema has read every one of them, and none is left out.
    return read(settings as Settings<C>, { byFlag })
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const origins = originsIn(error.message, all)
    throw origins === '' ? error : new UsageError(`${error.message} (${origins})`, { cause: error })
  }
}

/** Readers know settings by their flags; who said them otherwise is told where. */
const originsIn = (message: string, all: readonly Effective[]): string =>
  all
    .flatMap(({ found, setting }) => {
      const flag = `--${flagOf(setting)}`
      if (found === undefined || (found.origin.kind !== 'environment' && found.origin.kind !== 'file'))
        return []
      return new RegExp(`${flag}(?![a-z0-9-])`).test(message) ? `${flag} is ${found.origin.name}` : []
    })
    .join('; ')
