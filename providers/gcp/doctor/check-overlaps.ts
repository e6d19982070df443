import { type Cidr, formatCidr, overlaps, parseCidr } from '../../../net/cidr.ts'
import { type Finding, capital, someOf } from '../../finding.ts'
import type { PodRange } from '../../pod-ranges.ts'
import { valueOf } from '../../reading.ts'
import { type Subnet, rangesOf } from '../subnets.ts'
import { found } from './finding-codes.ts'
import type { GcpPicture } from './picture.ts'
import { routedRanges } from './pod-ranges.ts'

/**
 * Of no network: this network, loopback, link-local, multicast, and those by which Google's own services are reached.
 * Sources: https://docs.cloud.google.com/vpc/docs/subnets#valid-ranges,
 * https://docs.cloud.google.com/vpc/docs/configure-private-google-access
 */
const reserved: readonly Cidr[] = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '199.36.153.4/30',
  '199.36.153.8/30',
  '224.0.0.0/4',
  'fe80::/10',
  'ff00::/8',
].map(parseCidr)

/** Whether pods would have addresses that something else has: a subnet, a peer's, Google itself. */
export function checkOverlaps(picture: GcpPicture): readonly Finding[] {
  // By alias ranges, pods have addresses of subnets: there are checks of their own for them.
  const ranges = routedRanges(picture)
  const findings = ranges.flatMap((range) => [
    ...inSubnet(range, picture),
    ...inPeer(range, picture),
    ...reserved
      .filter((one) => overlaps(one, range.cidr))
      .map((one) => about('RangeReserved', range, one, ', which is nobody’s to use')),
  ])
  if (findings.length > 0 || ranges.length === 0) return findings
  const texts = ranges.map(({ cidr }) => formatCidr(cidr))
  const message = `${someOf('range', texts)} for pods ${texts.length === 1 ? 'overlaps' : 'overlap'} nothing that is known.`
  return [found('RangesFree', { object: { kind: 'cluster', name: picture.clusterName }, message })]
}

const about = (
  code: 'RangeOverlapsSubnet' | 'RangeOverlapsPeer' | 'RangeReserved',
  { object, text }: PodRange,
  other: Cidr,
  whose: string,
): Finding => found(code, { object, message: `${capital(text)} overlaps ${formatCidr(other)}${whose}.` })

const inSubnet = (range: PodRange, { settings, subnets }: GcpPicture): readonly Finding[] =>
  [...(valueOf(subnets)?.values() ?? [])].flat().flatMap((subnet) =>
    rangesOf(subnet)
      .filter((one) => overlaps(one, range.cidr) && !mayLieIn(subnet, one, settings.mode))
      .map((one) => about('RangeOverlapsSubnet', range, one, `, ${whatOf(subnet, one)} ${subnet.path}`)),
  )

/** A hybrid subnet gives way to routes; secondary ranges are for pods where those get alias ranges. */
const mayLieIn = (subnet: Subnet, range: Cidr, mode: GcpPicture['settings']['mode']): boolean =>
  subnet.isHybrid || (mode === 'alias-ip' && subnet.secondary.some((one) => one.range === range))

function whatOf({ primary, secondary }: Subnet, range: Cidr): string {
  if (range === primary) return 'the primary range of'
  const name = secondary.find((one) => one.range === range)?.name
  return name === undefined ? 'an IPv6 range of' : `the secondary range ${name} of`
}

/** By the routes that a peer's subnets give to the network. Their next hop has the name of the peering, and no path. */
const inPeer = (range: PodRange, { routes }: GcpPicture): readonly Finding[] =>
  [...(valueOf(routes) ?? [])].flatMap(([path, there]) =>
    there
      .filter(({ origin, target }) => origin === 'propagated' && !target.id.includes('/'))
      // A default route takes nothing away from what is more specific.
      .filter(({ destination }) => destination.prefixLength > 0 && overlaps(destination, range.cidr))
      .map(({ destination, target }) =>
        about('RangeOverlapsPeer', range, destination, `, which ${path} has by the peering ${target.id}`),
      ),
  )
