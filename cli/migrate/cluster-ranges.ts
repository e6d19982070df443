import { AddressSyntaxError } from '../../net/address.ts'
import { type Cidr, containsCidr, parseCidr } from '../../net/cidr.ts'
import { podRanges, routedNode } from '../../reconciler/routed-node.ts'
import { flagOf, runs } from '../doctor/command-line.ts'
import type { Running } from '../doctor/running.ts'
import type { Node } from '../../kube/objects.ts'

/** The ranges of which Nodes have had their podCIDRs, by the flags of whoever gave them. */
export interface ClusterRanges {
  readonly cidrs: readonly Cidr[]
  /** As podway's flags. */
  readonly flags: readonly string[]
}

/** Undefined where no controller manager can be seen that has such a flag. */
export function clusterRanges(running: readonly Running[]): ClusterRanges | undefined {
  for (const { container } of running) {
    if (!runs(container, 'kube-controller-manager') && !runs(container, 'cloud-controller-manager')) continue
    const text = flagOf(container, 'cluster-cidr')
    const cidrs = readRanges(text ?? '')
    if (text === undefined || cidrs.length === 0) continue
    const any = flagOf(container, 'node-cidr-mask-size')
    const masks = [4, 6].flatMap((family) => {
      if (!cidrs.some((cidr) => cidr.family === family)) return []
      const mask = flagOf(container, `node-cidr-mask-size-ipv${family}`) ?? any
      return mask === undefined ? [] : [`--node-cidr-mask-size-ipv${family} ${mask}`]
    })
    return { cidrs, flags: [`--cluster-cidr ${text}`, ...masks] }
  }
  return undefined
}

/** What of a comma-separated list can be read. */
export const readRanges = (text: string): readonly Cidr[] =>
  text.split(',').flatMap((part) => {
    try {
      return [parseCidr(part.trim())]
    } catch (error) {
      if (error instanceof AddressSyntaxError) return []
      throw error
    }
  })

export const podCidrsOf = (node: Node): readonly Cidr[] => podRanges(routedNode(node))

export const isWithin = (cidr: Cidr, ranges: readonly Cidr[]): boolean =>
  ranges.some((range) => range.family === cidr.family && containsCidr(range, cidr))
