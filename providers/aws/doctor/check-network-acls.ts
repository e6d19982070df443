import type { NetworkAcl, NetworkAclEntry } from '@aws-sdk/client-ec2'
import { type Cidr, containsCidr, formatCidr, overlaps } from '../../../net/cidr.ts'
import { type Finding, someOf } from '../../finding.ts'
import { valueOf } from '../../reading.ts'
import { found } from './finding-codes.ts'
import { type AwsPicture, placedNodes } from './picture.ts'
import { podRanges } from './pod-ranges.ts'
import { rangesOf } from './vpc-network.ts'

/** Whether the network ACLs of the subnets with Nodes let pods' packets through, in both directions. */
export function checkNetworkAcls(picture: AwsPicture): readonly Finding[] {
  const acls = valueOf(picture.acls)
  if (acls === undefined) return []
  const subnets = new Set(placedNodes(picture).flatMap(({ place }) => place.subnets))
  return acls.flatMap((acl) => {
    const served = (acl.Associations ?? [])
      .flatMap(({ SubnetId }) => SubnetId ?? [])
      .filter((id) => subnets.has(id))
    if (served.length === 0) return []
    return podRanges(picture).flatMap(({ cidr }) =>
      [false, true].flatMap((egress) => about(acl, served, cidr, egress)),
    )
  })
}

function about(
  acl: NetworkAcl,
  subnets: readonly string[],
  range: Cidr,
  egress: boolean,
): readonly Finding[] {
  const verdict = passage(
    (acl.Entries ?? []).filter(({ Egress }) => Egress === egress),
    range,
  )
  if (verdict.kind === 'all') return []
  const id = acl.NetworkAclId ?? ''
  const object = { kind: 'network-acl', name: id }
  const where = `${egress ? 'out of' : 'into'} ${someOf('subnet', subnets)}`
  const text = formatCidr(range)
  if (verdict.kind === 'depends') {
    const message = `Whether ${id} lets packets ${egress ? 'to' : 'from'} ${text} ${where} depends on their protocol, port or address, by rule ${verdict.rule}.`
    return [found('PodTrafficUnknown', { object, message })]
  }
  const parameter = range.family === 4 ? '--cidr-block' : '--ipv6-cidr-block'
  return [
    found('NetworkAclBlocks', {
      object,
      message: `${id} lets no packets ${egress ? 'to' : 'from'} ${text} ${where}, by rule ${verdict.rule}.`,
      fix: `aws ec2 create-network-acl-entry --network-acl-id ${id} ${egress ? '--egress' : '--ingress'} --rule-number NUMBER --protocol -1 --rule-action allow ${parameter} ${text}, with a NUMBER lower than that rule's.`,
    }),
  ]
}

type Passage =
  | { readonly kind: 'all' }
  | { readonly kind: 'depends'; readonly rule: number | string }
  | { readonly kind: 'none'; readonly rule: number | string }

/** The rule with the lowest number that fits a packet decides; what none fits is denied. */
function passage(entries: readonly NetworkAclEntry[], range: Cidr): Passage {
  const inOrder = entries.toSorted((a, b) => (a.RuleNumber ?? 0) - (b.RuleNumber ?? 0))
  for (const { CidrBlock, Ipv6CidrBlock, Protocol, RuleAction, RuleNumber } of inOrder) {
    const [cidr] = rangesOf([CidrBlock ?? Ipv6CidrBlock])
    if (cidr === undefined || !overlaps(cidr, range)) continue
    const rule = RuleNumber === undefined || RuleNumber > lastNumber ? '*' : RuleNumber
    if (Protocol !== '-1' || !containsCidr(cidr, range)) return { kind: 'depends', rule }
    return RuleAction === 'allow' ? { kind: 'all' } : { kind: 'none', rule }
  }
  return { kind: 'none', rule: '*' }
}

/** Behind it come the ones that the console shows as `*`. */
const lastNumber = 32_766
