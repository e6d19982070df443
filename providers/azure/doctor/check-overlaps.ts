import { type Cidr, formatCidr, overlaps, parseCidr } from '../../../net/cidr.ts'
import { type Finding, capital, someOf } from '../../finding.ts'
import { type PodRange, podRanges } from '../../pod-ranges.ts'
import { valueOf } from '../../reading.ts'
import { found } from './finding-codes.ts'
import { type AzurePicture, shortName } from './picture.ts'

/**
 * Of machines' metadata, DNS, DHCP and health probes.
 * Source: https://learn.microsoft.com/en-us/azure/virtual-network/virtual-networks-faq
 */
const reserved: readonly Cidr[] = ['168.63.129.16/32', '169.254.0.0/16'].map(parseCidr)

/** Whether pods would have addresses that something else has: a subnet, the network, a peer, Azure itself. */
export function checkOverlaps(picture: AzurePicture): readonly Finding[] {
  const ranges = podRanges(picture)
  const findings = ranges.flatMap((range) => [
    ...inNetworks(range, picture),
    ...inPeers(range, picture),
    ...inReserved(range),
  ])
  if (findings.length > 0 || ranges.length === 0 || 'unread' in picture.networks) return findings
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

/** That it is in the network is said of a range that is in none of the subnets that there are. */
const inNetworks = ({ cidr, object, text }: PodRange, { networks }: AzurePicture): readonly Finding[] =>
  (valueOf(networks) ?? []).flatMap(({ id, ranges, subnets }) => {
    const inSubnets = subnets.flatMap((subnet) =>
      overlapping(cidr, subnet.ranges).map((range) =>
        found('RangeOverlapsSubnet', {
          object,
          message: `${capital(text)} overlaps ${range} of subnet ${shortName(subnet.id)}.`,
        }),
      ),
    )
    if (inSubnets.length > 0) return inSubnets
    return overlapping(cidr, ranges).map((range) =>
      found('RangeOverlapsNetwork', {
        object,
        message: `${capital(text)} overlaps ${range}, the address space of ${shortName(id)}.`,
      }),
    )
  })

const inPeers = ({ cidr, object, text }: PodRange, { networks }: AzurePicture): readonly Finding[] =>
  (valueOf(networks) ?? []).flatMap(({ peers }) =>
    peers.flatMap(({ network, peering, ranges }) =>
      overlapping(cidr, ranges).map((range) =>
        found('RangeOverlapsPeer', {
          object,
          message: `${capital(text)} overlaps ${range} of ${shortName(network)}, which is peered by ${peering}.`,
        }),
      ),
    ),
  )

const inReserved = ({ cidr, object, text }: PodRange): readonly Finding[] =>
  overlapping(cidr, reserved).map((range) =>
    found('RangeReserved', {
      object,
      message: `${capital(text)} overlaps ${range}, which is for Azure's own services.`,
    }),
  )

const overlapping = (cidr: Cidr, ranges: readonly Cidr[]): readonly string[] =>
  ranges.filter((range) => overlaps(range, cidr)).map(formatCidr)
