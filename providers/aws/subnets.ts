import type { Subnet as WireSubnet } from '@aws-sdk/client-ec2'
import { type Cidr, compareCidrs } from '../../net/cidr.ts'
import { byFilter } from './by-filter.ts'
import { type Ec2, callForAll } from './call.ts'
import { wireRange } from './wire-range.ts'

/** A subnet as far as prefixes are concerned. */
export interface Subnet {
  readonly id: string
  readonly vpcId: string
  /** Of IPv6. */
  readonly ranges: readonly Cidr[]
}

/** A page of a few hundred bytes a subnet. */
const pageSize = 200

/** All subnets of the VPCs, whoever uses them, as EC2 describes them. */
export const describeSubnets = (
  ec2: Ec2,
  vpcs: readonly string[],
  signal: AbortSignal,
): Promise<readonly WireSubnet[]> =>
  byFilter('vpc-id', vpcs, (Filters) =>
    callForAll(
      ec2,
      'DescribeSubnets',
      signal,
      (api, page, options) => api.describeSubnets({ Filters, MaxResults: pageSize, ...page }, options),
      (answer) => answer.Subnets,
    ),
  )

/** What of them is of use for prefixes. */
export async function subnetsOfVpcs(
  ec2: Ec2,
  vpcs: readonly string[],
  signal: AbortSignal,
): Promise<readonly Subnet[]> {
  const found = await describeSubnets(ec2, vpcs, signal)
  return found.flatMap((wire) => {
    const { SubnetId: id, VpcId: vpcId, Ipv6CidrBlockAssociationSet: blocks = [] } = wire
    if (id === undefined || vpcId === undefined) return []
    const associated = blocks.filter((one) => one.Ipv6CidrBlockState?.State !== 'disassociated')
    return [{ id, vpcId, ranges: associated.flatMap((one) => wireRange(one.Ipv6CidrBlock) ?? []) }]
  })
}

/** The parts of the subnet that are reserved for IPv6 prefixes, sorted. */
export async function prefixReservations(
  ec2: Ec2,
  subnetId: string,
  signal: AbortSignal,
): Promise<readonly Cidr[]> {
  const Filters = [{ Name: 'reservationType', Values: ['prefix'] }]
  const found = await callForAll(
    ec2,
    'GetSubnetCidrReservations',
    signal,
    (api, page, options) => api.getSubnetCidrReservations({ SubnetId: subnetId, Filters, ...page }, options),
    (answer) => answer.SubnetIpv6CidrReservations,
  )
  return found
    .filter(({ ReservationType }) => ReservationType === 'prefix')
    .flatMap(({ Cidr: text }) => wireRange(text) ?? [])
    .sort(compareCidrs)
}
