import { describe, expect, test } from 'vitest'
import { parseCidr } from '../../../net/cidr.ts'
import { admission } from './admission.ts'
import type { WireRule } from './wire.ts'

type Properties = NonNullable<WireRule['properties']>

let names = 0
const rule = (priority: number, access: 'Allow' | 'Deny', more: Partial<Properties> = {}): WireRule => ({
  name: `r${++names}`,
  properties: {
    ...{ access, direction: 'Inbound', priority, protocol: '*' },
    ...{ sourcePortRange: '*', destinationPortRange: '*' },
    ...{ sourceAddressPrefix: '*', destinationAddressPrefix: '*' },
    ...more,
  },
})

/** Every group has these, last. */
const defaults: readonly WireRule[] = [
  rule(65_000, 'Allow', {
    sourceAddressPrefix: 'VirtualNetwork',
    destinationAddressPrefix: 'VirtualNetwork',
  }),
  rule(65_001, 'Allow', { sourceAddressPrefix: 'AzureLoadBalancer' }),
  rule(65_500, 'Deny'),
]

const pods = '10.244.0.0/16'

function verdict(rules: readonly WireRule[], range = pods, defaultSecurityRules = defaults): string {
  const group = { properties: { securityRules: rules, defaultSecurityRules } }
  const found = admission(group, 'Inbound', parseCidr(range))
  return found.kind === 'all'
    ? 'all'
    : `${found.kind} ${found.rules.map(({ properties }) => properties?.priority).join()}`
}

describe('packets between pods', () => {
  test.each<[what: string, rules: readonly WireRule[], expected: string]>([
    ['Azure’s own rules: VirtualNetwork holds the prefixes of routes', [], 'all'],
    ['denied', [rule(4000, 'Deny')], 'none 4000'],
    ['denied, but allowed before', [rule(4000, 'Deny'), rule(100, 'Allow')], 'all'],
    [
      'allowed, but denied before: by priority, not by order',
      [rule(200, 'Allow'), rule(100, 'Deny')],
      'none 100',
    ],
    ['of the other direction', [rule(100, 'Deny', { direction: 'Outbound' })], 'all'],
    ['of the network', [rule(100, 'Deny', { sourceAddressPrefix: 'virtualnetwork' })], 'none 100'],
    [
      'of the internet, which is what is no network',
      [rule(100, 'Deny', { sourceAddressPrefix: 'Internet' })],
      'all',
    ],
    ['from elsewhere', [rule(100, 'Deny', { sourceAddressPrefix: '10.0.0.0/16' })], 'all'],
    ['of the other family', [rule(100, 'Deny', { sourceAddressPrefix: '::/0' })], 'all'],
    ['of all that there is', [rule(100, 'Deny', { sourceAddressPrefix: '0.0.0.0/0' })], 'none 100'],
    ['from a part of the range', [rule(100, 'Deny', { sourceAddressPrefix: '10.244.3.0/24' })], 'part 100'],
    ['from one address', [rule(100, 'Deny', { sourceAddressPrefix: '10.244.3.4' })], 'part 100'],
    ['by several prefixes', [rule(100, 'Deny', listed(['10.9.0.0/16', '10.240.0.0/12']))], 'none 100'],
    ['to a part of it', [rule(100, 'Deny', { destinationAddressPrefix: '10.244.3.0/24' })], 'part 100'],
    ['of one protocol', [rule(100, 'Deny', { protocol: 'Tcp' })], 'part 100'],
    ['of some ports', [rule(100, 'Deny', { destinationPortRange: '25' })], 'part 100'],
    ['of all ports, spelled out', [rule(100, 'Deny', { destinationPortRange: '0-65535' })], 'none 100'],
    ['to an application security group, of which no pod is', [rule(100, 'Deny', toGroup())], 'all'],
    [
      'denied, and a part of it allowed before',
      [rule(100, 'Allow', { protocol: 'Tcp' }), rule(200, 'Allow', { protocol: 'Udp' }), rule(300, 'Deny')],
      'part 100,200',
    ],
    ['a part allowed, and then all: nothing is denied', [rule(100, 'Allow', { protocol: 'Tcp' })], 'all'],
  ])('%s', (_what, rules, expected) => {
    expect(verdict(rules)).toBe(expected)
  })

  test('of IPv6 as of IPv4', () => {
    const denial = rule(100, 'Deny', { sourceAddressPrefix: 'fd00:10:244::/48' })
    expect(verdict([denial], 'fd00:10:244::/56')).toBe('none 100')
    expect(verdict([denial])).toBe('all')
  })

  test('a group without any rule that fits lets nothing through', () => {
    expect(verdict([], pods, [])).toBe('none ')
    expect(verdict([rule(100, 'Allow', { protocol: 'Tcp' })], pods, [])).toBe('part 100')
  })
})

function listed(sourceAddressPrefixes: readonly string[]): Partial<Properties> {
  return { sourceAddressPrefix: '', sourceAddressPrefixes }
}

function toGroup(): Partial<Properties> {
  return { destinationAddressPrefix: '', destinationApplicationSecurityGroups: [{ id: '/asg' }] }
}
