import { createHash } from 'node:crypto'
import { formatCidr } from '../../../net/cidr.ts'
import { networkOfPath } from '../../../providers/gcp/resource-names.ts'
import type { ExportedRoute } from '../exported-route.ts'
import { commentOn } from './comment.ts'
import type { JsonObject } from './literal.ts'
import { resourceName } from './resource-name.ts'
import type { TerraformRoute } from './terraform-route.ts'

/** How routes of the cluster are written that are not there yet. */
export interface GcpRouteStyle {
  readonly clusterName: string
  readonly priority: number
  /** Of the instances that the routes are for; all without any. */
  readonly tags: readonly string[]
}

/**
 * Google changes nothing of a route: Terraform replaces it for every difference, so each argument is as Google lists it. For
 * the same reason no change can be ignored usefully: a route that podway moves is another one, under another name.
 *
 * Sources: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/compute_route,
 * https://github.com/hashicorp/terraform-provider-google/blob/main/google/services/compute/resource_compute_route.go
 */
export function gcpRoute(route: ExportedRoute, style: GcpRouteStyle): TerraformRoute {
  const { described, destination, table: network, target } = route
  const { project = '' } = networkOfPath(network) ?? {}
  const {
    name,
    description = '',
    nextHop,
    priority,
    range,
    tags = [],
  } = described ?? {
    name: routeName(route, style),
    description: `Pods of a node of Kubernetes cluster ${style.clusterName}`,
    nextHop: target.id,
    priority: style.priority,
    range: formatCidr(destination),
    tags: style.tags,
  }
  const optional: JsonObject = {
    ...(description === '' ? {} : { description }),
    ...(priority === undefined ? {} : { priority }),
    ...(tags.length === 0 ? {} : { tags: [...tags].sort() }),
  }
  return {
    type: 'google_compute_route',
    name: resourceName(network, destination),
    comment: commentOn(route),
    arguments: {
      project,
      name,
      network,
      dest_range: range,
      ...(target.kind === 'address' ? { next_hop_ip: nextHop } : { next_hop_instance: nextHop }),
      ...optional,
    },
    ignoredChanges: [],
    ...(described === undefined ? {} : { importId: `projects/${project}/global/routes/${name}` }),
  }
}

/** 40 bits; with the longest destination the name has 59 characters of the 63 that Google takes. */
const digestLength = 10

/**
 * Not a name of podway's, and no mark: what podway tells for its own by them it would remove when it moves a destination.
 * Names are unique in a project, across its networks.
 */
function routeName({ destination, table }: ExportedRoute, { clusterName }: GcpRouteStyle): string {
  const range = formatCidr(destination)
  const digest = createHash('sha256')
    .update(JSON.stringify([clusterName, table, range]))
    .digest('hex')
  return `pods-${range.replaceAll(/[.:/]/g, '-')}-${digest.slice(0, digestLength)}`
}
