import { containsCidr } from '../../../net/cidr.ts'
import { type IsDelegated, type PodRange, podRanges as rangesOfPods } from '../../pod-ranges.ts'
import { type GcpPicture, interfacesOf, placedNodes } from './picture.ts'

/** Those that routes lead to. What is an alias range is left out: it lies in a subnet's range by right. */
export const routedRanges = (picture: GcpPicture): readonly PodRange[] =>
  rangesOfPods(picture, delegation(picture))

/** All of pods, however they are delivered. */
export const podRanges = (picture: GcpPicture): readonly PodRange[] => rangesOfPods(picture)

/** Whether the network delivers a podCIDR to its Node by an alias range. */
export function delegation(picture: GcpPicture): IsDelegated {
  const aliases = placedNodes(picture).flatMap(({ place }) =>
    interfacesOf(place, picture).flatMap((nic) => nic.aliases.map(({ range }) => range)),
  )
  return (cidr) => aliases.some((range) => containsCidr(range, cidr))
}
