import { formatCidr } from '../../../net/cidr.ts'
import { tableOfId } from '../../../providers/azure/resource-ids.ts'
import type { ExportedRoute } from '../exported-route.ts'
import { commentOn } from './comment.ts'
import { resourceName } from './resource-name.ts'
import type { TerraformRoute } from './terraform-route.ts'

/**
 * A route has no subscription of its own: it is in the provider's. The id has to be spelled as it is documented, with the
 * names as they were given. What podway moves keeps its name, so it is still the same resource.
 *
 * Sources: https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/route,
 * https://github.com/hashicorp/terraform-provider-azurerm/blob/main/internal/services/network/route_resource.go
 */
export function azureRoute(route: ExportedRoute): TerraformRoute {
  const { described, destination, standing, table, target } = route
  const { group = '', name: tableName = '' } = tableOfId(table) ?? {}
  const { name, nextHop, range } = described ?? {
    name: `pods-${formatCidr(destination).replaceAll(/[:/]/g, (sign) => (sign === ':' ? '-' : '_'))}`,
    nextHop: target.id,
    range: formatCidr(destination),
  }
  return {
    type: 'azurerm_route',
    name: resourceName(table, destination),
    comment: commentOn(route),
    arguments: {
      name,
      resource_group_name: group,
      route_table_name: tableName,
      address_prefix: range,
      next_hop_type: 'VirtualAppliance',
      next_hop_in_ip_address: nextHop,
    },
    ignoredChanges: standing === 'owned' ? ['next_hop_in_ip_address'] : [],
    ...(described === undefined ? {} : { importId: `${table}/routes/${name}` }),
  }
}
