import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { aggregate } from '../net/aggregate.ts'
import { formatCidr, parseCidr } from '../net/cidr.ts'
import { describeUnless } from '../test/install/describe-unless.ts'
import { findNft, whyNoNft } from '../test/nft/nft.ts'
import { elementsOf, nft, nftScript, ruleset } from './testing/filter.ts'
import { RulesServer, nodeRules } from './testing/rules.ts'

const masquerade = {
  sources: ['10.244.0.0/16', 'fd00:10:244::/48'],
  exceptions: ['10.244.0.0/16', '10.0.0.0/16', 'fd00:10:244::/48'],
  randomFully: true,
}
const all = { masquerade, antiSpoofing: true, blockMetadata: true }

/** What `nft monitor` says while `work` is done. */
async function changesDuring(work: () => Promise<void>): Promise<readonly string[]> {
  const monitor = spawn(findNft() ?? 'nft', ['monitor'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  let onNews = (): void => undefined
  monitor.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    onNews()
  })
  /** Makes a table of that name, and takes it away, until both are seen: it listens when it has seen the first. */
  const mark = async (name: string): Promise<void> => {
    while (!said.includes(`delete table ip ${name}`)) {
      nft(undefined, 'add', 'table', 'ip', name)
      nft(undefined, 'delete', 'table', 'ip', name)
      await Promise.race([
        new Promise<void>((resolve) => (onNews = resolve)),
        new Promise<void>((resolve) => setImmediate(resolve)),
      ])
    }
  }
  try {
    await mark('begin')
    await mark('ready')
    await work()
    await mark('end')
    const lines = said.split('\n').filter((line) => line !== '')
    const [begin, end] = [lines.lastIndexOf('delete table ip ready'), lines.indexOf('add table ip end')]
    // A transaction is followed by its generation.
    return lines.slice(begin + 2, end)
  } finally {
    monitor.kill()
  }
}

describeUnless(whyNoNft(), 'the node’s rules', () => {
  let rules: RulesServer
  beforeAll(async () => {
    rules = await RulesServer.start()
  })
  afterAll(() => rules.stop())
  beforeEach(() => nft(undefined, 'flush', 'ruleset'))
  afterEach(() => nft(undefined, 'flush', 'ruleset'))

  it('are what nft prints, which reads its own print back', async () => {
    await rules.set(all)
    const printed = ruleset()
    expect(printed).toMatchSnapshot()
    const text = nft(undefined, 'list', 'ruleset')
    nft(undefined, 'flush', 'ruleset')
    nftScript(undefined, text)
    expect(ruleset()).toEqual(printed)
    expect(await rules.set(all), 'what nft has made of it is the same').toEqual([])
  })

  it('never masquerade multicast, broadcast and, unless asked to, what is link-local', async () => {
    await rules.set(nodeRules({ masquerade }))
    const always = ['224.0.0.0/4', '255.255.255.255']
    expect(elementsOf('exceptions-v4')).toEqual(
      ['10.0.0.0/16', '10.244.0.0/16', '169.254.0.0/16', ...always].sort(),
    )
    expect(elementsOf('exceptions-v6')).toEqual(['fd00:10:244::/48', 'fe80::/10', 'ff00::/8'])
    await rules.set(nodeRules({ masquerade: { ...masquerade, linkLocal: true } }))
    expect(elementsOf('exceptions-v4')).toEqual(['10.0.0.0/16', '10.244.0.0/16', ...always].sort())
  })

  it('once there, are not written again', async () => {
    await rules.set(all)
    const changes = await changesDuring(async () => {
      expect(await rules.set(all)).toEqual([])
      // Neither is the same in another order, or in other ranges.
      const [pool = '', ...others] = masquerade.exceptions
      const exceptions = [...others, '10.244.0.0/17', '10.244.128.0/17', pool]
      expect(await rules.set({ ...all, masquerade: { ...masquerade, exceptions } })).toEqual([])
    })
    expect(changes).toEqual([])
  })

  it('change by single elements, in one transaction', async () => {
    await rules.set(all)
    const exceptions = [...masquerade.exceptions, '10.9.0.0/16', 'fd00:9::/32']
    const changes = await changesDuring(async () => {
      expect(await rules.set({ ...all, masquerade: { ...masquerade, exceptions } })).toEqual([
        'set exceptions-v4: 1 ranges added, 0 deleted',
        'set exceptions-v6: 1 ranges added, 0 deleted',
      ])
    })
    expect(changes.filter((line) => !line.startsWith('#'))).toEqual([
      'create element inet podway exceptions-v4 { 10.9.0.0/16 }',
      'create element inet podway exceptions-v6 { fd00:9::/32 }',
    ])
    expect(changes.filter((line) => line.startsWith('# new generation'))).toHaveLength(1)
  })

  it.each([
    {
      name: 'neighbours that become one',
      from: ['10.0.0.0/16', '10.2.0.0/16'],
      to: ['10.0.0.0/15', '10.2.0.0/15'],
    },
    { name: 'one that falls apart', from: ['10.0.0.0/14'], to: ['10.0.0.0/16', '10.2.0.0/16'] },
    {
      name: 'ranges side by side',
      from: ['10.0.0.0/24', '10.0.1.0/25'],
      to: ['10.0.1.0/25', '10.0.1.128/26'],
    },
    { name: 'the first and the last addresses', from: ['0.0.0.0/8'], to: ['0.0.0.0/1', '224.0.0.0/3'] },
    { name: 'everything', from: ['0.0.0.0/0', '::/0'], to: ['10.0.0.0/8'] },
    { name: 'nothing', from: ['10.0.0.0/8'], to: [] },
    {
      name: 'many',
      from: Array.from({ length: 900 }, (_, i) => `10.${i >> 7}.${(2 * i) & 0xff}.0/24`),
      to: Array.from({ length: 900 }, (_, i) => `10.${i >> 7}.${(2 * i + 1) & 0xff}.0/24`),
    },
  ])('of sets in which ranges come and go: $name', async ({ from, to }) => {
    for (const exceptions of [from, to, from]) {
      const wanted = nodeRules({ masquerade: { ...masquerade, exceptions } })
      await rules.set(wanted)
      expect(await rules.set(wanted)).toEqual([])
      const ranges = ['169.254.0.0/16', '224.0.0.0/4', '255.255.255.255/32', ...exceptions]
        .map(parseCidr)
        .filter(({ family }) => family === 4)
      const single = (text: string): string => text.replace('/32', '')
      const expected = aggregate(ranges).map(formatCidr).map(single).sort()
      expect(elementsOf('exceptions-v4')).toEqual(expected)
    }
  })

  it('touch no range beside one that comes or goes, and make the set anew where they overlap', async () => {
    const handle = (): string =>
      /set exceptions-v4 \{ # handle (\d+)/.exec(nft(undefined, '-a', 'list', 'ruleset'))?.[1] ?? 'none'
    const withAlso = (...more: readonly string[]): Promise<readonly string[]> =>
      rules.set(nodeRules({ masquerade: { ...masquerade, exceptions: [...masquerade.exceptions, ...more] } }))
    await withAlso()
    const first = handle()
    await withAlso('10.9.0.0/16', '10.243.0.0/16')
    await withAlso('10.9.0.0/16')
    expect(handle()).toBe(first)
    await withAlso('10.8.0.0/15')
    const second = handle()
    expect(second).not.toBe(first)
    expect(elementsOf('exceptions-v4')).toContain('10.8.0.0/15')
    await withAlso()
    expect(handle()).toBe(second)
    expect(ruleset().filter((line) => line.includes('masquerade'))).toHaveLength(3)
  })

  it('leave what is not wanted away, and the table with the last of them', async () => {
    await rules.set(all)
    expect(await rules.set(nodeRules({ antiSpoofing: true }))).toContain('chain node-masquerade: deleted')
    expect(ruleset().filter((line) => /^(chain|set)/.test(line))).toEqual(['chain anti-spoofing {'])
    expect(await rules.set(nodeRules())).toEqual(['all rules: deleted'])
    expect(nft(undefined, 'list', 'tables')).toBe('')
    expect(await rules.set(nodeRules())).toEqual([])
  })

  it.each([
    { name: 'a rule is gone', script: 'flush chain inet podway anti-spoofing' },
    { name: 'a rule is more', script: 'add rule inet podway node-masquerade accept' },
    { name: 'a rule is first', script: 'insert rule inet podway anti-spoofing iifgroup 1 accept' },
    { name: 'a set lacks a range', script: 'delete element inet podway exceptions-v4 { 10.0.0.0/16 }' },
    { name: 'a set is flushed', script: 'flush set inet podway node-sources-v6' },
    { name: 'a set has a range more', script: 'add element inet podway exceptions-v4 { 192.0.2.0/24 }' },
    { name: 'there is a chain that nobody knows', script: 'add chain inet podway stranger { drop; }' },
    {
      name: 'there is a set that nobody knows',
      script: 'add set inet podway stranger { type inet_service; elements = { 22 }; }',
    },
    {
      name: 'a policy is to drop',
      script: 'add chain inet podway metadata-guard { type filter hook forward priority 0; policy drop; }',
    },
    {
      name: 'a chain is hooked elsewhere',
      script:
        'delete chain inet podway anti-spoofing; add chain inet podway anti-spoofing { type filter hook input priority 0; }; add rule inet podway anti-spoofing accept',
    },
    { name: 'the table sleeps', script: 'add table inet podway { flags dormant; }' },
    { name: 'the table is gone', script: 'delete table inet podway' },
    { name: 'all is flushed', script: 'flush ruleset' },
  ])('come back when $name', async ({ script }) => {
    await rules.set(all)
    const before = ruleset()
    nftScript(undefined, script)
    expect(ruleset()).not.toEqual(before)
    expect(await rules.set(all)).not.toEqual([])
    expect([...ruleset()].sort()).toEqual([...before].sort())
    expect(await rules.set(all)).toEqual([])
  })

  it('are set while others change theirs all the time', async () => {
    const script = 'while :; do nft add table ip churn; nft delete table ip churn; done'
    const program = findNft() ?? 'nft'
    const churning = spawn('sh', ['-c', script.replaceAll('nft ', `${program} `)], { stdio: 'ignore' })
    try {
      for (let i = 0; i < 20; i++) {
        const exceptions = [...masquerade.exceptions, `10.${100 + i}.0.0/16`]
        await rules.set({ ...all, masquerade: { ...masquerade, exceptions } })
        expect(elementsOf('exceptions-v4')).toContain(`10.${100 + i}.0.0/16`)
      }
    } finally {
      const ended = once(churning, 'close')
      churning.kill('SIGKILL')
      await ended
    }
  })

  it('touch nobody else’s table', async () => {
    const others = ['inet firewalld', 'ip podway', 'ip6 nat']
    nftScript(
      undefined,
      `add table inet firewalld
       add chain inet firewalld filter { type filter hook forward priority 10; }
       add rule inet firewalld filter accept
       add table ip podway
       add set ip podway exceptions-v4 { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 }; }
       add chain ip podway anti-spoofing
       add rule ip podway anti-spoofing ip saddr @exceptions-v4 drop
       add table ip6 nat
       add chain ip6 nat node-masquerade { type nat hook postrouting priority 100; }
       add rule ip6 nat node-masquerade masquerade`,
    )
    const print = (): readonly (readonly string[])[] => others.map((table) => ruleset(undefined, table))
    const before = print()
    for (const wanted of [all, nodeRules({ masquerade }), nodeRules()]) await rules.set(wanted)
    expect(print()).toEqual(before)
  })

  it('that the kernel refuses stay as they were, and say what it refused', async () => {
    await rules.set(all)
    const before = ruleset()
    // A set that somebody else's rule in our table asks can't go.
    nftScript(
      undefined,
      'add chain inet podway pod-network-x; add rule inet podway pod-network-x ip daddr @metadata-v4 drop',
    )
    expect(await rules.refused(nodeRules({ masquerade }))).toEqual({
      code: 'system',
      message: 'delete set metadata-v4: device or resource busy',
      errno: 16,
    })
    nftScript(undefined, 'delete chain inet podway pod-network-x')
    expect(ruleset()).toEqual(before)
  })

  it('can’t be set without the right to', async () => {
    const by = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin']
    const server = await RulesServer.start(by)
    try {
      expect(await server.refused(all)).toMatchObject({ code: 'system', errno: 1 })
    } finally {
      await server.stop()
    }
  })

  it('are refused where they are no rules', async () => {
    const masqueradeAll = { ...masquerade, sources: ['0.0.0.0/0'] }
    expect(await rules.refused(nodeRules({ masquerade: masqueradeAll }))).toMatchObject({
      code: 'invalid',
      field: 'parameters.masquerade.sources[0]',
    })
  })
})
