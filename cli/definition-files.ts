import { readFileSync, readdirSync } from 'node:fs'

export interface DefinitionFile {
  readonly name: string
  /** YAML, comments and all. */
  readonly text: string
}

const folder = new URL('../deploy/crds/', import.meta.url)

/**
 * The CustomResourceDefinitions of `deploy/crds`, sorted by name. In a bundle, as they were when it was made: this module
 * is run then, and what it exports is all of it that goes in (`tools/build/bundle.ts`).
 */
export const definitionFiles: readonly DefinitionFile[] = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .sort()
  .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }))
