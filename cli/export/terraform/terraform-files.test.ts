import { describe, expect, test } from 'vitest'
import { parseCidr } from '../../../net/cidr.ts'
import type { Target } from '../../../providers/route.ts'
import type { ExportedRoute } from '../exported-route.ts'
import { type TerraformExport, terraformFiles } from './terraform-files.ts'

const style = { clusterName: 'prod', priority: 1000, tags: [] }

const route = (
  destination: string,
  target: Target,
  more: Partial<ExportedRoute> & Pick<ExportedRoute, 'table'>,
): ExportedRoute => ({
  destination: parseCidr(destination),
  target,
  node: 'node-3',
  standing: 'missing',
  ...more,
})

function routesOf(cloud: TerraformExport['cloud'], routes: readonly ExportedRoute[]): unknown {
  return terraformFiles({ cloud, routes, style, versions: true }).get('podway-routes.tf.json')
}

describe('aws_route', () => {
  const eni: Target = { kind: 'eni', id: 'eni-1' }
  const table = 'rtb-1'

  test('of both families, by table and destination; imports of those that are there', () => {
    const routes = [
      route('fd00:10:244:3::/64', eni, { table, standing: 'foreign' }),
      route('10.244.10.0/24', eni, { table }),
      route('10.244.9.0/24', eni, { table, standing: 'owned' }),
    ]
    expect(routesOf('aws', routes)).toMatchInlineSnapshot(`
      {
        "import": [
          {
            "id": "rtb-1_10.244.9.0/24",
            "to": "aws_route.pods_rtb-1_10-244-9-0_24",
          },
          {
            "id": "rtb-1_fd00:10:244:3::/64",
            "to": "aws_route.pods_rtb-1_fd00-10-244-3--_64",
          },
        ],
        "resource": {
          "aws_route": {
            "pods_rtb-1_10-244-10-0_24": {
              "//": "To the pods of node node-3; it was not there yet.",
              "destination_cidr_block": "10.244.10.0/24",
              "network_interface_id": "eni-1",
              "route_table_id": "rtb-1",
            },
            "pods_rtb-1_10-244-9-0_24": {
              "//": "To the pods of node node-3; podway made it, and has a record of it.",
              "destination_cidr_block": "10.244.9.0/24",
              "lifecycle": {
                "ignore_changes": [
                  "network_interface_id",
                ],
              },
              "network_interface_id": "eni-1",
              "route_table_id": "rtb-1",
            },
            "pods_rtb-1_fd00-10-244-3--_64": {
              "//": "To the pods of node node-3; it is there, and podway did not make it.",
              "destination_ipv6_cidr_block": "fd00:10:244:3::/64",
              "network_interface_id": "eni-1",
              "route_table_id": "rtb-1",
            },
          },
        },
      }
    `)
    expect(JSON.stringify(routesOf('aws', routes.toReversed()))).toBe(JSON.stringify(routesOf('aws', routes)))
  })

  test('two of one name are refused', () => {
    const twice = route('10.244.9.0/24', eni, { table })
    expect(() => routesOf('aws', [twice, twice])).toThrow('two routes are called pods_rtb-1_10-244-9-0_24')
  })

  test('none at all', () => {
    expect(routesOf('aws', [])).toEqual({})
  })
})

test('google_compute_route: as Google lists it, or as podway would write it, without its mark', () => {
  const table = 'projects/p/global/networks/n'
  const instance: Target = { kind: 'instance', id: 'projects/p/zones/z/instances/i' }
  const described = {
    destination: parseCidr('10.244.1.0/24'),
    target: instance,
    name: 'by-hand',
    range: '10.244.1.0/24',
    nextHop: instance.id,
    priority: 900,
    tags: ['b', 'a'],
    description: 'for ${x}',
  }
  const routes = [
    route('10.244.1.0/24', instance, { table, standing: 'foreign', described }),
    route('10.244.2.0/24', { kind: 'address', id: '10.0.0.7' }, { table }),
  ]
  expect(routesOf('gcp', routes)).toMatchInlineSnapshot(`
    {
      "import": [
        {
          "id": "projects/p/global/routes/by-hand",
          "to": "google_compute_route.pods_n-e4dd644611_10-244-1-0_24",
        },
      ],
      "resource": {
        "google_compute_route": {
          "pods_n-e4dd644611_10-244-1-0_24": {
            "//": "To the pods of node node-3; it is there, and podway did not make it.",
            "description": "for $\${x}",
            "dest_range": "10.244.1.0/24",
            "name": "by-hand",
            "network": "projects/p/global/networks/n",
            "next_hop_instance": "projects/p/zones/z/instances/i",
            "priority": 900,
            "project": "p",
            "tags": [
              "a",
              "b",
            ],
          },
          "pods_n-e4dd644611_10-244-2-0_24": {
            "//": "To the pods of node node-3; it was not there yet.",
            "description": "Pods of a node of Kubernetes cluster prod",
            "dest_range": "10.244.2.0/24",
            "name": "pods-10-244-2-0-24-171070e1eb",
            "network": "projects/p/global/networks/n",
            "next_hop_ip": "10.0.0.7",
            "priority": 1000,
            "project": "p",
          },
        },
      },
    }
  `)
})

test('azurerm_route: names in their own spelling', () => {
  const table = '/subscriptions/S/resourceGroups/Prod/providers/Microsoft.Network/routeTables/Nodes'
  const address: Target = { kind: 'address', id: '10.0.0.7' }
  const described = {
    destination: parseCidr('10.244.1.0/24'),
    target: address,
    name: 'podway.10.244.1.0_24',
    range: '10.244.1.0/24',
    nextHop: address.id,
  }
  const routes = [
    route('10.244.1.0/24', address, { table, standing: 'owned', described }),
    route('fd00:10:244:3::/64', { kind: 'address', id: 'fd00:10::7' }, { table }),
  ]
  expect(routesOf('azure', routes)).toMatchInlineSnapshot(`
    {
      "import": [
        {
          "id": "/subscriptions/S/resourceGroups/Prod/providers/Microsoft.Network/routeTables/Nodes/routes/podway.10.244.1.0_24",
          "to": "azurerm_route.pods_nodes-f896c40a18_10-244-1-0_24",
        },
      ],
      "resource": {
        "azurerm_route": {
          "pods_nodes-f896c40a18_10-244-1-0_24": {
            "//": "To the pods of node node-3; podway made it, and has a record of it.",
            "address_prefix": "10.244.1.0/24",
            "lifecycle": {
              "ignore_changes": [
                "next_hop_in_ip_address",
              ],
            },
            "name": "podway.10.244.1.0_24",
            "next_hop_in_ip_address": "10.0.0.7",
            "next_hop_type": "VirtualAppliance",
            "resource_group_name": "Prod",
            "route_table_name": "Nodes",
          },
          "pods_nodes-f896c40a18_fd00-10-244-3--_64": {
            "//": "To the pods of node node-3; it was not there yet.",
            "address_prefix": "fd00:10:244:3::/64",
            "name": "pods-fd00-10-244-3--_64",
            "next_hop_in_ip_address": "fd00:10::7",
            "next_hop_type": "VirtualAppliance",
            "resource_group_name": "Prod",
            "route_table_name": "Nodes",
          },
        },
      },
    }
  `)
})

test.each([
  ['aws', 'aws', 'hashicorp/aws', '>= 5.0'],
  ['azure', 'azurerm', 'hashicorp/azurerm', '>= 3.0'],
  ['gcp', 'google', 'hashicorp/google', '>= 5.0'],
] as const)('%s: which providers are needed, unless the module says so', (cloud, name, source, version) => {
  const files = (versions: boolean) => terraformFiles({ cloud, routes: [], style, versions })
  expect(files(true).get('podway-versions.tf.json')).toEqual({
    terraform: { required_version: '>= 1.5', required_providers: { [name]: { source, version } } },
  })
  expect([...files(false).keys()]).toEqual(['podway-routes.tf.json'])
})

test('names of clouds and clusters are texts: no expression gets into the files', () => {
  const node = '${file("/etc/passwd")}'
  const made = routesOf('aws', [route('10.0.0.0/8', { kind: 'eni', id: '${a}' }, { table: '${t}', node })])
  expect(JSON.stringify(made)).not.toMatch(/(^|[^$])\$\{/)
})
