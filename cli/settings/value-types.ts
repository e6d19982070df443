import * as z from 'zod/mini'
import { AddressSyntaxError } from '../../net/address.ts'
import { type Cidr, parseCidr } from '../../net/cidr.ts'
import { aDuration, parseDuration } from './duration.ts'
import { type ValueType, ValueError } from './value-type.ts'

const asIs = (text: string): unknown => text

/** `a,b,c`, without empty parts. */
const listed = (text: string): unknown =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

/** What Go's flag package takes for a boolean, since users bring their manifests along. */
function truth(text: string): unknown {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false
  return text
}

function numeric(text: string): unknown {
  const value = Number(text)
  return text.trim() === '' || Number.isNaN(value) ? text : value
}

/** YAML makes a number of what has no quotes. */
const aText = { error: 'expected text: in a file, put it in quotes' } as const

const notEmpty = (remedy: string): z.core.$ZodCheck<string> => z.regex(/\S/, `is empty: ${remedy}`)

/** Any text but an empty one. */
export const text = (placeholder: string, remedy: string): ValueType<string> => ({
  schema: z.string(aText).check(notEmpty(remedy)),
  natural: asIs,
  placeholder,
})

export const path = (placeholder = '<path>'): ValueType<string> => text(placeholder, 'name a file')

/** @param expected `expected …`, for what the pattern refuses */
export const matching = (placeholder: string, pattern: RegExp, expected: string): ValueType<string> => ({
  schema: z.string({ error: expected }).check(z.regex(pattern, expected)),
  natural: asIs,
  placeholder,
})

/** A text that has a meaning of its own. `read` throws a {@link ValueError} for what is none. */
export function parsed<T>(
  placeholder: string,
  read: (text: string) => T,
  options: { readonly pattern?: RegExp; readonly expected?: string } = {},
): ValueType<T> & { readonly schema: z.ZodMiniType<T, string> } {
  const { expected, pattern } = options
  const typed = z.transform((written: string, context): T => {
    try {
      return read(written)
    } catch (error) {
      if (!(error instanceof ValueError || error instanceof AddressSyntaxError)) throw error
      context.issues.push({ code: 'custom', input: written, message: error.message })
      return z.NEVER
    }
  })
  const written = z.string(expected === undefined ? aText : { error: expected })
  // The pattern is for who reads the schema; what it would say of a value is what `read` says better.
  const shown = pattern === undefined ? written : written.check(z.meta({ pattern: pattern.source }))
  return { schema: z.pipe(shown, typed), natural: asIs, placeholder }
}

export const choice = <const T extends string>(placeholder: string, choices: readonly T[]): ValueType<T> => ({
  schema: z.enum(choices, { error: `expected one of ${choices.join(', ')}` }),
  natural: asIs,
  placeholder,
  choices,
})

export const boolean: ValueType<boolean> = {
  schema: z.boolean({ error: 'expected true or false' }),
  natural: truth,
  placeholder: '[boolean]',
}

export function wholeNumber(
  placeholder: string,
  { max, min }: { readonly min: number; readonly max: number },
): ValueType<number> {
  const error = `expected a whole number from ${min} to ${max}`
  return {
    schema: z.int({ error }).check(z.minimum(min, error), z.maximum(max, error)),
    natural: numeric,
    placeholder,
  }
}

/** A number above 0. */
export function share(placeholder: string, max: number): ValueType<number> {
  const error = `expected a number above 0, and at most ${max} (1 is all that is documented)`
  return {
    schema: z.number({ error }).check(z.gt(0, error), z.maximum(max, error)),
    natural: numeric,
    placeholder,
  }
}

/** Go's duration text, in milliseconds. */
export const duration = (
  range: { readonly min: number; readonly max: number; readonly expected: string } = {
    min: 0,
    // A timer of more than 24.8 days would fire at once, and without end.
    max: 24 * 24 * 3_600_000,
    expected: 'expected at most 576h',
  },
): ValueType<number> =>
  parsed(
    '<duration>',
    (text) => {
      const ms = parseDuration(text)
      if (ms < range.min || ms > range.max) throw new ValueError(range.expected)
      return ms
    },
    { pattern: /^(\d+(\.\d+)?(ms|s|m|h))+$/, expected: aDuration },
  )

/** Texts, in the order given. */
export const list = (
  placeholder: string,
  items: { readonly pattern: RegExp; readonly expected: string } = {
    pattern: /\S/,
    expected: 'expected a list of texts, none of them empty',
  },
): ValueType<readonly string[]> => {
  const { expected: error, pattern } = items
  return {
    schema: z.array(z.string({ error }).check(z.regex(pattern, error)), { error: inAFile(error) }),
    natural: listed,
    placeholder,
  }
}

/** The same, and at least one. */
export const someOf = (
  placeholder: string,
  items: { readonly pattern: RegExp; readonly expected: string },
): ValueType<readonly string[]> => {
  const { schema, ...rest } = list(placeholder, items)
  return {
    ...rest,
    schema: schema.check(z.refine((texts) => texts.length > 0, items.expected)),
  }
}

const inAFile = (expected: string): string => `${expected}; in a file as a list: [a, b]`

export const cidrs: ValueType<readonly Cidr[]> = {
  schema: z.array(parsed('<cidr>', parseCidr).schema, {
    error: inAFile('expected ranges such as 10.244.0.0/16, comma-separated'),
  }),
  natural: listed,
  placeholder: '<cidrs>',
}

/** One of the words, or else a list of names. */
export const choiceOrList = <const T extends string>(
  placeholder: string,
  choices: readonly T[],
  what: string,
): ValueType<T | readonly string[]> => ({
  schema: z.union([z.enum(choices), z.array(z.string())], {
    error: inAFile(`expected ${choices.join(', ')}, or ${what}`),
  }),
  natural: (text) => (choices.some((one) => one === text) ? text : listed(text)),
  placeholder,
  choices,
})
