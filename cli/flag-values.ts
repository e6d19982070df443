import { AddressSyntaxError } from '../net/address.ts'
import { type Cidr, parseCidr } from '../net/cidr.ts'
import { UsageError } from './usage.ts'

/** Readers of flag values. Each throws a {@link UsageError} that names the flag, the value, and what would do. */

/** `a,b,c`, without empty parts. */
export const readList = (text: string): readonly string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

/** What Go's flag package takes for a boolean, since users bring their manifests along. */
export function readBoolean(flag: string, text: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false
  throw new UsageError(`--${flag}=${text}: expected true or false`)
}

/** `--flag`, `--no-flag`, or `--flag=false`, as commander hands it over. */
export const readSwitch = (flag: string, given: string | boolean): boolean =>
  typeof given === 'boolean' ? given : readBoolean(flag, given)

export function readInteger(
  flag: string,
  text: string,
  range: { readonly min: number; readonly max: number },
): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < range.min || value > range.max) {
    throw new UsageError(`--${flag}=${text}: expected a whole number from ${range.min} to ${range.max}`)
  }
  return value
}

/** A comma-separated list of CIDRs. */
export const readCidrs = (flag: string, text: string): readonly Cidr[] =>
  readList(text).map((part) => readCidr(`--${flag}`, part))

/** `what` names the flag or the argument in the message. */
export function readCidr(what: string, text: string): Cidr {
  try {
    return parseCidr(text)
  } catch (error) {
    if (error instanceof AddressSyntaxError)
      throw new UsageError(`${what}: ${error.message}`, { cause: error })
    throw error
  }
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** Go's duration text (`90s`, `1m30s`, `1.5h`), in milliseconds. */
export function readDuration(flag: string, text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) {
    throw new UsageError(`--${flag}=${text}: expected a duration such as 30s, 5m or 1h30m`)
  }
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (unitMs[unit ?? ''] ?? 0), 0)
}

export function readChoice<const T extends string>(flag: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((one) => one === text)
  if (choice === undefined) throw new UsageError(`--${flag}=${text}: expected one of ${choices.join(', ')}`)
  return choice
}
