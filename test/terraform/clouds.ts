import type { CreateRouteCommandInput } from '@aws-sdk/client-ec2'
import type { CloudConfig } from '../../cli/cloud-config.ts'
import { createGcpWorld } from '../conformance/gcp-world.ts'
import type { ProviderWorld, WorldNode } from '../conformance/provider-world.ts'
import { createSimulatedAws } from '../conformance/simulated-aws.ts'
import { createSimulatedAzure } from '../conformance/simulated-azure.ts'
import { listAt, textAt } from '../simulators/kubernetes/json.ts'
import type { StandIn } from './apply.ts'
import type { Resource } from './configuration.ts'

/** A cloud before its simulator, and Terraform's provider for it. */
export interface TerraformCloud {
  readonly cloud: CloudConfig['provider']
  readonly world: ProviderWorld & { readonly clusterName: string }
  /** Somebody makes a route to that node in words of their own, not as podway would write it. */
  readonly writeOddly: (node: WorldNode) => Promise<void>
  readonly standIn: StandIn
}

/** Not in canonical form. */
const odd = 'FD00:10:244:9:0::/64'
const { signal } = new AbortController()
type Arguments = Resource['arguments']
const text = (given: Arguments, name: string): string => {
  const value = given[name]
  if (typeof value !== 'string') throw new Error(`${name} is no text: ${JSON.stringify(value)}`)
  return value
}

/** https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_route.go */
async function openAws(): Promise<TerraformCloud> {
  const world = await createSimulatedAws()
  const standIn: StandIn = {
    async create({ route_table_id, ...given }) {
      const input = {
        RouteTableId: String(route_table_id),
        NetworkInterfaceId: text(given, 'network_interface_id'),
        ...('destination_cidr_block' in given
          ? { DestinationCidrBlock: text(given, 'destination_cidr_block') }
          : { DestinationIpv6CidrBlock: text(given, 'destination_ipv6_cidr_block') }),
      } satisfies CreateRouteCommandInput
      await world.ec2.createRoute(input)
    },
    async read(importId) {
      const [table = '', destination = '', ...more] = importId.split('_')
      if (more.length > 0) throw new Error(`unexpected format of ID (${importId})`)
      const { RouteTables } = await world.ec2.describeRouteTables({ RouteTableIds: [table] })
      const range = destination.includes(':') ? 'DestinationIpv6CidrBlock' : 'DestinationCidrBlock'
      const route = RouteTables?.[0]?.Routes?.find((one) => one[range] === destination)
      if (route === undefined) return undefined
      return {
        route_table_id: table,
        ...(route.DestinationCidrBlock === undefined
          ? { destination_ipv6_cidr_block: route.DestinationIpv6CidrBlock }
          : { destination_cidr_block: route.DestinationCidrBlock }),
        network_interface_id: route.NetworkInterfaceId,
        ...(route.GatewayId === undefined ? {} : { gateway_id: route.GatewayId }),
      }
    },
  }
  const writeOddly = async (node: WorldNode): Promise<void> => {
    const { id } = await world.addTable('odd')
    await world.ec2.createRoute({
      RouteTableId: id,
      DestinationIpv6CidrBlock: odd,
      NetworkInterfaceId: node.target.id,
    })
  }
  return { cloud: 'aws', world, standIn, writeOddly }
}

/** https://github.com/hashicorp/terraform-provider-google/blob/main/google/services/compute/resource_compute_route.go */
async function openGcp(): Promise<TerraformCloud> {
  const world = await createGcpWorld()
  const standIn: StandIn = {
    async create(given) {
      if (given.project !== world.project) throw new Error(`project ${JSON.stringify(given.project)}`)
      await world.insertRoute({
        name: text(given, 'name'),
        network: text(given, 'network'),
        destRange: text(given, 'dest_range'),
        priority: given.priority ?? 1000,
        ...('description' in given ? { description: given.description } : {}),
        ...('tags' in given ? { tags: given.tags } : {}),
        ...('next_hop_ip' in given
          ? { nextHopIp: given.next_hop_ip }
          : { nextHopInstance: text(given, 'next_hop_instance') }),
      })
    },
    async read(importId) {
      const [, project, name] = /^projects\/([^/]+)\/global\/routes\/([^/]+)$/.exec(importId) ?? []
      if (project === undefined || name === undefined) throw new Error(`no id of a route: ${importId}`)
      const { items = [] } = await world.client.api.listRoutes({ project, maxResults: 500 }, { signal })
      const route = items.find((one) => one.name === name)
      if (route === undefined) return undefined
      // DiffSuppressFunc CompareSelfLinkOrResourceName: what stands before the path is no difference.
      const path = (url: string): string => url.slice(url.indexOf('projects/'))
      return {
        project,
        name,
        network: path(route.network ?? ''),
        dest_range: route.destRange,
        priority: route.priority,
        ...(route.nextHopInstance
          ? { next_hop_instance: path(route.nextHopInstance) }
          : { next_hop_ip: route.nextHopIp }),
        ...(route.description ? { description: route.description } : {}),
        // A set.
        ...(route.tags?.length ? { tags: [...route.tags].sort() } : {}),
      }
    },
  }
  const writeOddly = async (node: WorldNode): Promise<void> => {
    const { id } = await world.addTable('odd')
    await world.insertRoute({
      name: 'odd',
      network: `https://www.googleapis.com/compute/v1/${id}`,
      destRange: odd,
      description: 'costs $5, ${see} %{if} "there"\\n',
      priority: 900,
      tags: ['b', 'a'],
      nextHopInstance: `https://compute.googleapis.com/compute/v1/${node.target.id}`,
    })
  }
  return { cloud: 'gcp', world, standIn, writeOddly }
}

/** https://github.com/hashicorp/terraform-provider-azurerm/blob/main/internal/services/network/route_resource.go */
async function openAzure(): Promise<TerraformCloud> {
  const world = await createSimulatedAzure()
  const subscription = '00000000-0000-0000-0000-0000000000aa'
  const standIn: StandIn = {
    create(given) {
      const id = [
        `/subscriptions/${subscription}/resourceGroups/${text(given, 'resource_group_name')}`,
        `/providers/Microsoft.Network/routeTables/${text(given, 'route_table_name')}/routes/${text(given, 'name')}`,
      ].join('')
      const properties = {
        addressPrefix: text(given, 'address_prefix'),
        nextHopType: text(given, 'next_hop_type'),
        nextHopIpAddress: text(given, 'next_hop_in_ip_address'),
      }
      world.send('PUT', id, { properties })
      return Promise.resolve()
    },
    read(importId) {
      // Fixed parts are compared with their case.
      const parts =
        /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Network\/routeTables\/([^/]+)\/routes\/([^/]+)$/.exec(
          importId,
        )
      if (parts === null) throw new Error(`parsing ${importId}: expected a Route ID`)
      const [, , group, table, name] = parts
      const routes = listAt(
        world.send('GET', importId.replace(/\/routes\/[^/]+$/, '')),
        'properties',
        'routes',
      )
      const route = routes.find((one) => textAt(one, 'name') === name)
      if (route === undefined) return Promise.resolve(undefined)
      return Promise.resolve({
        name,
        resource_group_name: group,
        route_table_name: table,
        address_prefix: textAt(route, 'properties', 'addressPrefix'),
        next_hop_type: textAt(route, 'properties', 'nextHopType'),
        next_hop_in_ip_address: textAt(route, 'properties', 'nextHopIpAddress'),
      })
    },
  }
  const writeOddly = async (node: WorldNode): Promise<void> => {
    const id = `/subscriptions/${subscription}/resourceGroups/PROD/providers/Microsoft.Network/routeTables/Odd.Table_1`
    const tags = { [`kubernetes.io_cluster_${world.clusterName}`]: 'shared' }
    world.send('PUT', id, { location: 'westeurope', tags, properties: {} })
    world.send('PUT', `${id}/routes/By-Hand.1`, {
      properties: {
        addressPrefix: odd,
        nextHopType: 'VirtualAppliance',
        nextHopIpAddress: node.target6?.id.toUpperCase(),
      },
    })
    return Promise.resolve()
  }
  return { cloud: 'azure', world, standIn, writeOddly }
}

export const openers = { aws: openAws, azure: openAzure, gcp: openGcp } as const
