import { flagText } from '../settings/options.ts'
import type { Effective } from '../settings/effective.ts'
import type { Origin } from '../settings/origin.ts'
import type { Key } from '../settings/settings.ts'
import { variableOf } from '../settings/setting.ts'
import { redacted, withoutPassword } from './redact.ts'
import type { SurroundingVariable } from './surroundings.ts'

/** What holds for a command, for people and for programs. */
export interface Configuration {
  readonly command: string
  /** The file that was read, or null. */
  readonly file: string | null
  readonly settings: readonly SettingLine[]
  readonly environment: readonly SurroundingVariable[]
  /** Why the command would refuse it; none if it would not. */
  readonly errors: readonly string[]
}

export interface SettingLine {
  readonly key: Key
  /** As a file has it; null where nothing is said. */
  readonly value: unknown
  readonly from: Origin['kind'] | null
  /** Where exactly: `--drift-interval`, `PODWAY_DRIFT_INTERVAL`, `podway.yaml:7: driftInterval`. */
  readonly at: string | null
  /** What holds where no value does, in words. */
  readonly otherwise: string | null
  readonly flag: string
  readonly variable: string
}

export const settingLine = ({ found, problem, setting }: Effective): SettingLine => ({
  key: setting.key,
  value: found === undefined ? null : shown(setting.secret === true, problem, found),
  from: found?.origin.kind ?? null,
  at: found === undefined || found.origin.kind === 'default' ? null : found.origin.name,
  otherwise: found === undefined ? (setting.unless ?? null) : null,
  flag: flagText(setting),
  variable: variableOf(setting.key),
})

const shown = (
  secret: boolean,
  problem: string | undefined,
  { natural, written }: NonNullable<Effective['found']>,
): unknown => {
  if (secret) return redacted
  const value = problem === undefined ? natural : written
  return typeof value === 'string' ? withoutPassword(value) : value
}
