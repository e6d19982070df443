import type { CloudConfig } from '../../cloud-config.ts'
import { type JsonObject, literal, literalObject } from './literal.ts'
import type { TerraformRoute } from './terraform-route.ts'

type Cloud = CloudConfig['provider']

/**
 * The oldest versions that have every argument which is written, under the name under which it is written; what is newer may
 * be used. Import blocks are of Terraform 1.5 (https://developer.hashicorp.com/terraform/language/import), and of every
 * OpenTofu.
 */
const requirements: Readonly<Record<Cloud, JsonObject>> = {
  aws: { aws: { source: 'hashicorp/aws', version: '>= 5.0' } },
  azure: { azurerm: { source: 'hashicorp/azurerm', version: '>= 3.0' } },
  gcp: { google: { source: 'hashicorp/google', version: '>= 5.0' } },
}

/** What a module must say once. A module that says it already needs no second one, and takes none. */
export const versionsDocument = (cloud: Cloud): JsonObject => ({
  terraform: literalObject({ required_version: '>= 1.5', required_providers: requirements[cloud] }),
})

/**
 * Resources, and an import for each route that is there. The order is that of the routes.
 * @throws Error if two of the routes have one name: each destination of each table is to be there once
 */
export function routesDocument(routes: readonly TerraformRoute[]): JsonObject {
  const [first] = routes
  if (first === undefined) return {}
  const resources = new Map<string, JsonObject>()
  for (const route of routes) {
    if (resources.has(route.name)) throw new Error(`two routes are called ${route.name}`)
    resources.set(route.name, resourceOf(route))
  }
  const imports = routes.flatMap(({ importId, name, type }) =>
    importId === undefined ? [] : [{ to: `${type}.${name}`, id: literal(importId) }],
  )
  return {
    ...(imports.length === 0 ? {} : { import: imports }),
    resource: { [first.type]: Object.fromEntries(resources) },
  }
}

const resourceOf = ({ arguments: given, comment, ignoredChanges }: TerraformRoute): JsonObject => ({
  '//': literal(comment),
  ...literalObject(given),
  ...(ignoredChanges.length === 0 ? {} : { lifecycle: { ignore_changes: ignoredChanges } }),
})
