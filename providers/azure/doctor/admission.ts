import { type Cidr, containsCidr, overlaps } from '../../../net/cidr.ts'
import { cidrOnWire } from '../../wire-addresses.ts'
import type { WireRule, WireSecurityGroup } from './wire.ts'

/** What a security group does with packets between pods of one range. */
export type Admission =
  | { readonly kind: 'all' }
  /** `rules`: those that decide otherwise about a part of them, or about all. */
  | { readonly kind: 'part' | 'none'; readonly rules: readonly WireRule[] }

type Direction = 'Inbound' | 'Outbound'

/**
 * By the first rule that fits all packets from the range to itself, by priority; rules before it that fit a part of them
 * and decide otherwise make it a part. Pods' addresses are those of no interface, so that rules for application security
 * groups don't fit them. `VirtualNetwork` does: it stands for the prefixes of user-defined routes too.
 * Source: https://learn.microsoft.com/en-us/azure/virtual-network/service-tags-overview
 */
export function admission(group: WireSecurityGroup, direction: Direction, range: Cidr): Admission {
  const { defaultSecurityRules = [], securityRules = [] } = group.properties ?? {}
  const rules = [...securityRules, ...defaultSecurityRules]
    .filter(({ properties }) => properties?.direction === direction)
    .sort((a, b) => (a.properties?.priority ?? 0) - (b.properties?.priority ?? 0))
  const parts: WireRule[] = []
  for (const rule of rules) {
    const fit = fitOf(rule, range)
    if (fit === 'part') parts.push(rule)
    if (fit !== 'all') continue
    const others = parts.filter((part) => accessOf(part) !== accessOf(rule))
    if (others.length > 0) return { kind: 'part', rules: others }
    return accessOf(rule) === 'Allow' ? { kind: 'all' } : { kind: 'none', rules: [rule] }
  }
  const allowed = parts.filter((part) => accessOf(part) === 'Allow')
  return { kind: allowed.length > 0 ? 'part' : 'none', rules: allowed }
}

const accessOf = ({ properties }: WireRule): string => properties?.access ?? ''

type Fit = 'all' | 'part' | 'none'

function fitOf({ properties: rule = {} }: WireRule, range: Cidr): Fit {
  const ends = [
    addressesFit(
      [rule.sourceAddressPrefix ?? [], rule.sourceAddressPrefixes ?? []].flat(),
      (rule.sourceApplicationSecurityGroups ?? []).length > 0,
      range,
    ),
    addressesFit(
      [rule.destinationAddressPrefix ?? [], rule.destinationAddressPrefixes ?? []].flat(),
      (rule.destinationApplicationSecurityGroups ?? []).length > 0,
      range,
    ),
  ]
  if (ends.includes('none')) return 'none'
  const ports = [
    [rule.sourcePortRange ?? [], rule.sourcePortRanges ?? []].flat(),
    [rule.destinationPortRange ?? [], rule.destinationPortRanges ?? []].flat(),
  ]
  const isEverything =
    (rule.protocol ?? '*') === '*' && ports.every((some) => some.length === 0 || some.some(isEveryPort))
  return isEverything && ends.every((end) => end === 'all') ? 'all' : 'part'
}

const isEveryPort = (text: string): boolean => ['*', '0-65535'].includes(text)

function addressesFit(prefixes: readonly string[], byGroup: boolean, range: Cidr): Fit {
  const ranges = prefixes.flatMap((text) => rangesOf(text, range))
  if (ranges.some((one) => containsCidr(one, range))) return 'all'
  if (ranges.some((one) => overlaps(one, range))) return 'part'
  // One that says nothing of addresses, and names no group either, is about all of them.
  return prefixes.length === 0 && !byGroup ? 'all' : 'none'
}

/** What a prefix or a tag stands for, as far as the range is concerned: other tags are of Azure's own addresses. */
function rangesOf(text: string, range: Cidr): readonly Cidr[] {
  if (text === '*' || text.toLowerCase() === 'any' || text.toLowerCase() === 'virtualnetwork') return [range]
  // A single address needs no prefix length.
  const cidr = cidrOnWire(text) ?? cidrOnWire(`${text}/${text.includes(':') ? 128 : 32}`)
  return cidr === undefined ? [] : [cidr]
}
