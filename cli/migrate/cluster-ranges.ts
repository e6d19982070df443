import { AddressSyntaxError } from '../../net/address.ts'
import { type Cidr, containsCidr, formatCidr, parseCidr } from '../../net/cidr.ts'
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

/**
 * Undefined where no controller manager can be seen that has such a flag. Those of kube-system come first: other namespaces
 * may have control planes of other clusters. What is no range or number is left out, since the flags are typed by people.
 */
export function clusterRanges(running: readonly Running[]): ClusterRanges | undefined {
  const [own, others] = [
    running.filter(({ namespace }) => namespace === 'kube-system'),
    running.filter(({ namespace }) => namespace !== 'kube-system'),
  ]
  for (const { container } of [...own, ...others]) {
    if (!runs(container, 'kube-controller-manager') && !runs(container, 'cloud-controller-manager')) continue
    const cidrs = readRanges(flagOf(container, 'cluster-cidr') ?? '')
    if (cidrs.length === 0) continue
    const numberOf = (flag: string): string | undefined => {
      const text = flagOf(container, flag)
      return text !== undefined && /^\d{1,3}$/.test(text) ? text : undefined
    }
    const masks = [4, 6].flatMap((family) => {
      if (!cidrs.some((cidr) => cidr.family === family)) return []
      const mask = numberOf(`node-cidr-mask-size-ipv${family}`) ?? numberOf('node-cidr-mask-size')
      return mask === undefined ? [] : [`--node-cidr-mask-size-ipv${family} ${mask}`]
    })
    return { cidrs, flags: [`--cluster-cidr ${cidrs.map(formatCidr).join(',')}`, ...masks] }
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
