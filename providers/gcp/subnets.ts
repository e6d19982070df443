import type { Cidr } from '../../net/cidr.ts'
import { cidrOnWire } from '../wire-addresses.ts'
import { type Gce, callForAll, ofEveryScope } from './call.ts'
import type { WireSubnetwork } from './gce-api.ts'
import { named } from './network-routes.ts'
import { type ResourcePath, pathOf } from './resource-names.ts'

/** A subnet, and what of it packets are delivered to. */
export interface Subnet {
  readonly path: ResourcePath
  readonly network: ResourcePath
  /** Undefined where it has no IPv4. */
  readonly primary: Cidr | undefined
  /** Of IPv4 mostly; alias ranges name them. */
  readonly secondary: readonly { readonly name: string; readonly range: Cidr }[]
  /** Of IPv6: internal, external or both. */
  readonly ipv6: readonly Cidr[]
}

/** As many as Google gives at once. */
const pageSize = 500

/** The network's subnets, of all regions: none of a network that is not there. @throws ProviderError */
export async function subnetsOf(
  gce: Gce,
  network: ResourcePath,
  signal: AbortSignal,
): Promise<readonly Subnet[]> {
  const { project, name } = named(network)
  const filter = `(network eq ".*/global/networks/${name}")`
  const wires = await callForAll(
    gce,
    'listSubnetworks',
    signal,
    (api, page, options) => api.listSubnetworks({ project, filter, maxResults: pageSize, ...page }, options),
    (scopes) => ofEveryScope('listSubnetworks', scopes, ({ subnetworks }) => subnetworks),
  )
  return wires.map(subnetOf).filter((subnet) => subnet.network === network)
}

const subnetOf = (wire: WireSubnetwork): Subnet => ({
  path: pathOf(wire.selfLink ?? ''),
  network: pathOf(wire.network ?? ''),
  primary: rangeOf(wire.ipCidrRange),
  secondary: (wire.secondaryIpRanges ?? []).flatMap(({ rangeName: name = '', ipCidrRange }) => {
    const range = rangeOf(ipCidrRange)
    return range === undefined ? [] : [{ name, range }]
  }),
  ipv6: [wire.internalIpv6Prefix, wire.externalIpv6Prefix].flatMap((text) => rangeOf(text) ?? []),
})

/** Undefined for what is not there, or none. */
const rangeOf = (text: string | undefined): Cidr | undefined => (text ? cidrOnWire(text) : undefined)

/** All of them, of both families. */
export const rangesOf = ({ ipv6, primary, secondary }: Subnet): readonly Cidr[] => [
  ...(primary === undefined ? [] : [primary]),
  ...secondary.map(({ range }) => range),
  ...ipv6,
]
