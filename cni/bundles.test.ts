import { beforeAll, describe, expect, it } from 'vitest'
import { type NodeModule, bundleHash, bundleNodeBinary } from '../tools/build/cni.ts'

let modules: readonly NodeModule[] = []
beforeAll(async () => {
  modules = await bundleNodeBinary()
})

const textOf = (name: string): string => {
  const found = modules.find((module) => module.name === name)
  if (found === undefined) throw new Error(`no bundle ${name}`)
  return found.text
}

/** Words that only that code has. */
const code = {
  dumps: 'list links',
  static: 'CNI_ARGS GATEWAY',
  ranges: 'no IP ranges specified',
  veth: 'create veth',
  aside: 'sendAside',
  check: 'Required prevResult missing',
  collect: 'cni.dev/valid-attachments',
  serve: 'the first request is hello',
  filter: 'pod-network-',
  wholeFilter: 'create chain',
  bridge: 'create bridge',
  guard: 'pod-port-',
  vlans: 'add VLAN',
  stacked: 'rename link',
  ports: 'MasqMarkBit must be',
  connections: 'stale UDP conntrack entries',
  shaping: 'create ingress qdisc',
  upstreamNames: '0x428a2f98d728ae22',
} as const

describe('the bundles of the node binary', () => {
  it.each([
    { name: 'main.js', has: [], hasNot: Object.keys(code) },
    {
      name: 'ptp-add.js',
      has: ['veth', 'ranges'],
      hasNot: ['dumps', 'static', 'check', 'collect', 'filter', 'serve', 'ports', 'connections', 'shaping'],
    },
    {
      name: 'ptp-add-masquerade.js',
      has: ['veth', 'ranges', 'filter', 'wholeFilter'],
      hasNot: ['dumps', 'static', 'check', 'collect', 'ports', 'connections'],
    },
    {
      name: 'ptp-add-ports.js',
      has: ['veth', 'ranges', 'static', 'filter', 'wholeFilter', 'ports', 'connections'],
      hasNot: ['dumps', 'check', 'collect', 'serve'],
    },
    {
      name: 'portmap-add.js',
      has: ['wholeFilter', 'ports', 'connections'],
      hasNot: ['dumps', 'check', 'collect', 'serve', 'veth', 'ranges', 'static', 'filter'],
    },
    { name: 'portmap-del.js', has: ['wholeFilter', 'connections'], hasNot: ['dumps', 'veth', 'ports'] },
    { name: 'ptp-add-static.js', has: ['veth', 'static'], hasNot: ['dumps', 'ranges', 'check', 'collect'] },
    {
      name: 'ptp-del.js',
      has: ['aside'],
      hasNot: [
        'veth',
        'dumps',
        'static',
        'ranges',
        'check',
        'wholeFilter',
        'ports',
        'connections',
        'shaping',
        'upstreamNames',
      ],
    },
    {
      name: 'ptp-add-bandwidth.js',
      has: ['veth', 'shaping', 'ranges', 'static', 'wholeFilter'],
      hasNot: ['dumps', 'check', 'collect', 'upstreamNames'],
    },
    {
      name: 'bandwidth-add.js',
      has: ['shaping', 'upstreamNames'],
      hasNot: ['veth', 'dumps', 'ranges', 'static', 'check', 'filter'],
    },
    {
      name: 'bandwidth-del.js',
      has: ['aside', 'upstreamNames'],
      hasNot: ['veth', 'dumps', 'ranges', 'shaping', 'check', 'filter'],
    },
    {
      name: 'bridge-add.js',
      has: ['veth', 'ranges', 'bridge'],
      hasNot: ['static', 'check', 'collect', 'filter', 'guard', 'vlans', 'stacked'],
    },
    {
      name: 'bridge-add-whole.js',
      has: ['veth', 'static', 'filter', 'guard', 'vlans'],
      hasNot: ['check', 'collect'],
    },
    { name: 'bridge-del.js', has: ['aside', 'guard'], hasNot: ['veth', 'ranges', 'check', 'collect'] },
    { name: 'macvlan-add.js', has: ['stacked', 'ranges'], hasNot: ['veth', 'bridge', 'check', 'filter'] },
    { name: 'ptp-del-masquerade.js', has: ['aside', 'wholeFilter'], hasNot: ['veth', 'dumps'] },
    { name: 'ptp-gc.js', has: ['dumps', 'collect'], hasNot: ['veth', 'static', 'ranges', 'check'] },
    { name: 'host-local-add.js', has: ['ranges'], hasNot: ['veth', 'dumps', 'static', 'check', 'collect'] },
    { name: 'static-add.js', has: ['static'], hasNot: ['veth', 'dumps', 'ranges', 'check', 'collect'] },
    { name: 'serve.js', has: ['serve', 'dumps'], hasNot: ['veth', 'check', 'collect'] },
    { name: 'loopback-add.js', has: [], hasNot: ['static', 'ranges', 'check', 'collect'] },
  ])('$name has what it needs, and nothing that only others need', ({ name, has, hasNot }) => {
    const words = (keys: readonly string[]): string[] => keys.map((key) => code[key as keyof typeof code])
    const text = textOf(name)
    expect(words(has).filter((word) => !text.includes(word))).toEqual([])
    expect(words(hasNot).filter((word) => text.includes(word))).toEqual([])
  })

  it('have a hash that tells names and texts apart', () => {
    const hash = bundleHash(modules)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(bundleHash([...modules])).toBe(hash)
    const [first, ...others] = modules
    expect(bundleHash([{ name: 'x.js', text: first?.text ?? '' }, ...others])).not.toBe(hash)
    expect(bundleHash([{ name: first?.name ?? '', text: '' }, ...others])).not.toBe(hash)
  })
})
