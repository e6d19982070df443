import { containsCidr } from '../../../net/cidr.ts'
import { type IsDelegated, type PodRange, podRanges as rangesOfPods } from '../../pod-ranges.ts'
import { valueOf } from '../../reading.ts'
import type { AwsPicture } from './picture.ts'

/** Those that routes lead to. What the VPC delegates to an interface is left out: it lies in the VPC's range by right. */
export const podRanges = (picture: AwsPicture): readonly PodRange[] =>
  rangesOfPods(picture, delegation(picture))

/** Whether the VPC delivers a range to an interface of a Node without any route. */
export function delegation({ interfaces }: AwsPicture): IsDelegated {
  const delegated = [...(valueOf(interfaces)?.values() ?? [])].flatMap((eni) => eni.delegated)
  return (cidr) => delegated.some((range) => containsCidr(range, cidr))
}
