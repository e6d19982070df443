import { poolsKey } from '../../reconciler/ipam/config-map-pools.ts'
import { setting } from './setting.ts'
import { ValueError } from './value-type.ts'
import { boolean, cidrs, parsed, path, wholeNumber } from './value-types.ts'

/** What nodes get. */
export const poolSettings = {
  clusterCidr: setting({
    type: cidrs,
    description: 'ranges from which nodes get their podCIDRs, comma-separated, of one or both families',
  }),
  nodeCidrMaskSizeIpv4: setting({
    type: wholeNumber('<bits>', { min: 1, max: 32 }),
    description: 'prefix length of a node’s IPv4 podCIDR',
    default: 24,
  }),
  nodeCidrMaskSizeIpv6: setting({
    type: wholeNumber('<bits>', { min: 1, max: 128 }),
    description: 'prefix length of a node’s IPv6 podCIDR',
    default: 64,
  }),
  allocateNodeCidrs: setting({
    type: boolean,
    description: 'whether to give nodes their podCIDRs',
    default: true,
    no: 'leave that to somebody else',
  }),
  poolsConfigMap: setting({
    type: parsed('<namespace/name>', parseObjectName, { pattern: /^[^/]+\/[^/]+$/ }),
    description: `the ConfigMap whose key ${poolsKey} has the pools, instead of --cluster-cidr; followed while it changes`,
  }),
  poolsFile: setting({
    type: path(),
    description: 'a file that has them, instead; followed while it changes',
  }),
  serviceClusterIpRange: setting({
    type: cidrs,
    description:
      'the ranges of Services, comma-separated, besides those that the cluster’s ServiceCIDR objects name: no node gets any of them',
  }),
} as const

/** An object of the cluster. */
export interface ObjectName {
  readonly namespace: string
  readonly name: string
}

function parseObjectName(text: string): ObjectName {
  const [namespace = '', name = '', ...rest] = text.split('/')
  if (namespace === '' || name === '' || rest.length > 0) throw new ValueError('expected namespace/name')
  return { namespace, name }
}
