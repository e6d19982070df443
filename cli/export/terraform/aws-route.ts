import { formatCidr } from '../../../net/cidr.ts'
import type { ExportedRoute } from '../exported-route.ts'
import { commentOn } from './comment.ts'
import { resourceName } from './resource-name.ts'
import type { TerraformRoute } from './terraform-route.ts'

/**
 * One resource type for both families, with an argument for each; an import finds out by the colon. EC2 moves a route in
 * place, so what podway moves is still the same resource.
 *
 * Sources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/route,
 * https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_route.go
 */
export function awsRoute(route: ExportedRoute): TerraformRoute {
  const { destination, standing, table, target } = route
  const range = formatCidr(destination)
  return {
    type: 'aws_route',
    name: resourceName(table, destination),
    comment: commentOn(route),
    arguments: {
      route_table_id: table,
      ...(destination.family === 4
        ? { destination_cidr_block: range }
        : { destination_ipv6_cidr_block: range }),
      network_interface_id: target.id,
    },
    ignoredChanges: standing === 'owned' ? ['network_interface_id'] : [],
    ...(standing === 'missing' ? {} : { importId: `${table}_${range}` }),
  }
}
