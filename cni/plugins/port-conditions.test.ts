import { describe, expect, it } from 'vitest'
import { formatCidr } from '../../net/cidr.ts'
import { conditionSuffix } from '../nftables/port-conditions.ts'
import { readConditions } from './port-conditions.ts'

/** In words: `source != 10.0.0.0/8`. */
const words = (fields: Readonly<Record<string, unknown>>): readonly string[] =>
  readConditions(fields).flatMap(({ family, all }) =>
    all.map((condition) => {
      const operator = condition.isInverted ? '!=' : '=='
      return condition.about === 'interface'
        ? `v${family} interface ${operator} ${condition.name}${condition.isPrefix ? '…' : ''}`
        : `v${family} ${condition.end} ${operator} ${condition.ranges.map(formatCidr).join(' ')}`
    }),
  )

describe('conditions', () => {
  it.each<{ v4?: readonly string[]; v6?: readonly string[]; wanted: readonly string[] }>([
    { v4: [], wanted: [] },
    { v4: [''], wanted: [] },
    { v4: ['-s', '1.2.3.4'], wanted: ['v4 source == 1.2.3.4/32'] },
    { v4: ['!', '-s', '10.1.2.3/8'], wanted: ['v4 source != 10.0.0.0/8'] },
    { v4: ['--source', '10.0.0.0/8,1.1.1.1'], wanted: ['v4 source == 10.0.0.0/8 1.1.1.1/32'] },
    {
      v4: ['!', '--destination', '192.0.2.1', '-i', 'eth+'],
      wanted: ['v4 destination != 192.0.2.1/32', 'v4 interface == eth…'],
    },
    { v6: ['-d', '2001:db8::1'], wanted: ['v6 destination == 2001:db8::1/128'] },
    { v4: ['ip', 'saddr', '1.2.3.4'], wanted: ['v4 source == 1.2.3.4/32'] },
    { v4: ['ip saddr == 1.2.3.4'], wanted: ['v4 source == 1.2.3.4/32'] },
    {
      v4: ['ip', 'daddr', '!=', '{10.0.0.0/8,192.0.2.0/24}'],
      wanted: ['v4 destination != 10.0.0.0/8 192.0.2.0/24'],
    },
    { v4: ['ip saddr { 10.0.0.0/8, 1.1.1.1 }'], wanted: ['v4 source == 10.0.0.0/8 1.1.1.1/32'] },
    { v6: ['ip6', 'saddr', 'ne', 'fd00::/8'], wanted: ['v6 source != fd00::/8'] },
    {
      v4: ['iifname', '!=', '"eth*"', 'ip', 'saddr', '10.0.0.1'],
      wanted: ['v4 interface != eth…', 'v4 source == 10.0.0.1/32'],
    },
    {
      v4: ['-s', '10.0.0.1'],
      v6: ['ip6', 'saddr', 'fd00::1'],
      wanted: ['v4 source == 10.0.0.1/32', 'v6 source == fd00::1/128'],
    },
  ])('$v4 $v6 are read', ({ v4, v6, wanted }) => {
    expect(words({ conditionsV4: v4, conditionsV6: v6 })).toEqual(wanted)
  })

  it.each([
    { v4: ['-m', 'set'], code: 2, text: 'conditionsV4: "-m" is not supported' },
    { v4: ['!', 'ip', 'saddr', '1.2.3.4'], code: 2, text: 'conditionsV4: "ip" is not supported' },
    { v4: ['tcp', 'dport', '80'], code: 2, text: 'conditionsV4: "tcp" is not supported' },
    { v4: ['ip', 'ttl', '80'], code: 2, text: 'conditionsV4: "ip ttl" is not supported' },
    { v4: ['ip6', 'saddr', 'fd00::1'], code: 2, text: 'conditionsV4: "ip6" is not supported' },
    { v4: ['-s', 'fd00::1'], code: 7, text: 'conditionsV4: fd00::1 is not of IPv4' },
    { v4: ['-s'], code: 7, text: 'conditionsV4 ends where more is expected, behind "-s"' },
    { v4: ['-s', 'host.example'], code: 7, text: 'conditionsV4: ' },
    { v4: ['!', '-s', '1.1.1.1,2.2.2.2'], code: 7, text: 'conditionsV4: ! takes one address of -s, not 2' },
    { v4: ['ip', 'saddr', '{1.1.1.1'], code: 7, text: 'conditionsV4 ends where more is expected' },
    { v4: ['ip', 'saddr', '{1.1.1.1 2.2.2.2}'], code: 7, text: 'conditionsV4 has "2.2.2.2" where }' },
    { v4: ['-i', 'a-name-of-more-than-15'], code: 7, text: 'is no interface' },
    { v4: ['-i', '+'], code: 7, text: 'is no interface' },
    { v4: 'ip saddr 1.1.1.1', code: 7, text: 'conditionsV4 must be a list' },
  ])('$v4 are refused', ({ v4, code, text }) => {
    const read = (): unknown => readConditions({ conditionsV4: v4 })
    expect(read).toThrow(text)
    expect(read).toThrow(expect.objectContaining({ code }) as Error)
  })

  it('that say the same share what is made for them, in whatever words', () => {
    const suffix = (...texts: readonly string[]): string | undefined =>
      readConditions({ conditionsV4: texts }).map(conditionSuffix)[0]
    const one = suffix('-s', '10.0.0.0/9,10.128.0.0/9')
    expect(one).toMatch(/^-if-[\da-f]{16}$/)
    expect(suffix('ip saddr 10.0.0.0/8')).toBe(one)
    expect(suffix('ip saddr != 10.0.0.0/8')).not.toBe(one)
    expect(suffix('ip daddr 10.0.0.0/8')).not.toBe(one)
  })
})
