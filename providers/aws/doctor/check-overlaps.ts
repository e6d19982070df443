import { formatCidr, overlaps } from '../../../net/cidr.ts'
import { type Finding, capital, someOf } from '../../finding.ts'
import type { PodRange } from '../../pod-ranges.ts'
import { valueOf } from '../../reading.ts'
import { reserved } from '../destinations.ts'
import { found } from './finding-codes.ts'
import type { AwsPicture } from './picture.ts'
import { podRanges } from './pod-ranges.ts'

/** Whether pods would have addresses that something else has: the VPC, a subnet, a peer, AWS itself. */
export function checkOverlaps(picture: AwsPicture): readonly Finding[] {
  const ranges = podRanges(picture)
  const findings = ranges.flatMap((range) => [
    ...inVpc(range, picture),
    ...inSubnet(range, picture),
    ...inPeer(range, picture),
    ...inReserved(range),
  ])
  if (findings.length > 0 || ranges.length === 0) return findings
  return [
    found('RangesFree', {
      object: { kind: 'cluster', name: picture.clusterName },
      message: `${someOf(
        'range',
        ranges.map(({ cidr }) => formatCidr(cidr)),
      )} for pods ${ranges.length === 1 ? 'overlaps' : 'overlap'} nothing that is known.`,
    }),
  ]
}

const inVpc = ({ cidr, object, text }: PodRange, { vpcs }: AwsPicture): readonly Finding[] =>
  (valueOf(vpcs) ?? []).flatMap(({ id, ranges }) =>
    ranges
      .filter((range) => overlaps(range.cidr, cidr))
      .map((range) =>
        found('RangeOverlapsVpc', {
          object,
          message: `${capital(text)} overlaps ${formatCidr(range.cidr)}, ${range.what === 'IPv6' ? 'an IPv6' : `the ${range.what}`} range of ${id}.`,
        }),
      ),
  )

const inSubnet = ({ cidr, object, text }: PodRange, { subnets }: AwsPicture): readonly Finding[] =>
  (valueOf(subnets) ?? []).flatMap(({ id, ranges }) =>
    ranges
      .filter((range) => overlaps(range, cidr))
      .map((range) =>
        found('RangeOverlapsSubnet', {
          object,
          message: `${capital(text)} overlaps ${formatCidr(range)} of ${id}.`,
        }),
      ),
  )

const inPeer = ({ cidr, object, text }: PodRange, { peers }: AwsPicture): readonly Finding[] =>
  (valueOf(peers) ?? []).flatMap(({ peering, ranges, vpcId }) =>
    ranges
      .filter((range) => overlaps(range, cidr))
      .map((range) =>
        found('RangeOverlapsPeer', {
          object,
          message: `${capital(text)} overlaps ${formatCidr(range)} of ${vpcId}, which is peered by ${peering}.`,
        }),
      ),
  )

const inReserved = ({ cidr, object, text }: PodRange): readonly Finding[] =>
  reserved
    .filter((range) => overlaps(range, cidr))
    .map((range) =>
      found('RangeReserved', {
        object,
        message: `${capital(text)} overlaps ${formatCidr(range)}, which is for the services of AWS's VPCs.`,
      }),
    )
