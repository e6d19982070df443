import type { IpPermission, SecurityGroup } from '@aws-sdk/client-ec2'
import { type Cidr, containsCidr, formatCidr, overlaps } from '../../../net/cidr.ts'
import { type Finding, someOf } from '../../finding.ts'
import type { PodRange } from '../../pod-ranges.ts'
import { isTargetProblem } from '../../provider.ts'
import { valueOf } from '../../reading.ts'
import { found } from './finding-codes.ts'
import { type AwsPicture, placedNodes } from './picture.ts'
import { podRanges } from './pod-ranges.ts'
import { rangesOf } from './vpc-network.ts'

/**
 * Whether the security groups of the Nodes let packets in that come from pods of other Nodes. They are judged by the
 * range that pods have: a rule that names a group fits the addresses of the group's interfaces, of which a pod's is none.
 */
export function checkSecurityGroups(picture: AwsPicture): readonly Finding[] {
  const groups = valueOf(picture.groups)
  const interfaces = valueOf(picture.interfaces)
  if (groups === undefined || interfaces === undefined) return []
  const bySet = new Map<string, { readonly ids: readonly string[]; readonly nodes: string[] }>()
  for (const { node, place } of placedNodes(picture)) {
    // Packets arrive there, however they leave.
    if (isTargetProblem(place.target)) continue
    const ids = (interfaces.get(place.target.id)?.groups ?? []).toSorted()
    if (ids.length === 0) continue
    const entry = bySet.get(ids.join()) ?? { ids, nodes: [] }
    entry.nodes.push(node.name)
    bySet.set(ids.join(), entry)
  }
  return [...bySet.values()].flatMap(({ ids, nodes }) =>
    podRanges(picture).flatMap((range) => {
      const known = ids.flatMap((id) => groups.get(id) ?? [])
      return about(range, ids, nodes, known)
    }),
  )
}

function about(
  range: PodRange,
  ids: readonly string[],
  nodes: readonly string[],
  groups: readonly SecurityGroup[],
): readonly Finding[] {
  const text = formatCidr(range.cidr)
  const object = { kind: 'security-group', name: ids.join(',') }
  const of = someOf('Node', nodes)
  const rules = groups.flatMap(({ IpPermissions = [] }) => IpPermissions)
  const verdict = admission(rules, range.cidr)
  const parameter =
    range.cidr.family === 4 ? `IpRanges=[{CidrIp=${text}}]` : `Ipv6Ranges=[{CidrIpv6=${text}}]`
  const fix = `aws ec2 authorize-security-group-ingress --group-id ${ids[0] ?? ''} --ip-permissions 'IpProtocol=-1,${parameter}'`
  switch (verdict.kind) {
    case 'all':
      return []
    case 'prefix-list':
      return [
        found('PodTrafficUnknown', {
          object,
          message: `Whether the groups of ${of} let ${text} in depends on the prefix lists ${verdict.lists.join(', ')}, whose entries are not examined.`,
          fix: `See whether it is among them: aws ec2 get-managed-prefix-list-entries --prefix-list-id ${verdict.lists[0] ?? ''}`,
        }),
      ]
    case 'part':
      return [
        found('PodTrafficPartlyBlocked', {
          object,
          message: `The groups of ${of} let only a part of the traffic from ${text} in (${verdict.what}).`,
          fix,
        }),
      ]
    case 'none': {
      const byGroup = rules.some(({ UserIdGroupPairs = [] }) => UserIdGroupPairs.length > 0)
      const hint = byGroup ? ': rules that name groups do not fit the addresses of pods' : ''
      return [
        found('PodTrafficBlocked', {
          object,
          message: `The groups of ${of} let nothing in from ${text}${hint}.`,
          fix,
        }),
      ]
    }
  }
}

type Admission =
  | { readonly kind: 'all' }
  /** `tcp 80-81 from 10.0.0.0/8` */
  | { readonly kind: 'part'; readonly what: string }
  | { readonly kind: 'prefix-list'; readonly lists: readonly string[] }
  | { readonly kind: 'none' }

/** What of the traffic from the range the rules let in, all of them together. */
function admission(rules: readonly IpPermission[], range: Cidr): Admission {
  const sources = rules.flatMap((rule) => sourcesOf(rule).map((cidr) => ({ rule, cidr })))
  if (sources.some(({ cidr, rule }) => rule.IpProtocol === '-1' && containsCidr(cidr, range)))
    return { kind: 'all' }
  const lists = rules
    .filter(({ IpProtocol }) => IpProtocol === '-1')
    .flatMap(({ PrefixListIds = [] }) => PrefixListIds.flatMap(({ PrefixListId }) => PrefixListId ?? []))
  if (lists.length > 0) return { kind: 'prefix-list', lists: [...new Set(lists)] }
  const parts = sources.filter(({ cidr }) => overlaps(cidr, range))
  if (parts.length === 0) return { kind: 'none' }
  const what = parts.map(({ cidr, rule }) => `${protocolOf(rule)} from ${formatCidr(cidr)}`)
  return { kind: 'part', what: what.slice(0, 3).join(', ') + (what.length > 3 ? ' …' : '') }
}

const sourcesOf = ({ IpRanges = [], Ipv6Ranges = [] }: IpPermission): readonly Cidr[] =>
  rangesOf([...IpRanges.map(({ CidrIp }) => CidrIp), ...Ipv6Ranges.map(({ CidrIpv6 }) => CidrIpv6)])

function protocolOf({ FromPort, IpProtocol = '', ToPort }: IpPermission): string {
  if (IpProtocol === '-1') return 'everything'
  return FromPort === undefined || FromPort === -1
    ? IpProtocol
    : `${IpProtocol} ${FromPort}-${ToPort ?? FromPort}`
}
