import * as z from 'zod/mini'
import { commandNames, settingsOfCommand } from './command-settings.ts'
import { fileSchema, sections } from './file-schema.ts'
import type { Setting } from './setting.ts'
import { keys, settingOf } from './settings.ts'

type JsonSchema = z.core.JSONSchema.JSONSchema

/**
 * What a file may hold, as JSON Schema (draft 2020-12), for editors and for whoever makes such a file. `properties` has
 * each setting, and under `controller` and `agent` those of the one program with its own defaults.
 */
export function fileJsonSchema(): JsonSchema {
  const { $schema, properties = {}, ...rest } = z.toJSONSchema(fileSchema(), { io: 'input' })
  return {
    ...($schema === undefined ? {} : { $schema }),
    $id: 'https://podway.dev/schemas/podway.json',
    title: 'Configuration of podway',
    description:
      'A file for --config or PODWAY_CONFIG: one for all commands, which take from it what they know.',
    ...rest,
    properties: mapped(properties, (key, schema) => {
      const section = sections.find((one) => one === key)
      if (section === undefined) return described(anywhere(key), schema)
      const known = settingsOfCommand(section)
      return {
        description: `What is said of podway ${section} alone: it goes before what is said of all.`,
        ...schema,
        properties: mapped(schema.properties ?? {}, (name, inner) =>
          described(
            known.find((one) => one.key === name),
            inner,
          ),
        ),
      }
    }),
  }
}

/** A setting as all commands know it: without a default where they differ. */
function anywhere(key: string): Setting | undefined {
  const known = keys.find((one) => one === key)
  if (known === undefined) return undefined
  const defaults = commandNames
    .flatMap((name) => settingsOfCommand(name))
    .flatMap((one) => (one.key === known ? [one.default] : []))
  const { default: value, ...rest } = settingOf(known)
  return new Set(defaults).size > 1 ? rest : { ...rest, default: value }
}

function described(setting: Setting | undefined, schema: JsonSchema): JsonSchema {
  if (setting === undefined) return schema
  const { default: value, secret, unless } = setting
  // A file has lists of its own.
  const description = setting.description.replace(', comma-separated', '')
  return {
    description: unless === undefined ? description : `${description} (default: ${unless})`,
    ...schema,
    ...(value === undefined ? {} : { default: value }),
    ...(secret === true ? { writeOnly: true } : {}),
  }
}

const mapped = (
  properties: NonNullable<JsonSchema['properties']>,
  change: (key: string, schema: JsonSchema) => JsonSchema,
): NonNullable<JsonSchema['properties']> =>
  Object.fromEntries(
    Object.entries(properties).map(([key, schema]) => [
      key,
      typeof schema === 'boolean' ? schema : change(key, schema),
    ]),
  )
