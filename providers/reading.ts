import { ProviderError } from './errors.ts'

/** What was read, or the refusal of whoever may not read it. */
export type Reading<T> = { readonly value: T } | { readonly unread: ProviderError }

/** Undefined where it could not be read. */
export const valueOf = <T>(reading: Reading<T>): T | undefined =>
  'value' in reading ? reading.value : undefined

/**
 * A refusal is told to whoever can change it; any other failure is nothing that somebody could allow.
 * @throws whatever `isRefusal` does not take for one
 */
export async function orRefusal<T>(
  work: () => Promise<T>,
  isRefusal: (error: ProviderError) => boolean,
): Promise<Reading<T>> {
  try {
    return { value: await work() }
  } catch (error) {
    if (error instanceof ProviderError && isRefusal(error)) return { unread: error }
    throw error
  }
}

/** What is not known for want of one permission. */
export interface Unread {
  /** The first refusal for it. */
  readonly error: ProviderError
  /** Parts of a sentence, of all that were refused. */
  readonly unknown: readonly string[]
}

/**
 * The refusals among readings, one for each action of the API, whatever it was asked for.
 * @param unknown what is not known without each
 */
export function refusals<Name extends string>(
  readings: Readonly<Record<NoInfer<Name>, Reading<unknown>>>,
  unknown: Readonly<Record<Name, string>>,
): readonly (Unread & { readonly names: readonly Name[] })[] {
  const refused = (Object.keys(unknown) as Name[]).flatMap((name) => {
    const reading = readings[name]
    return 'unread' in reading ? [{ name, error: reading.unread }] : []
  })
  return [...Map.groupBy(refused, ({ error }) => error.action).values()].flatMap((same) => {
    const [first] = same
    if (first === undefined) return []
    const names = same.map(({ name }) => name)
    return [{ error: first.error, names, unknown: names.map((name) => unknown[name]) }]
  })
}
