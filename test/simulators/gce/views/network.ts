import { formatAddress } from '../../../../net/address.ts'
import { firstAddress, formatCidr } from '../../../../net/cidr.ts'
import { timestamp } from '../operations.ts'
import { urlOf } from '../references.ts'
import { type Network, type Peering, type Project, type State, type Subnetwork, projectOf } from '../state.ts'
import { subnetworksOf } from '../static-routes.ts'
import { fingerprint, metadataView } from './metadata.ts'

export function networkView(state: State, network: Network): object {
  const subnetworks = subnetworksOf(state, network.path).map(({ path }) => urlOf(path))
  return {
    kind: 'compute#network',
    id: network.id,
    creationTimestamp: timestamp(network.created),
    name: network.name,
    selfLink: urlOf(network.path),
    selfLinkWithId: urlOf(network.path.replace(/[^/]+$/, network.id)),
    autoCreateSubnetworks: false,
    ...(subnetworks.length === 0 ? {} : { subnetworks }),
    ...(network.peerings.length === 0
      ? {}
      : {
          peerings: network.peerings.map((peering) => ({
            name: peering.name,
            network: urlOf(peering.network),
            ...stateOf(state, peering),
            autoCreateRoutes: true,
            exchangeSubnetRoutes: true,
            exportCustomRoutes: peering.exportsCustomRoutes,
            importCustomRoutes: peering.importsCustomRoutes,
            ...(peering.peerMtu === undefined ? {} : { peerMtu: peering.peerMtu }),
            stackType: 'IPV4_IPV6',
          })),
        }),
    routingConfig: { routingMode: 'REGIONAL' },
    ...(network.mtu === undefined ? {} : { mtu: network.mtu }),
    networkFirewallPolicyEnforcementOrder: network.policyFirst
      ? 'BEFORE_CLASSIC_FIREWALL'
      : 'AFTER_CLASSIC_FIREWALL',
  }
}

/** The other side may be gone. */
const stateOf = (state: State, { network }: Peering): object =>
  state.networks.has(network)
    ? { state: 'ACTIVE', stateDetails: '[2026-01-01]: Connected.' }
    : { state: 'INACTIVE', stateDetails: '[2026-01-01]: The peer network cannot be found.' }

export function subnetworkView(subnetwork: Subnetwork): object {
  const { range, ipv6, secondaryRanges, allowsOverlap } = subnetwork
  const project = projectOf(subnetwork.path)
  return {
    kind: 'compute#subnetwork',
    id: subnetwork.id,
    creationTimestamp: timestamp(subnetwork.created),
    name: subnetwork.name,
    network: urlOf(subnetwork.network),
    ipCidrRange: formatCidr(range),
    gatewayAddress: formatAddress({ ...firstAddress(range), value: range.network + 1n }),
    region: urlOf(`projects/${project}/regions/${subnetwork.region}`),
    selfLink: urlOf(subnetwork.path),
    privateIpGoogleAccess: false,
    ...(allowsOverlap ? { allowSubnetCidrRoutesOverlap: true } : {}),
    ...(secondaryRanges.length === 0
      ? {}
      : {
          secondaryIpRanges: secondaryRanges.map((one) => ({
            rangeName: one.name,
            ipCidrRange: formatCidr(one.range),
          })),
        }),
    ...(ipv6 === undefined
      ? { stackType: 'IPV4_ONLY' }
      : { stackType: 'IPV4_IPV6', ipv6AccessType: 'INTERNAL', internalIpv6Prefix: formatCidr(ipv6) }),
    fingerprint: fingerprint(
      JSON.stringify([subnetwork.path, secondaryRanges.map((one) => formatCidr(one.range))]),
    ),
    purpose: 'PRIVATE',
  }
}

export function projectView(project: Project): object {
  return {
    kind: 'compute#project',
    id: project.number,
    creationTimestamp: timestamp(0),
    name: project.projectId,
    quotas: [...project.quotas].map(([metric, { limit, usage }]) => ({ metric, limit, usage })),
    commonInstanceMetadata: metadataView(project.metadata),
    selfLink: urlOf(`projects/${project.projectId}`),
    defaultServiceAccount: `${project.number}-compute@developer.gserviceaccount.com`,
    xpnProjectStatus: 'UNSPECIFIED_XPN_PROJECT_STATUS',
    defaultNetworkTier: 'PREMIUM',
  }
}
