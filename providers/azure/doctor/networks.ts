import { cidrOnWire } from '../../wire-addresses.ts'
import type { Cidr } from '../../../net/cidr.ts'
import { networkPath } from '../arm-api.ts'
import { type Arm, read } from '../call.ts'
import { rangesOfSubnet } from '../served-ranges.ts'
import type { ExaminedNetwork, ExaminedPlace } from './picture.ts'
import type {
  WireNetwork,
  WirePeering,
  WireSecuredInterface,
  WireSecuredSubnet,
  WireSecurityGroup,
} from './wire.ts'

/** Of each network: its ranges, its subnets, its peerings. */
export const readNetworks = (
  arm: Arm,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly ExaminedNetwork[]> =>
  Promise.all(
    [...new Set(ids)].sort().map(async (id) => {
      const { properties = {} } = await read<WireNetwork>(arm, 'VirtualNetworks_Get', networkPath(id), signal)
      const { addressSpace, subnets = [], virtualNetworkPeerings = [] } = properties
      return {
        id,
        ranges: rangesOf(addressSpace?.addressPrefixes),
        subnets: subnets.map(subnetOf),
        peers: virtualNetworkPeerings.map(peerOf),
      }
    }),
  )

const rangesOf = (texts: readonly string[] = []): readonly Cidr[] =>
  texts.flatMap((text) => cidrOnWire(text) ?? [])

const subnetOf = (wire: WireSecuredSubnet): ExaminedNetwork['subnets'][number] => ({
  id: (wire.id ?? '').toLowerCase(),
  ranges: rangesOfSubnet(wire),
  table: wire.properties?.routeTable?.id?.toLowerCase(),
  securityGroup: wire.properties?.networkSecurityGroup?.id?.toLowerCase(),
})

const peerOf = ({ name = '', properties = {} }: WirePeering): ExaminedNetwork['peers'][number] => ({
  peering: name,
  network: (properties.remoteVirtualNetwork?.id ?? '').toLowerCase(),
  ranges: rangesOf(properties.remoteAddressSpace?.addressPrefixes),
  usesItsGateway: properties.useRemoteGateways === true,
})

/** Id of that of an interface itself, which counts beside that of its subnet. */
export const securityGroupOf = (wire: WireSecuredInterface): string | undefined =>
  wire.properties?.networkSecurityGroup?.id?.toLowerCase()

/** Ids of those through which packets of these machines go. */
export function securityGroupsOf(
  networks: readonly ExaminedNetwork[],
  places: readonly ExaminedPlace[],
): readonly string[] {
  const subnets = new Set(places.flatMap((place) => place.subnets))
  return [
    ...networks.flatMap((network) =>
      network.subnets.flatMap(({ id, securityGroup }) => (subnets.has(id) ? (securityGroup ?? []) : [])),
    ),
    ...places.flatMap(({ interfaces }) => interfaces.flatMap(({ wire }) => securityGroupOf(wire) ?? [])),
  ]
}

export async function readSecurityGroups(
  arm: Arm,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, WireSecurityGroup>> {
  const found = [...new Set(ids)].map(
    async (id) =>
      [id, await read<WireSecurityGroup>(arm, 'NetworkSecurityGroups_Get', networkPath(id), signal)] as const,
  )
  return new Map(await Promise.all(found))
}
