import { builtInTypes } from './built-in-types.ts'
import { customTypes } from './custom-type.ts'
import type { JsonObject } from './json.ts'
import { nameOf } from './object-meta.ts'
import type { ResourceType } from './resource-type.ts'

interface Defined {
  readonly definition: JsonObject
  readonly types: readonly ResourceType[]
}

/** Which resources are served now: the built-in ones, and those of the CustomResourceDefinitions. */
export class Registry {
  readonly #custom = new Map<string, Defined>()

  get types(): readonly ResourceType[] {
    return [...builtInTypes, ...[...this.#custom.values()].flatMap(({ types }) => types)]
  }

  find(group: string, version: string, plural: string): ResourceType | undefined {
    return this.types.find(
      (type) => type.group === group && type.version === version && type.plural === plural,
    )
  }

  serves(group: string, version: string): boolean {
    return this.types.some((type) => type.group === group && type.version === version)
  }

  define(definition: JsonObject): void {
    const name = nameOf(definition)
    if (this.#custom.get(name)?.definition === definition) return
    this.#custom.set(name, { definition, types: customTypes(definition) })
  }

  /** The names of the definitions that are served. */
  get definitions(): readonly string[] {
    return [...this.#custom.keys()]
  }

  remove(name: string): void {
    this.#custom.delete(name)
  }
}
