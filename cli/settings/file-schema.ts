import * as z from 'zod/mini'
import { type CommandName, settingsOfCommand } from './command-settings.ts'
import { type Key, keys, settingOf } from './settings.ts'

export const apiVersion = 'podway.dev/v1alpha1'
export const kind = 'Configuration'

/** The programs that run beside each other with one file: what is said of one alone stands under its name. */
export const sections = ['controller', 'agent'] as const satisfies readonly CommandName[]
export type Section = (typeof sections)[number]

export const isSection = (name: string): name is Section => sections.some((section) => section === name)

/** What a file can say. */
export const fileKeys: readonly Key[] = keys.filter((key) => settingOf(key).flagOnly !== true)

export const sectionKeys = (section: Section): readonly Key[] =>
  settingsOfCommand(section).flatMap(({ flagOnly, key }) => (flagOnly === true ? [] : key))

const shapeOf = (some: readonly Key[]): Readonly<Record<string, z.ZodMiniType>> =>
  Object.fromEntries(some.map((key) => [key, z.optional(settingOf(key).type.schema)]))

/** The whole file: the settings, nothing else, and nothing twice. */
export const fileSchema = () =>
  z.strictObject({
    apiVersion: z.literal(apiVersion, `expected ${apiVersion}`),
    kind: z.literal(kind, `expected ${kind}`),
    ...shapeOf(fileKeys),
    ...Object.fromEntries(
      sections.map((section) => [
        section,
        z.optional(
          z.strictObject(shapeOf(sectionKeys(section)), {
            error: (issue) =>
              issue.code === 'invalid_type' ? `expected settings of podway ${section}` : undefined,
          }),
        ),
      ]),
    ),
  })
