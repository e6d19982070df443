import { AddressSyntaxError, type Address, parseAddress } from '../../net/address.ts'
import { CniError, ErrorCode } from './error.ts'

/** A JSON object whose fields have not been looked at. */
export type JsonObject = Readonly<Record<string, unknown>>

/** What is wrong with a configuration, and where: "config" (7). */
export const configError = (message: string): CniError => new CniError(ErrorCode.config, message)

const mustBe = (where: string, what: string): CniError => configError(`${where} must be ${what}`)

// As in Go, whose decoder all other plugins use, null is the same as absent.

export function optionalObject(parent: JsonObject, key: string, where: string): JsonObject | undefined {
  const value = parent[key]
  return value === undefined || value === null ? undefined : requireObject(value, where)
}

export function requireObject(value: unknown, where: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mustBe(where, 'an object')
  return value as JsonObject
}

export function optionalArray(
  parent: JsonObject,
  key: string,
  where: string,
): readonly unknown[] | undefined {
  const value = parent[key]
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw mustBe(where, 'a list')
  return value as readonly unknown[]
}

export function requireString(value: unknown, where: string): string {
  if (typeof value !== 'string') throw mustBe(where, 'a string')
  return value
}

/** An empty string is the same as an absent one. */
export function optionalString(parent: JsonObject, key: string, where: string): string | undefined {
  const value = parent[key]
  if (value === undefined || value === null || value === '') return undefined
  return requireString(value, where)
}

export function optionalStrings(
  parent: JsonObject,
  key: string,
  where: string,
): readonly string[] | undefined {
  return optionalArray(parent, key, where)?.map((value, i) => requireString(value, `${where}[${i}]`))
}

/** Whether a value is a whole number of that range, both ends included. */
export const isNumber = (value: unknown, least: number, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most

/** A whole number, from 0 to 2³² − 1 where nothing else is said. */
export function optionalNumber(
  parent: JsonObject,
  key: string,
  where: string,
  { least = 0, most = 0xffffffff }: { readonly least?: number; readonly most?: number } = {},
): number | undefined {
  const value = parent[key]
  if (value === undefined || value === null) return undefined
  if (!isNumber(value, least, most)) throw mustBe(where, `a whole number from ${least} to ${most}`)
  return value
}

/** The same, where zero is as good as absent. */
export function optionalPositive(
  parent: JsonObject,
  key: string,
  where: string,
  most = 0xffffffff,
): number | undefined {
  const value = optionalNumber(parent, key, where, { most })
  return value === 0 ? undefined : value
}

export function optionalBoolean(parent: JsonObject, key: string, where: string): boolean | undefined {
  const value = parent[key]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'boolean') throw mustBe(where, 'true or false')
  return value
}

export function optionalAddress(parent: JsonObject, key: string, where: string): Address | undefined {
  const text = optionalString(parent, key, where)
  return text === undefined ? undefined : inField(where, () => parseAddress(text))
}

/** Reads a text that stands in that field: what is no address there is an error of the configuration. */
export function inField<T>(where: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof AddressSyntaxError) throw configError(`${where}: ${error.message}`)
    throw error
  }
}
