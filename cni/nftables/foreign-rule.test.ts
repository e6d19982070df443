import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../net/address.ts'
import { PayloadWriter } from '../netlink/attribute.ts'
import { NetlinkFormatError } from '../netlink/error.ts'
import { podLinkGroup } from '../plugins/link-group.ts'
import {
  listedMasquerade,
  sentLinkLocalRule,
  sentPortRule,
  sentSpoofingRule,
} from '../testing/recorded-filter.ts'
import { type ForeignRule, type Step, decodeForeignRule } from './foreign-rule.ts'
import { type JudgedTable, judgeChain } from './judge-chain.ts'
import { type JudgedPacket, type Judgement, judgeRule } from './judge-rule.ts'

const packet: JudgedPacket = {
  source: parseAddress('10.244.1.2'),
  destination: parseAddress('192.0.2.1'),
  entry: { name: 'veth1', index: 7, group: podLinkGroup },
  exit: { name: 'eth0', index: 2, group: 0 },
  isReply: false,
  isRoutedBack: true,
  destinationType: 1,
}
const holds = (holds: boolean) => () => ({ holds })
const judge = (payload: Uint8Array, more: Partial<JudgedPacket> = {}, isIn = false): Judgement | undefined =>
  judgeRule(decodeForeignRule(payload), { ...packet, ...more }, holds(isIn))

describe('rules as nft and the kernel write them', () => {
  it('a port is not known: it may be let pass', () => {
    expect(judge(sentPortRule)).toEqual({ isCertain: false, decision: { does: 'accept' } })
  })

  it('what is routed back by where it came from is not dropped by the rule against spoofing, and what is not is', () => {
    expect(judge(sentSpoofingRule)).toBeUndefined()
    const spoofed = judge(sentSpoofingRule, { isRoutedBack: false })
    expect(spoofed).toEqual({ isCertain: true, decision: { does: 'drop' } })
    expect(
      judge(sentSpoofingRule, { isRoutedBack: false, entry: { name: 'x', index: 3, group: 0 } }),
    ).toBeUndefined()
  })

  it('a link-local address lets pass', () => {
    const destination = parseAddress('ff02::1')
    const local = judge(sentLinkLocalRule, { source: parseAddress('fe80::5'), destination })
    expect(local).toEqual({ isCertain: true, decision: { does: 'accept' } })
    expect(judge(sentLinkLocalRule, { source: parseAddress('fd00::5'), destination })).toBeUndefined()
    expect(judge(sentLinkLocalRule)).toBeUndefined()
  })

  it('asks sets for the addresses, one of them the other way round', () => {
    const asked: string[] = []
    const rule = decodeForeignRule(listedMasquerade)
    const ask = (name: string, key: Uint8Array) => {
      asked.push(`${name} ${key.join('.')}`)
      return { holds: key[0] === 10 }
    }
    expect(judgeRule(rule, packet, ask)).toEqual({ isCertain: true, decision: { does: 'masquerade' } })
    expect(asked).toEqual(['sources4 10.244.1.2', 'sources4 192.0.2.1'])
    expect(judgeRule(rule, { ...packet, destination: parseAddress('10.0.0.1') }, ask)).toBeUndefined()
    expect(judgeRule(rule, { ...packet, destinationType: 2 }, ask)).toBeUndefined()
    expect(judgeRule(rule, packet, () => undefined)).toEqual({
      isCertain: false,
      decision: { does: 'masquerade' },
    })
  })
})

const step = (name: string, ...attributes: readonly (readonly [number, Uint8Array])[]): Step => ({
  name,
  attributes: new Map(attributes),
})
/** A datum that is a verdict. */
function verdict(code: number, chain?: string): Step {
  const writer = new PayloadWriter()
  writer.nested(2, () => {
    writer.attributeBytes(1, Uint8Array.of(code >>> 24, code >>> 16, code >>> 8, code))
    if (chain !== undefined) writer.attributeText(2, chain)
  })
  return step('immediate', [1, new Uint8Array(4)], [2, writer.finish()])
}
const [drop, accept] = [verdict(0), verdict(1)]
const jump = (chain: string): Step => verdict(-3, chain)
const leave = verdict(-5)
const perhaps = step('limit')
const tableOf = (chains: Readonly<Record<string, readonly (readonly Step[])[]>>): JudgedTable => ({
  rules: (chain) => chains[chain]?.map((steps, index): ForeignRule => ({ handle: index + 1, steps })),
  ask: holds(false),
})

describe('chains', () => {
  it.each<[string, Parameters<typeof tableOf>[0], string]>([
    ['an empty one leaves it to the policy', { base: [] }, 'drop'],
    ['the first that decides', { base: [[accept], [drop]] }, 'accept'],
    ['counters and logs decide nothing', { base: [[step('counter'), step('log'), accept]] }, 'accept'],
    ['a refusal drops', { base: [[step('reject')]] }, 'drop'],
    ['what may decide otherwise leaves it open', { base: [[perhaps, accept], [drop]] }, 'unclear'],
    ['what may only decide the same leaves it as it is', { base: [[perhaps, drop], [drop]] }, 'drop'],
    ['a chain that is called, and decides', { base: [[jump('a')], [drop]], a: [[accept]] }, 'accept'],
    [
      'a chain that is called, and goes back',
      { base: [[jump('a')], [accept]], a: [[leave], [drop]] },
      'accept',
    ],
    ['a chain that takes over, and ends', { base: [[verdict(-4, 'a')], [accept]], a: [] }, 'drop'],
    ['a chain that may be called', { base: [[perhaps, jump('a')], [accept]], a: [[drop]] }, 'unclear'],
    [
      'a chain that may be called, and does the same',
      { base: [[perhaps, jump('a')], [accept]], a: [[accept]] },
      'accept',
    ],
    ['a way out that may be taken', { base: [[perhaps, leave], [accept]] }, 'unclear'],
    ['a chain that calls itself', { base: [[jump('base')]] }, 'unclear'],
    ['rules that are too many', { base: [[jump('gone')]] }, 'unclear'],
    ['a verdict of a kind that is not known', { base: [[verdict(3)]] }, 'unclear'],
    ['what iptables calls a target', { base: [[step('target')], [accept]] }, 'unclear'],
    ['what another step has loaded is forgotten', { base: [[step('hash'), step('cmp'), accept]] }, 'unclear'],
  ])('%s', (_, chains, expected) => {
    expect(judgeChain(tableOf(chains), 'base', 'drop', packet).verdict).toBe(expected)
  })
})

describe('whatever the bytes are', () => {
  const sound = [listedMasquerade, sentLinkLocalRule, sentPortRule, sentSpoofingRule]
  const damaged = fc
    .tuple(
      fc.constantFrom(...sound),
      fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 6 }),
      fc.nat(80),
    )
    .map(([bytes, changes, cut]) => {
      const copy = Uint8Array.from(bytes.subarray(0, bytes.length - cut))
      for (const [at, value] of changes) copy[at % copy.length] = value
      return copy
    })

  test.prop([damaged], { numRuns: 3000 })('a rule is judged, or it is said where it is wrong', (bytes) => {
    try {
      judge(bytes, {}, true)
    } catch (error) {
      expect(error).toBeInstanceOf(NetlinkFormatError)
    }
  })
})
