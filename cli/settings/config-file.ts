import { readFile } from 'node:fs/promises'
import type { CommandName, UsedSetting } from './command-settings.ts'
import { ConfigFileError } from './config-file-error.ts'
import { checkDocument } from './check-document.ts'
import { parseDocument } from './document.ts'
import { isSection } from './file-schema.ts'
import { type Found, writtenOf } from './origin.ts'

/** A file of settings that is right as a whole, whichever command reads it. */
export interface ConfigFile {
  readonly find: (setting: UsedSetting, command: CommandName) => Found | undefined
}

/** @throws ConfigFileError that names the file, the line, and what would do */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  let text
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigFileError('unreadable', [`${path}: the configuration can’t be read: ${why}`], { cause })
  }
  return parseConfigFile(path, text)
}

/** @throws ConfigFileError */
export function parseConfigFile(path: string, text: string): ConfigFile {
  const document = parseDocument(path, text)
  checkDocument(path, document)
  const { lineOf, value } = document
  return {
    find({ flagOnly, key }, command) {
      if (flagOnly === true) return undefined
      const [section = ''] = command.split(' ')
      // What is said of the command alone goes before what is said of all.
      for (const place of isSection(section) ? [[section, key], [key]] : [[key]]) {
        const natural = place.reduce<unknown>(memberOf, value)
        if (natural === undefined) continue
        const origin = { kind: 'file', name: `${path}:${lineOf(place)}: ${place.join('.')}` } as const
        return { origin, written: writtenOf(natural), natural }
      }
      return undefined
    },
  }
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
