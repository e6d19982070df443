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
  options: AliasPoolOptions,
): NodePool | TargetProblem {
  const { nodePrefixLength: prefixLength, podRanges } = options
  const assigned = (nic.aliasIpRanges ?? [])
    .filter(({ subnetworkRangeName: name = '' }) =>
      podRanges.length === 0 ? name !== '' : podRanges.includes(name),
    )
    .flatMap((alias) => rangeOfAlias(alias) ?? [])
    .filter((range) => range.prefixLength <= longestAssigned)
    .sort(compareCidrs)
  const ranges = forPods(subnet, podRanges)
    .map(({ range }) => range)
    .filter((range) => range.prefixLength <= prefixLength)
    .sort(compareCidrs)
  // Google keeps addresses of a subnet's primary range for itself, and none of secondary ones:
  // https://docs.cloud.google.com/vpc/docs/subnets
  if (assigned.length > 0 || ranges.length > 0)
    return { family: 4, prefixLength, ranges, reserved: [], assigned }
  const path = pathOf(nic.subnetwork ?? '')
  const message = `${path}, the subnet of ${pathOf(instance.selfLink ?? '')}, ${whyNone(path, subnet, options)}`
  return { problem: 'invalid', message }
}

type SecondaryRange = Subnet['secondary'][number]

const ofIPv4 = (subnet: Subnet | undefined): readonly SecondaryRange[] =>
  (subnet?.secondary ?? []).filter(({ range }) => range.family === 4)

function forPods(subnet: Subnet | undefined, podRanges: readonly string[]): readonly SecondaryRange[] {
  const all = ofIPv4(subnet)
  if (podRanges.length === 0) return all.length === 1 ? all : []
  return all.filter(({ name }) => podRanges.includes(name))
}

function whyNone(
  path: string,
  subnet: Subnet | undefined,
  { nodePrefixLength, podRanges }: AliasPoolOptions,
): string {
  const names = (ranges: readonly SecondaryRange[]): string => ranges.map(({ name }) => name).join(', ')
  const [all, chosen] = [ofIPv4(subnet), forPods(subnet, podRanges)]
  if (chosen.length > 0)
    return `has no room for a /${nodePrefixLength} in its secondary range ${names(chosen)}: give it a larger one, or let the nodes' blocks be smaller`
  if (all.length > 0 && podRanges.length === 0)
    return `has several secondary ranges (${names(all)}): say by --gcp-pod-ranges which are for pods`
  const [, project = '', , region = '', , name = ''] = path.split('/')
  const which = podRanges.length === 0 ? '' : ` called ${podRanges.join(' or ')}`
  return `has no secondary range${which}: make one with gcloud compute networks subnets update ${name} --region ${region} --project ${project} --add-secondary-ranges ${podRanges[0] ?? 'pods'}=RANGE`
}
