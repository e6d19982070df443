import type { ZodMiniType } from 'zod/mini'

/**
 * What a setting may be. One schema says it for every place: a file has the schema's input as YAML has it, and the text of
 * a flag or of a variable is brought into that form first.
 */
export interface ValueType<T> {
  /** From the form that a file has to what programs use. Messages begin as {@link complaint} wants it. */
  readonly schema: ZodMiniType<T>
  /** The file's form of a text. A text that has none stays as it is, for the schema to refuse. */
  readonly natural: (text: string) => unknown
  /** What follows a flag in its help: `<cidrs>`; `[boolean]` may be left out. */
  readonly placeholder: string
  /** The words that it may be, or, where others are allowed too, those that have a meaning of their own. */
  readonly choices?: readonly string[]
}

/** A text that is not what it should be. `message` follows the name of where it was written: see {@link complaint}. */
export class ValueError extends Error {
  override readonly name = 'ValueError'
}

/**
 * The sentence about a value that is refused.
 *
 * - `expected …`: `--drift-interval=5: expected …`
 * - `is …`: `--cluster-name is empty: …`
 * - what speaks for itself: `--cluster-cidr: invalid address "x"`
 *
 * @param written as it stands there; undefined for what no message may show
 */
export function complaint(name: string, written: string | undefined, message: string): string {
  if (message.startsWith('is ')) return `${name} ${message}`
  return message.startsWith('expected') && written !== undefined
    ? `${name}=${written}: ${message}`
    : `${name}: ${message}`
}
