import type * as z from 'zod/mini'
import { commandNames, settingsOfCommand } from './command-settings.ts'
import { ConfigFileError } from './config-file-error.ts'
import type { Document } from './document.ts'
import { fileKeys, fileSchema, isSection, sectionKeys, sections } from './file-schema.ts'
import { nearest } from './nearest.ts'
import { flagOf } from './options.ts'
import { writtenOf } from './origin.ts'
import { type Key, keys, settingOf } from './settings.ts'
import { complaint } from './value-type.ts'

/** @throws ConfigFileError with all that is wrong, by line */
export function checkDocument(path: string, { lineOf, value }: Document): void {
  const { error } = fileSchema().safeParse(value)
  if (error === undefined) return
  const found = error.issues.flatMap((issue) => complaintsOf(issue, value))
  const lines = found
    .map(({ message, place }) => ({ line: lineOf(place), message }))
    .toSorted((one, other) => one.line - other.line)
    .map(({ line, message }) => `${path}:${line}: ${message}`)
  const isUnknown = found.every(({ unknown }) => unknown)
  throw new ConfigFileError(isUnknown ? 'unknown-key' : 'value', lines)
}

interface Complaint {
  readonly place: readonly PropertyKey[]
  readonly message: string
  readonly unknown: boolean
}

function complaintsOf(issue: z.core.$ZodIssue, document: unknown): readonly Complaint[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      place: [...issue.path, key],
      message: stranger(key, issue.path.map(String)),
      unknown: true,
    }))
  const place = issue.path.filter((part) => typeof part === 'string')
  const value = place.reduce<unknown>(
    (one, name) => (one as Readonly<Record<string, unknown>>)[name],
    document,
  )
  const key = place.join('.')
  return [{ place, message: wrong(key, isSecret(place.at(-1)), value, issue.message), unknown: false }]
}

const isSecret = (key: string | undefined): boolean =>
  keys.some((one) => one === key && settingOf(one).secret === true)

function wrong(key: string, secret: boolean, value: unknown, message: string): string {
  if (value === undefined) return `${key} is missing: ${message}`
  if (value === null) return `${key} is empty: give it a value, or leave it out`
  return complaint(key, secret ? undefined : writtenOf(value), message)
}

function stranger(key: string, [section]: readonly string[]): string {
  const setting = keys.find((one) => one === key)
  if (setting !== undefined && settingOf(setting).flagOnly === true)
    return `${key} is said of one run, and not in a file: use --${flagOf({ ...settingOf(setting), key: setting })}`
  if (section !== undefined && isSection(section)) {
    if (setting !== undefined) return `${section} has no ${key}: it is a setting of ${knownBy(setting)}`
    return `unknown key ${key} of ${section}${suggestion(key, sectionKeys(section))}`
  }
  return `unknown key ${key}${suggestion(key, ['apiVersion', 'kind', ...sections, ...fileKeys])}`
}

const knownBy = (key: Key): string =>
  commandNames
    .filter((name) => settingsOfCommand(name).some((setting) => setting.key === key))
    .map((name) => `podway ${name}`)
    .join(', ')

function suggestion(key: string, known: readonly string[]): string {
  const near = nearest(key, known)
  return near === undefined ? '' : `: did you mean ${near}?`
}
