/** An answer that is not of the shape that the protocol says. `message` names the field. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError'
}

/** Reads a value, or throws an {@link AnswerError} that names where it stands. */
export type Read<T> = (value: unknown, path: string) => T

const wrong = (path: string, expected: string): AnswerError => new AnswerError(`${path} is no ${expected}`)

export const text: Read<string> = (value, path) => {
  if (typeof value !== 'string') throw wrong(path, 'text')
  return value
}

export const boolean: Read<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw wrong(path, 'boolean')
  return value
}

/** A whole number that is not negative. */
export const count: Read<number> = (value, path) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw wrong(path, 'whole number from 0')
  return value
}

export const list =
  <T>(read: Read<T>): Read<readonly T[]> =>
  (value, path) => {
    if (!Array.isArray(value)) throw wrong(path, 'list')
    return value.map((entry, index) => read(entry, `${path}[${index}]`))
  }

export const oneOf =
  <const T extends string>(...choices: readonly T[]): Read<T> =>
  (value, path) => {
    const choice = choices.find((one) => one === value)
    if (choice === undefined) throw wrong(path, `one of ${choices.join(', ')}`)
    return choice
  }

export const onlyTrue: Read<true> = (value, path) => {
  if (value !== true) throw wrong(path, 'true')
  return true
}

export function objectOf(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, 'object')
  return value as Readonly<Record<string, unknown>>
}

/** For a field that may be absent. */
export interface Optional<T> {
  readonly optional: Read<T>
}
export const optional = <T>(read: Read<T>): Optional<T> => ({ optional: read })

/** How each field of `T` is read: one that may be absent by an {@link Optional}, so that none is forgotten. */
type Readers<T> = {
  readonly [K in keyof T]-?: undefined extends T[K] ? Optional<NonNullable<T[K]>> : Read<T[K]>
}

/** An object with these fields; a newer server's further ones are left out. */
export const object =
  <T extends object>(readers: Readers<T>): Read<T> =>
  (value, path) => {
    const given = objectOf(value, path)
    const result: Record<string, unknown> = {}
    for (const [name, reader] of Object.entries<Read<unknown> | Optional<unknown>>(readers)) {
      const field = Object.hasOwn(given, name) ? given[name] : undefined
      if (typeof reader === 'function') result[name] = reader(field, `${path}.${name}`)
      else if (field !== undefined) result[name] = reader.optional(field, `${path}.${name}`)
    }
    return result as T
  }
