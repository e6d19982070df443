import { type Cidr, containsCidr, overlaps, parseCidr } from '../../../net/cidr.ts'
import { cidrOnWire } from '../../wire-addresses.ts'
import type { WireNetwork } from '../gce-api.ts'
import type {
  WireEffectiveFirewalls,
  WireFirewall,
  WireFirewallPolicy,
  WirePolicyRule,
  WireProtocol,
} from '../gce-surroundings.ts'
import { type ResourcePath, pathOf } from '../resource-names.ts'

export type Direction = 'INGRESS' | 'EGRESS'

/** A machine, as rules know it. */
export interface Machine {
  readonly network: ResourcePath
  readonly tags: readonly string[]
  readonly serviceAccounts: readonly string[]
}

/** What a firewall does with the packets of a range of pods. `rule`: by which it is so; undefined if by none. */
export type Passage =
  | { readonly kind: 'all' }
  | { readonly kind: 'none'; readonly rule: string | undefined }
  /** Some of them, by the rules that are named. */
  | { readonly kind: 'part'; readonly rules: readonly string[] }
  /** It can't be said from here. */
  | { readonly kind: 'depends'; readonly rule: string }

/** A rule of a network or of a policy that is for one machine, and for one direction. */
interface Rule {
  /** `rule pods`, `rule 100 of policy org` */
  readonly text: string
  readonly priority: number
  readonly action: string
  readonly protocols: readonly WireProtocol[]
  /** Of the pods at the other end. */
  readonly ranges: readonly Cidr[]
  /** Of the pods at this end; of all if it is empty. */
  readonly ownRanges: readonly Cidr[]
  /** Whether it asks for what is not known here. */
  readonly isConditional: boolean
}

/**
 * What becomes of packets between pods of a machine and those of the range at other machines. Layer by layer, as Google
 * looks: policies of the organization and its folders, then the network's rules and its own policy, in the order that the
 * network has; in a layer the lowest number first. What no rule fits may go out, and not come in.
 *
 * Sources that are tags or service accounts fit "primary internal" addresses of instances, not those of pods.
 * Source: https://docs.cloud.google.com/firewall/docs/firewall-policies-overview, https://docs.cloud.google.com/firewall/docs/firewalls
 */
export function passageOf(
  firewalls: WireEffectiveFirewalls,
  order: WireNetwork['networkFirewallPolicyEnforcementOrder'],
  machine: Machine,
  direction: Direction,
  range: Cidr,
  own: readonly Cidr[],
): Passage {
  const before: Rule[] = []
  for (const layer of layersOf(firewalls, order, machine, direction)) {
    for (const rule of layer) {
      if (!rule.ranges.some((one) => overlaps(one, range))) continue
      if (!isWhole(rule, range, own)) {
        before.push(rule)
        continue
      }
      if (rule.action === 'goto_next') break
      return told(rule.action === 'allow', rule.text, before)
    }
  }
  return told(direction === 'EGRESS', undefined, before)
}

/** `before`: rules that fit a part of the packets, or may, and came first. */
function told(isAllowed: boolean, rule: string | undefined, before: readonly Rule[]): Passage {
  const unclear = before.find(({ action, isConditional }) => isConditional || action === inspection)
  if (unclear !== undefined) return { kind: 'depends', rule: unclear.text }
  const against = before.filter(({ action }) => (isAllowed ? action === 'deny' : action === 'allow'))
  if (against.length > 0) return { kind: 'part', rules: against.map(({ text }) => text) }
  return isAllowed ? { kind: 'all' } : { kind: 'none', rule }
}

const inspection = 'apply_security_profile_group'

/** Whether it decides about every packet. */
function isWhole(rule: Rule, range: Cidr, own: readonly Cidr[]): boolean {
  const { action, isConditional, ownRanges, protocols, ranges } = rule
  if (isConditional || action === inspection) return false
  const isOwn = (one: Cidr): boolean => ownRanges.some((wide) => containsCidr(wide, one))
  return (
    ranges.some((one) => containsCidr(one, range)) &&
    (ownRanges.length === 0 || own.filter(({ family }) => family === range.family).every(isOwn)) &&
    carriesAll(protocols, range.family)
  )
}

/** All of them, or those that pods speak: TCP and UDP with all ports, and ICMP. */
function carriesAll(protocols: readonly WireProtocol[], family: 4 | 6): boolean {
  const whole = new Set(
    protocols
      .filter(({ ports = [] }) => ports.length === 0 || ports.some((port) => /^[01]-65535$/.test(port)))
      .map(({ IPProtocol = '' }) => IPProtocol.toLowerCase()),
  )
  const has = (...names: readonly string[]): boolean => names.some((name) => whole.has(name))
  const icmp = family === 4 ? has('icmp', '1') : has('ipv6-icmp', 'icmpv6', '58')
  return has('all') || (has('tcp', '6') && has('udp', '17') && icmp)
}

function layersOf(
  { firewallPolicys = [], firewalls = [] }: WireEffectiveFirewalls,
  order: string | undefined,
  machine: Machine,
  direction: Direction,
): readonly (readonly Rule[])[] {
  const ofPolicy = (policy: WireFirewallPolicy): readonly Rule[] =>
    (policy.rules ?? [])
      .filter((rule) => isFor(rule, direction) && policyFits(rule, machine))
      .map((rule) => policyRule(policy, rule, direction))
      .toSorted((a, b) => a.priority - b.priority)
  const classic = firewalls
    .filter((rule) => isFor(rule, direction) && fits(rule, machine))
    .map((rule) => networkRule(rule, direction))
    // Of one priority, a rule that denies comes first.
    .toSorted(
      (a, b) => a.priority - b.priority || Number(a.action === 'allow') - Number(b.action === 'allow'),
    )
  const own = firewallPolicys.filter(({ type }) => type === 'NETWORK').map(ofPolicy)
  const above = firewallPolicys.filter(({ type }) => type !== 'NETWORK').map(ofPolicy)
  return order === 'BEFORE_CLASSIC_FIREWALL' ? [...above, ...own, classic] : [...above, classic, ...own]
}

const isFor = (
  rule: { readonly direction?: string; readonly disabled?: boolean },
  direction: Direction,
): boolean => rule.direction === direction && rule.disabled !== true

const fits = ({ targetServiceAccounts = [], targetTags = [] }: WireFirewall, machine: Machine): boolean =>
  (targetTags.length === 0 || targetTags.some((tag) => machine.tags.includes(tag))) &&
  (targetServiceAccounts.length === 0 || isOneOf(targetServiceAccounts, machine))

const isOneOf = (accounts: readonly string[], { serviceAccounts }: Machine): boolean =>
  accounts.some((one) => serviceAccounts.includes(one))

const policyFits = (
  { targetResources = [], targetServiceAccounts = [], targetType }: WirePolicyRule,
  machine: Machine,
): boolean =>
  targetType !== 'INTERNAL_MANAGED_LB' &&
  (targetResources.length === 0 || targetResources.map(pathOf).includes(machine.network)) &&
  (targetServiceAccounts.length === 0 || isOneOf(targetServiceAccounts, machine))

const everywhere: readonly Cidr[] = ['0.0.0.0/0', '::/0'].map(parseCidr)

function networkRule(rule: WireFirewall, direction: Direction): Rule {
  const {
    allowed = [],
    denied = [],
    destinationRanges = [],
    name = '',
    priority = 1000,
    sourceRanges = [],
  } = rule
  const [far, near] =
    direction === 'INGRESS' ? [sourceRanges, destinationRanges] : [destinationRanges, sourceRanges]
  const isByName = (rule.sourceTags ?? []).length + (rule.sourceServiceAccounts ?? []).length > 0
  return {
    text: `rule ${name}`,
    priority,
    action: denied.length > 0 ? 'deny' : 'allow',
    protocols: denied.length > 0 ? denied : allowed,
    ranges: far.length === 0 && !isByName ? everywhere : rangesIn(far),
    ownRanges: rangesIn(near),
    isConditional: false,
  }
}

function policyRule(policy: WireFirewallPolicy, rule: WirePolicyRule, direction: Direction): Rule {
  const { action = '', match = {}, priority = 0, targetSecureTags = [] } = rule
  const { layer4Configs, srcIpRanges, destIpRanges, ...others } = match
  const [far, near] = direction === 'INGRESS' ? [srcIpRanges, destIpRanges] : [destIpRanges, srcIpRanges]
  const ranges = rangesIn(texts(far))
  return {
    text: `rule ${priority} of policy ${policy.shortName ?? policy.name ?? ''}`,
    priority,
    action,
    protocols: protocolsIn(layer4Configs),
    ranges: ranges.length === 0 ? everywhere : ranges,
    ownRanges: rangesIn(texts(near)),
    isConditional: targetSecureTags.length > 0 || Object.values(others).some(isSaid),
  }
}

/** Whether a field of a match says anything. */
const isSaid = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : typeof value === 'string' && !['', 'UNSPECIFIED'].includes(value)

const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

const protocolsIn = (configs: unknown): readonly WireProtocol[] =>
  (Array.isArray(configs)
    ? (configs as { readonly ipProtocol?: string; readonly ports?: string[] }[])
    : []
  ).map(({ ipProtocol, ports }) => ({
    ...(ipProtocol === undefined ? {} : { IPProtocol: ipProtocol }),
    ...(ports === undefined ? {} : { ports }),
  }))

const rangesIn = (list: readonly string[]): readonly Cidr[] => list.flatMap((text) => cidrOnWire(text) ?? [])
