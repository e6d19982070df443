import { compareCidrs } from '../../net/cidr.ts'
import type { NodePool, TargetProblem } from '../provider.ts'
import { rangeOfAlias } from './alias-ranges.ts'
import type { WireInstance, WireInterface } from './gce-api.ts'
import { pathOf } from './resource-names.ts'
import type { Subnet } from './subnets.ts'

export interface AliasPoolOptions {
  /** Names of secondary ranges from which nodes get podCIDRs; the only one of the node's subnet where none is named. */
  readonly podRanges: readonly string[]
  /** Of the podCIDR, in bits. */
  readonly nodePrefixLength: number
}

/** Longer than it, an alias range is a few addresses of the instance's own, and no node's pods. */
const longestAssigned = 30

/** What a node may get by its interface: parts of its subnet's secondary ranges, or what it has already, as it came. */
export function aliasPoolOf(
  instance: WireInstance,
  nic: WireInterface,
  subnet: Subnet | undefined,
  { nodePrefixLength: prefixLength, podRanges }: AliasPoolOptions,
): NodePool | TargetProblem {
  const assigned = (nic.aliasIpRanges ?? [])
    .filter(({ subnetworkRangeName: name }) =>
      podRanges.length === 0 ? name !== undefined && name !== '' : podRanges.includes(name ?? ''),
    )
    .flatMap((alias) => rangeOfAlias(alias) ?? [])
    .filter((range) => range.prefixLength <= longestAssigned)
    .sort(compareCidrs)
  const secondary = (subnet?.secondary ?? []).filter(({ range }) => range.family === 4)
  const named = secondary.filter(({ name }) => podRanges.includes(name))
  const chosen = podRanges.length === 0 && secondary.length === 1 ? secondary : named
  const ranges = chosen
    .map(({ range }) => range)
    .filter((range) => range.prefixLength <= prefixLength)
    .sort(compareCidrs)
  if (assigned.length === 0 && ranges.length === 0)
    return { problem: 'invalid', message: `${whyNone()} of ${pathOf(instance.selfLink ?? '')}` }
  // Google keeps addresses of a subnet's primary range for itself, and none of secondary ones:
  // https://docs.cloud.google.com/vpc/docs/subnets
  return { family: 4, prefixLength, ranges, reserved: [], assigned }

  function whyNone(): string {
    const path = subnet?.path ?? pathOf(nic.subnetwork ?? '')
    const names = secondary.map(({ name }) => name).join(', ')
    if (chosen.length > 0)
      return `no secondary range (${chosen.map(({ name }) => name).join(', ')}) has room for a /${prefixLength} in ${path}, the subnet`
    if (secondary.length > 0 && podRanges.length === 0)
      return `several secondary ranges (${names}), say by --gcp-pod-ranges which are for pods: of ${path}, the subnet`
    const wanted =
      podRanges.length === 0 ? 'no secondary range' : `no secondary range ${podRanges.join(' or ')}`
    return `${wanted}: make one with gcloud compute networks subnets update ${path} --add-secondary-ranges ${podRanges[0] ?? 'pods'}=RANGE, the subnet`
  }
}
