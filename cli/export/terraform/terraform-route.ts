import type { JsonObject } from './literal.ts'

/** A route as a resource of Terraform. Texts are as they are meant: escaping is the document's. */
export interface TerraformRoute {
  readonly type: 'aws_route' | 'azurerm_route' | 'google_compute_route'
  /** Of the resource in the configuration, see `resourceName`. */
  readonly name: string
  /** For people: Terraform does not read it. */
  readonly comment: string
  readonly arguments: JsonObject
  /** Arguments that somebody else may change. */
  readonly ignoredChanges: readonly string[]
  /** By what the provider finds it; of a route that is there. */
  readonly importId?: string
}
