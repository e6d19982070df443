import type { NetworkAcl, SecurityGroup, VpcPeeringConnectionVpcInfo } from '@aws-sdk/client-ec2'
import type { Cidr } from '../../../net/cidr.ts'
import { byFilter } from '../by-filter.ts'
import { type Ec2, callForAll } from '../call.ts'
import { describeSubnets } from '../subnets.ts'
import { wireRange } from '../wire-range.ts'
import type { ExaminedPeer, ExaminedSubnet, ExaminedVpc } from './picture.ts'

/** What surrounds the cluster in its VPCs. All is asked for by filter, so that an unknown id is merely absent. */

export async function describeVpcs(
  ec2: Ec2,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly ExaminedVpc[]> {
  const found = await byFilter('vpc-id', ids, (Filters) =>
    callForAll(
      ec2,
      'DescribeVpcs',
      signal,
      (api, page, options) => api.describeVpcs({ Filters, ...page }, options),
      ({ Vpcs }) => Vpcs,
    ),
  )
  return found.map((vpc) => ({
    id: vpc.VpcId ?? '',
    ranges: [
      ...(vpc.CidrBlockAssociationSet ?? [])
        .filter(({ CidrBlockState }) => isThere(CidrBlockState?.State))
        .flatMap(({ CidrBlock }) =>
          rangesOf([CidrBlock]).map((cidr) => ({
            cidr,
            what: CidrBlock === vpc.CidrBlock ? ('primary' as const) : ('secondary' as const),
          })),
        ),
      ...(vpc.Ipv6CidrBlockAssociationSet ?? [])
        .filter(({ Ipv6CidrBlockState }) => isThere(Ipv6CidrBlockState?.State))
        .flatMap(({ Ipv6CidrBlock }) =>
          rangesOf([Ipv6CidrBlock]).map((cidr) => ({ cidr, what: 'IPv6' as const })),
        ),
    ],
  }))
}

export async function examineSubnets(
  ec2: Ec2,
  vpcs: readonly string[],
  signal: AbortSignal,
): Promise<readonly ExaminedSubnet[]> {
  const found = await describeSubnets(ec2, vpcs, signal)
  return found.map(({ SubnetId = '', VpcId = '', CidrBlock, Ipv6CidrBlockAssociationSet = [] }) => ({
    id: SubnetId,
    vpcId: VpcId,
    ranges: rangesOf([CidrBlock, ...Ipv6CidrBlockAssociationSet.map(({ Ipv6CidrBlock }) => Ipv6CidrBlock)]),
  }))
}

/** Whichever side asked for the peering. What failed, was refused or deleted is none any more. */
export async function describePeers(
  ec2: Ec2,
  vpcs: readonly string[],
  signal: AbortSignal,
): Promise<readonly ExaminedPeer[]> {
  const sides = ['requester', 'accepter'] as const
  const peers = new Map<string, ExaminedPeer>()
  for (const ours of sides) {
    const found = await byFilter(`${ours}-vpc-info.vpc-id`, vpcs, (Filters) =>
      callForAll(
        ec2,
        'DescribeVpcPeeringConnections',
        signal,
        (api, page, options) => api.describeVpcPeeringConnections({ Filters, ...page }, options),
        ({ VpcPeeringConnections }) => VpcPeeringConnections,
      ),
    )
    for (const { AccepterVpcInfo, RequesterVpcInfo, Status, VpcPeeringConnectionId: peering = '' } of found) {
      if (!live.has(Status?.Code ?? '')) continue
      const [own, other] =
        ours === 'requester' ? [RequesterVpcInfo, AccepterVpcInfo] : [AccepterVpcInfo, RequesterVpcInfo]
      // LocalStack does not filter.
      if (!vpcs.includes(own?.VpcId ?? '')) continue
      peers.set(`${peering} ${ours}`, { peering, vpcId: other?.VpcId ?? '', ranges: rangesOfSide(other) })
    }
  }
  return [...peers.values()]
}

const live = new Set<string>(['active', 'provisioning', 'pending-acceptance', 'initiating-request'])

function rangesOfSide(side: VpcPeeringConnectionVpcInfo | undefined): readonly Cidr[] {
  const texts = new Set([
    side?.CidrBlock,
    ...(side?.CidrBlockSet ?? []).map(({ CidrBlock }) => CidrBlock),
    ...(side?.Ipv6CidrBlockSet ?? []).map(({ Ipv6CidrBlock }) => Ipv6CidrBlock),
  ])
  return rangesOf(texts)
}

export async function describeGroups(
  ec2: Ec2,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, SecurityGroup>> {
  const found = await byFilter('group-id', ids, (Filters) =>
    callForAll(
      ec2,
      'DescribeSecurityGroups',
      signal,
      (api, page, options) => api.describeSecurityGroups({ Filters, ...page }, options),
      ({ SecurityGroups }) => SecurityGroups,
    ),
  )
  return new Map(found.map((group) => [group.GroupId ?? '', group]))
}

/** Those of all subnets of the VPCs. */
export const describeAcls = (
  ec2: Ec2,
  vpcs: readonly string[],
  signal: AbortSignal,
): Promise<readonly NetworkAcl[]> =>
  byFilter('vpc-id', vpcs, (Filters) =>
    callForAll(
      ec2,
      'DescribeNetworkAcls',
      signal,
      (api, page, options) => api.describeNetworkAcls({ Filters, ...page }, options),
      ({ NetworkAcls }) => NetworkAcls,
    ),
  )

/** A range that a VPC is losing is still its own. */
const isThere = (state: string | undefined): boolean => state !== 'disassociated' && state !== 'failed'

/** Those of the texts that are ranges: one that makes no sense hides no other. */
export const rangesOf = (texts: Iterable<string | undefined>): readonly Cidr[] =>
  [...texts].flatMap((text) => wireRange(text) ?? [])
