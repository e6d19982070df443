import { compareCidrs } from '../../../net/cidr.ts'
import type { CloudConfig } from '../../cloud-config.ts'
import type { ExportedRoute } from '../exported-route.ts'
import { awsRoute } from './aws-route.ts'
import { azureRoute } from './azure-route.ts'
import { routesDocument, versionsDocument } from './document.ts'
import { type GcpRouteStyle, gcpRoute } from './gcp-route.ts'
import type { JsonObject } from './literal.ts'
import type { TerraformRoute } from './terraform-route.ts'

export interface TerraformExport {
  readonly cloud: CloudConfig['provider']
  /** In any order; each destination of a table once. */
  readonly routes: readonly ExportedRoute[]
  /** For Google. */
  readonly style: GcpRouteStyle
  /** Whether to say which providers are needed: a module says it once. */
  readonly versions: boolean
}

/**
 * The content of each file, by its name. The same routes give the same files, in whatever order they come: by table, then by
 * destination.
 */
export function terraformFiles({
  cloud,
  routes,
  style,
  versions,
}: TerraformExport): ReadonlyMap<string, JsonObject> {
  const inOrder = routes.toSorted(
    (a, b) =>
      (a.table < b.table ? -1 : a.table > b.table ? 1 : 0) || compareCidrs(a.destination, b.destination),
  )
  const resources = inOrder.map((route) => terraformRoute(cloud, route, style))
  return new Map([
    ...(versions ? [['podway-versions.tf.json', versionsDocument(cloud)] as const] : []),
    ['podway-routes.tf.json', routesDocument(resources)],
  ])
}

function terraformRoute(
  cloud: CloudConfig['provider'],
  route: ExportedRoute,
  style: GcpRouteStyle,
): TerraformRoute {
  switch (cloud) {
    case 'aws':
      return awsRoute(route)
    case 'azure':
      return azureRoute(route)
    case 'gcp':
      return gcpRoute(route, style)
  }
}
