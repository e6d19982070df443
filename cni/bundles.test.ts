import { beforeAll, describe, expect, it } from 'vitest'
import { type NodeModule, bundleHash, bundleNodeBinary } from '../tools/build/cni.ts'

let modules: readonly NodeModule[] = []
beforeAll(async () => {
  modules = await bundleNodeBinary()
})

/** The text of a module, and of those that it imports. */
function textOf(name: string): string {
  const found = modules.find((module) => module.name === name)
  if (found === undefined) throw new Error(`no bundle ${name}`)
  const imports = found.text.matchAll(/(?:from|import)"\.\/([^"]+)"/g)
  return [found.text, ...Array.from(imports, ([, imported = '']) => textOf(imported))].join('\n')
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
      name: 'ptp-add-whole.js',
      has: ['veth', 'ranges', 'static', 'filter', 'wholeFilter', 'ports', 'connections', 'shaping'],
      hasNot: ['dumps', 'check', 'collect', 'serve', 'bridge', 'stacked', 'upstreamNames'],
    },
    {
      name: 'portmap-add.js',
      has: ['wholeFilter', 'ports', 'connections'],
      hasNot: ['dumps', 'check', 'collect', 'serve', 'veth', 'ranges', 'static', 'filter'],
    },
    { name: 'portmap-del.js', has: ['wholeFilter', 'connections'], hasNot: ['dumps', 'veth', 'ports'] },
    {
      name: 'ptp-del.js',
      has: ['aside'],
      hasNot: [
        'veth',
        'dumps',
        'static',
        'check',
        'wholeFilter',
        'ports',
        'connections',
        'shaping',
        'upstreamNames',
      ],
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
    { name: 'stacked-add.js', has: ['stacked', 'ranges'], hasNot: ['veth', 'bridge', 'check', 'filter'] },
    { name: 'ptp-del-whole.js', has: ['aside', 'wholeFilter', 'connections'], hasNot: ['veth', 'dumps'] },
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

  /** What lies in the memory image: a start is not to be slower because there are more of them. */
  it('share modules only where they are in the memory image', () => {
    const sharing = modules.filter(({ text }) => text.includes('"./shared-')).map(({ name }) => name)
    expect(sharing.filter((name) => !name.startsWith('shared-'))).toEqual([
      'main.js',
      'ptp-add-whole.js',
      'ptp-add.js',
      'ptp-del-whole.js',
      'ptp-del.js',
    ])
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
