import { type Address, AddressSyntaxError, formatAddress, parseAddress } from '../../net/address.ts'
import { type Cidr, formatCidr, parseCidr } from '../../net/cidr.ts'
import type { ServeFailure } from './protocol.ts'

/** A request that is not carried out, and why. */
export class ServeError extends Error {
  override readonly name = 'ServeError'
  readonly failure: ServeFailure

  constructor(failure: ServeFailure) {
    super(failure.message)
    this.failure = failure
  }
}

/** What is wrong with a field of a request. */
export const invalid = (field: string, message: string): ServeError =>
  new ServeError({ code: 'invalid', field, message: `${field}: ${message}` })

/**
 * The parameters of a request, read as if a stranger had sent them: each field by its type and bounds, and no field that
 * is not known. Every reader names the field in what it throws.
 *
 * @throws ServeError `invalid`
 */
export class Fields {
  readonly #object: Readonly<Record<string, unknown>>
  readonly #path: string

  constructor(value: unknown, path: string, known: readonly string[]) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw invalid(path, `is no object: ${shown(value)}`)
    this.#object = value as Readonly<Record<string, unknown>>
    this.#path = path
    const stranger = Object.keys(this.#object).find((name) => !known.includes(name))
    if (stranger !== undefined) throw invalid(path, `there is no field ${shown(stranger)}`)
  }

  /** Where a field stands, for messages. */
  path(name: string): string {
    return `${this.#path}.${name}`
  }

  value(name: string): unknown {
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined
  }

  has(name: string): boolean {
    return this.value(name) !== undefined
  }

  boolean(name: string): boolean {
    const value = this.value(name)
    if (typeof value !== 'boolean')
      throw invalid(this.path(name), `is neither true nor false: ${shown(value)}`)
    return value
  }

  /** A whole number in these bounds, which are allowed. */
  integer(name: string, least: number, greatest: number): number {
    const value = this.value(name)
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > greatest)
      throw invalid(this.path(name), `is no whole number from ${least} to ${greatest}: ${shown(value)}`)
    return value
  }

  text(name: string, longest: number): string {
    const value = this.value(name)
    if (typeof value !== 'string' || value.length === 0 || value.length > longest)
      throw invalid(this.path(name), `is no text of 1 to ${longest} characters: ${shown(value)}`)
    return value
  }

  address(name: string): Address {
    return readAddress(this.value(name), this.path(name))
  }

  cidr(name: string): Cidr {
    return readCidr(this.value(name), this.path(name))
  }

  /** A list, at most that long, each entry read by `read`. */
  list<T>(name: string, longest: number, read: (value: unknown, path: string) => T): readonly T[] {
    const value = this.value(name)
    if (!Array.isArray(value)) throw invalid(this.path(name), `is no list: ${shown(value)}`)
    if (value.length > longest)
      throw invalid(this.path(name), `has ${value.length} entries, more than ${longest}`)
    return value.map((entry, index) => read(entry, `${this.path(name)}[${index}]`))
  }
}

/** A range in canonical text, without host bits. */
export const readCidr = (value: unknown, path: string): Cidr => canonical(value, path, parseCidr, formatCidr)

/** An address in canonical text. */
export const readAddress = (value: unknown, path: string): Address =>
  canonical(value, path, parseAddress, formatAddress)

function canonical<T>(
  value: unknown,
  path: string,
  parse: (text: string) => T,
  format: (parsed: T) => string,
): T {
  if (typeof value !== 'string' || value.length > 64) throw invalid(path, `is no short text: ${shown(value)}`)
  try {
    const parsed = parse(value)
    if (format(parsed) === value) return parsed
  } catch (error) {
    if (!(error instanceof AddressSyntaxError)) throw error
    throw invalid(path, error.message)
  }
  throw invalid(path, `is not in canonical form: ${shown(value)}`)
}

/** A stranger's value in a message: short, and without what a terminal would take for a command. */
function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
