import type { ValueType } from './value-type.ts'

/** One thing that can be set. Its key is what a file calls it; its flag and its variable are made of that. */
export interface Setting<T = unknown> {
  readonly type: ValueType<T>
  /** Of help and of the reference: part of a sentence, without the default. */
  readonly description: string
  /** In the form that a file has. */
  readonly default?: unknown
  /** What happens without it, where that is no value of its own. */
  readonly unless?: string
  /** What `--no-…` means, for a boolean that help shows it of. */
  readonly no?: string
  /** Another name of the flag, and what help says of it. */
  readonly alias?: { readonly flag: string; readonly description: string }
  /** The name of its flag, where it is not made of the key. */
  readonly flag?: string
  /** `o` for `-o`. */
  readonly short?: string
  /** Another variable that is taken where its own is not set. */
  readonly variable?: string
  /** Shown nowhere: not in a message, not by `podway config`. */
  readonly secret?: true
  /** What is said of one run, and not of a cluster: only as a flag. A switch takes no value then. */
  readonly flagOnly?: true
  /** The heading of help under which it stands. */
  readonly group?: string
}

/** Keeps the types of what is declared. */
export const setting = <const S extends Setting>(declared: S): S => declared

/** `drift-interval` of `driftInterval`. */
export const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** `PODWAY_DRIFT_INTERVAL` of `driftInterval`. */
export const variableOf = (key: string): string =>
  `${variablePrefix}${kebab(key).toUpperCase().replaceAll('-', '_')}`

export const variablePrefix = 'PODWAY_'
