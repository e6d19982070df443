import { setting } from './setting.ts'
import { choice, choiceOrList, list, text } from './value-types.ts'

export const providerNames = ['aws', 'azure', 'gcp'] as const

const anyName = { pattern: /\S/, expected: 'expected ids or names, comma-separated' } as const

/** By which every command finds its cloud, its tables and its cluster. */
export const cloudSettings = {
  provider: setting({
    type: choice('<name>', providerNames),
    description: `the cloud: ${providerNames.join(', ')}`,
  }),
  clusterName: setting({
    type: text('<name>', 'it is by this name that podway tells its cluster’s tables and routes from others'),
    description:
      'AWS: route tables are those with the tag kubernetes.io/cluster/<name>; Azure: with kubernetes.io_cluster_<name>; Google Cloud: routes are marked with it',
  }),
  routeTables: setting({
    type: choiceOrList('<which>', ['tag', 'auto', 'vpc'], 'ids (Azure: or names) of route tables'),
    description:
      'the route tables: those with the cluster’s tag (tag), those that the nodes’ subnets use (auto), all of the nodes’ VPC (vpc), or ids, comma-separated',
    unless: 'tag',
  }),
  routeTableIds: setting({
    type: list('<ids>', anyName),
    description: 'the route tables, comma-separated, instead of those with the tag',
  }),
  extraRouteTableIds: setting({
    type: list('<ids>', anyName),
    description: 'these too, comma-separated, of the same VPC: of a control plane, NAT gateways, databases',
  }),
} as const
