import { type Cidr, cidrAround, containsCidr } from '../../../net/cidr.ts'
import { type IsDelegated, type PodRange, podRanges as rangesOfPods } from '../../pod-ranges.ts'
import { valueOf } from '../../reading.ts'
import { addressOnWire } from '../../wire-addresses.ts'
import { type GcpPicture, interfacesOf, placedNodes } from './picture.ts'

/** Those that routes lead to. What is delivered by alias ranges is left out: it lies in a subnet's range by right. */
export const routedRanges = (picture: GcpPicture): readonly PodRange[] =>
  rangesOfPods(picture, delegation(picture))

/** All of pods, however they are delivered; a secondary range from which Nodes have theirs as a whole. */
export function podRanges(picture: GcpPicture): readonly PodRange[] {
  const isAliased = aliased(picture)
  const given = picture.nodes.flatMap(({ podCIDRs }) => podCIDRs.filter(isAliased))
  const pools = secondaryRanges(picture)
    .filter((range) => given.some((cidr) => containsCidr(range, cidr)))
    .map((range) => ({ range, nodes: 0n }))
  return rangesOfPods({ nodes: picture.nodes, pools: [...picture.pools, ...pools] })
}

/** Of what Google's own allocator makes the IPv6 podCIDR of a Node: the first such part of its interface's range. */
const ownBits = 112

/** Whether a range is delivered to a Node by an alias range, or is of its interface's own in IPv6. */
export function aliased(picture: GcpPicture): IsDelegated {
  const aliases = placedNodes(picture).flatMap(({ place }) =>
    interfacesOf(place, picture).flatMap((nic) => [
      ...nic.aliases.map(({ range }) => range),
      ...nic.addresses.flatMap((text) => {
        const address = addressOnWire(text)
        return address?.family === 6 ? [cidrAround(address, ownBits)] : []
      }),
    ]),
  )
  return (cidr) => aliases.some((range) => containsCidr(range, cidr))
}

/** Whether no route leads to a range: it is an alias range, or the controller is to make it one. */
export function delegation(picture: GcpPicture): IsDelegated {
  const isAliased = aliased(picture)
  const ranges = picture.settings.mode === 'alias-ip' ? secondaryRanges(picture) : []
  return (cidr) => isAliased(cidr) || ranges.some((range) => containsCidr(range, cidr))
}

const secondaryRanges = ({ subnets }: GcpPicture): readonly Cidr[] =>
  [...(valueOf(subnets)?.values() ?? [])]
    .flat()
    .flatMap(({ secondary }) => secondary.map(({ range }) => range))
