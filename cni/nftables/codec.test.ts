import { describe, expect, it } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import { NetlinkFormatError } from '../netlink/error.ts'
import { podLinkGroup } from '../plugins/link-group.ts'
import { hex } from '../testing/bytes.ts'
import {
  listedGoto,
  listedLinkLocal,
  listedMap,
  listedMasquerade,
  listedNoMore,
  listedPlainMasquerade,
  listedRanges,
  listedSpoofing,
  listedVerdict,
  sentLinkLocalRule,
  sentPortRule,
  sentSpoofingRule,
} from '../testing/recorded-filter.ts'
import { beginBatch, endBatch } from './batch.ts'
import { HookNumber, decodeChain, encodeNewChain } from './chain.ts'
import { decodeElements, encodeElements } from './element.ts'
import { decodeGeneration } from './generation.ts'
import { toElements, toInterval } from './intervals.ts'
import { decodeRule, encodeNewRule, equalRules } from './rule.ts'
import { decodeSet, encodeNewSet } from './set.ts'
import {
  AddressType,
  Protocol,
  cameByGroup,
  counted,
  decide,
  decidedBy,
  goesNotTo,
  goesToPort,
  goto,
  isFromLinkLocal,
  isIn,
  isNotIn,
  isNotRoutedBack,
  masquerade,
} from './steps.ts'
import { decodeTable, encodeNamedTable, encodeNewTable } from './table.ts'

/**
 * Bytes of both directions were recorded of nft 1.0.6 on Linux 6.18, without what only nft wants: ids of sets in rules, and
 * its own notes about a set.
 */
const podway = '0b000100 706f6477617900 00'

describe('what is sent', () => {
  it('begins a batch of nf_tables, of a generation or of any, and ends it', () => {
    expect(beginBatch()).toMatchObject({ type: 16, payload: hex('0000000a') })
    expect(beginBatch(0x102).payload).toEqual(hex('0000000a 08000100 00000102'))
    expect(endBatch).toMatchObject({ type: 17, payload: hex('0000000a') })
  })

  it('names a table', () => {
    expect(encodeNewTable('podway')).toEqual(hex(`01000000 ${podway} 08000200 00000000`))
    expect(encodeNamedTable('podway')).toEqual(hex(`01000000 ${podway}`))
  })

  it('makes a chain, and one that packets come to', () => {
    expect(encodeNewChain('podway', { name: 'network-1' })).toEqual(
      hex(`01000000 ${podway} 0e000300 6e6574776f726b2d3100 0000`),
    )
    const hook = { type: 'filter', number: HookNumber.prerouting, priority: -300 } as const
    expect(encodeNewChain('podway', { name: 'anti-spoofing', hook })).toEqual(
      hex(`
        01000000 ${podway}
        12000300 616e74692d73706f6f66696e6700 0000
        0b000700 66696c74657200 00           # NFTA_CHAIN_TYPE
        08000500 00000001                    # NFTA_CHAIN_POLICY
        14000480 08000100 00000000 08000200 fffffed4
      `),
    )
  })

  it('makes a set of ranges, and a map to verdicts', () => {
    expect(encodeNewSet('podway', { name: 'sources4', family: 4, kind: 'ranges' }, 1)).toEqual(
      hex(`
        01000000 ${podway}
        0d000200 736f757263657334 00 000000
        08000300 00000004  08000400 00000007  08000500 00000004  08000a00 00000001
      `),
    )
    expect(encodeNewSet('podway', { name: 'pods4', family: 4, kind: 'verdicts' }, 3)).toEqual(
      hex(`
        01000000 ${podway}
        0a000200 706f647334 00 0000
        08000300 00000008  08000400 00000007  08000500 00000004
        08000600 ffffff00  08000700 00000010  08000a00 00000003
      `),
    )
  })

  it('adds ranges, of which the last has no end', () => {
    const intervals = ['10.0.1.0/25', '240.0.0.0/4'].map(parseCidr).map(toInterval)
    expect(encodeElements('podway', 'sources4', toElements(intervals))).toEqual(
      hex(`
        01000000 ${podway}
        0d000200 736f757263657334 00 000000
        3c000380
        10000180 0c000180 08000100 0a000100
        18000180 08000300 00000001 0c000180 08000100 0a000180
        10000180 0c000180 08000100 f0000000
      `),
    )
  })

  it('adds what leads to a chain, and says for whom', () => {
    const element = {
      key: hex('0a000005'),
      isEnd: false,
      verdict: goto('network-1'),
      comment: 'podway net abc/eth0',
    }
    expect(encodeElements('podway', 'pods4', [element])).toEqual(
      hex(`
        01000000 ${podway}
        0a000200 706f647334 00 0000
        4e000380 4a000180
        0c000180 08000100 0a000005
        1e000280 1a000280 08000100 fffffffc 0e000200 6e6574776f726b2d3100 0000
        1a000600 0014 706f64776179206e6574206162632f6574683000 0000
      `),
    )
  })

  it.each([
    {
      name: 'what comes from link-local addresses of pods',
      rule: [...cameByGroup(podLinkGroup), ...isFromLinkLocal, decide('accept')],
      chain: 'anti-spoofing',
      bytes: sentLinkLocalRule,
    },
    {
      name: 'what is not routed back to the pod',
      rule: [...cameByGroup(podLinkGroup), ...isNotRoutedBack, counted, decide('drop')],
      chain: 'anti-spoofing',
      bytes: sentSpoofingRule,
    },
    {
      name: 'what goes to a port',
      rule: [...goesToPort(Protocol.udp, 53), decide('accept')],
      chain: 'metadata-services',
      bytes: sentPortRule,
    },
  ])('adds a rule as nft does: $name', ({ rule, chain, bytes }) => {
    // Nested attributes of nft count the bytes that fill up the last one in them.
    const [ours, theirs] = [encodeNewRule('podway', chain, rule), bytes].map(decodeRule)
    expect(ours).toEqual(theirs)
    expect(ours?.rule).toEqual(rule)
  })
})

describe('what the kernel says', () => {
  it('of its generation', () => {
    const bytes = hex('00000002 08000100 00000002 08000200 00006d55 08000300 6e667400')
    expect(decodeGeneration(bytes)).toBe(2)
    expect(() => decodeGeneration(hex('00000002'))).toThrow(NetlinkFormatError)
  })

  it('of a table', () => {
    const bytes = hex(`01000002 ${podway} 08000300 00000008 0c000400 0000000000000001 08000200 00000001`)
    expect(decodeTable(bytes)).toEqual({ flags: 1, use: 8 })
  })

  it('of chains', () => {
    const base = `
      01000002 ${podway} 12000300 616e74692d73706f6f66696e6700 0000 0c000200 0000000000000004
      14000400 08000100 00000000 08000200 fffffed4 08000500 00000001 0b000700 66696c74657200 00
      08000a00 00000001 08000600 00000002`
    expect(decodeChain(hex(base))).toEqual({
      table: 'podway',
      name: 'anti-spoofing',
      hook: { type: 'filter', number: 0, priority: -300 },
      policy: 'accept',
    })
    expect(decodeChain(hex(base.replace('08000500 00000001', '08000500 00000000'))).policy).toBe('drop')
    expect(
      decodeChain(
        hex(
          `01000002 ${podway} 0e000300 6e6574776f726b2d3100 0000 0c000200 0000000000000001 08000600 00000004`,
        ),
      ),
    ).toEqual({ table: 'podway', name: 'network-1', hook: undefined, policy: 'accept' })
  })

  it.each([
    {
      name: 'of ranges',
      bytes: '08000300 00000004 08000400 00000008 08000500 00000010',
      set: { name: 'a', family: 6, kind: 'ranges' },
    },
    {
      name: 'that leads to chains',
      bytes: '08000300 00000008 08000400 00000007 08000500 00000004 08000600 ffffff00 08000700 00000010',
      set: { name: 'a', family: 4, kind: 'verdicts' },
    },
    { name: 'of ports', bytes: '08000300 00000000 08000400 0000000d', set: undefined },
    { name: 'that forgets', bytes: '08000300 00000014 08000400 00000007', set: undefined },
    {
      name: 'from ranges to marks',
      bytes: '08000300 0000000c 08000400 00000007 08000600 00000013',
      set: undefined,
    },
  ])('of a set $name', ({ bytes, set }) => {
    expect(decodeSet(hex(`01000002 ${podway} 06000200 6100 0000 ${bytes}`))).toEqual({ name: 'a', set })
  })

  it('of elements', () => {
    expect(decodeElements(listedRanges)).toEqual([
      { key: hex('f0000000'), isEnd: false },
      { key: hex('0a000180'), isEnd: true },
      { key: hex('0a000100'), isEnd: false },
      { key: hex('0a000100'), isEnd: true },
      { key: hex('0a000000'), isEnd: false },
      { key: hex('00000000'), isEnd: true },
    ])
    expect(decodeElements(listedNoMore)).toEqual([])
    expect(decodeElements(listedVerdict)).toEqual([
      {
        key: hex('0a000005'),
        isEnd: false,
        verdict: { verdict: 'goto', chain: 'network-1' },
        comment: 'podway net abc/eth0',
      },
    ])
  })

  it.each([
    {
      name: 'masquerading, between sets',
      bytes: listedMasquerade,
      chain: 'node-masquerade',
      wanted: [
        ...isIn(4, 'source', 'sources4'),
        ...isNotIn(4, 'destination', 'sources4'),
        ...goesNotTo(AddressType.local),
        ...goesNotTo(AddressType.broadcast),
        counted,
        masquerade({ randomFully: true }),
      ],
    },
    {
      name: 'masquerading without a wish',
      bytes: listedPlainMasquerade,
      chain: 'node-masquerade',
      wanted: [
        ...isIn(6, 'source', 'except6'),
        ...isNotIn(6, 'destination', 'except6'),
        counted,
        masquerade({ randomFully: false }),
      ],
    },
    { name: 'by a map', bytes: listedMap, chain: 'node-masquerade', wanted: decidedBy(4, 'source', 'pods4') },
    {
      name: 'by a mask',
      bytes: listedLinkLocal,
      chain: 'anti-spoofing',
      wanted: [...cameByGroup(podLinkGroup), ...isFromLinkLocal, decide('accept')],
    },
    {
      name: 'by a route',
      bytes: listedSpoofing,
      chain: 'anti-spoofing',
      wanted: [...cameByGroup(podLinkGroup), ...isNotRoutedBack, counted, decide('drop')],
    },
    {
      name: 'to another chain',
      bytes: listedGoto,
      chain: 'forward',
      wanted: [
        ...cameByGroup(podLinkGroup),
        ...isIn(4, 'destination', 'sources4'),
        { step: 'verdict', verdict: goto('metadata-services') } as const,
      ],
    },
  ])('of a rule: $name', ({ bytes, chain, wanted }) => {
    const found = decodeRule(bytes)
    expect(found).toMatchObject({ table: 'podway', chain })
    expect(found.rule && equalRules(found.rule, wanted)).toBe(true)
    expect(found.rule && equalRules(found.rule, [...wanted, counted])).toBe(false)
    expect(found.rule && equalRules(found.rule, wanted.slice(1))).toBe(false)
  })

  it.each([
    { name: 'an expression that we have none of', expression: '10000100 08000100 6c6f6700 04000200' },
    {
      name: 'a mark that is set',
      expression: '24000100 09000100 6d65746100 000000 14000200 08000200 00000003 08000300 00000001',
    },
    {
      name: 'a comparison of order',
      expression:
        '2c000100 08000100 636d7000 20000200 08000100 00000001 08000200 00000002 0c000300 08000100 00000005',
    },
    {
      name: 'masquerading to certain ports',
      expression: '1c000100 09000100 6d61737100 000000 0c000200 08000200 00000001',
    },
    {
      name: 'a jump',
      expression:
        '30000100 0e000100 696d6d65646961746500 0000 1c000200 08000100 00000000 10000200 0c000200 08000100 fffffffd',
    },
  ])('of a rule that is not ours: $name', ({ expression }) => {
    const length = hex(expression).length + 4
    const list = `${(length & 0xff).toString(16).padStart(2, '0')}000400 ${expression}`
    expect(decodeRule(hex(`01000002 ${podway} ${list}`)).rule).toBeUndefined()
  })

  it.each([
    { name: 'a table', decode: decodeTable },
    { name: 'a chain', decode: decodeChain },
    { name: 'a set', decode: decodeSet },
    { name: 'elements', decode: decodeElements },
    { name: 'a rule', decode: decodeRule },
    { name: 'a generation', decode: decodeGeneration },
  ])('is no message about $name without its structure', ({ decode }) => {
    expect(() => decode(hex('0100'))).toThrow(NetlinkFormatError)
  })
})
