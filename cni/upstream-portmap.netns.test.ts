import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeUnless } from '../test/install/describe-unless.ts'
import { whyNoNft } from '../test/nft/nft.ts'
import { specVersions } from './testing/any-version.ts'
import { type Ending, invoke } from './testing/binary.ts'
import { message } from './testing/calls.ts'
import { EchoClient, startEcho } from './testing/echo.ts'
import { exchange, reaches } from './testing/exchange.ts'
import { nft, nftScript, ruleset } from './testing/filter.ts'
import { TestNode, ip } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  nft(undefined, 'flush', 'ruleset')
  testNode = new TestNode()
})
afterEach(() => {
  testNode.remove()
  nft(undefined, 'flush', 'ruleset')
})

const tables = (): string => nft(undefined, 'list', 'tables')
const mapped = (): readonly string[] =>
  ruleset()
    .flatMap((line) => line.match(/(?:\S+ \. )?\S+ \. \d+ comment "[^"]*" : \S+ \. \d+/g) ?? [])
    .sort()

interface Chain {
  readonly prevResult: unknown
  readonly conf: (fields?: object) => object
  readonly portmap: (command: string, fields?: object) => Ending
  readonly ptp: (command: string) => Ending
}

/** ptp, and portmap behind it, each by its own file, as a runtime chains them. */
function chainOf(version: string, containerId: string, portMappings: readonly object[]): Chain {
  const { name, path: netns } = testNode.pod(containerId)
  const common = { cniVersion: version, name: 'test' }
  const ptp = (command: string): Ending => {
    const ipam = { ranges: [[{ subnet: '10.1.2.0/24' }]], routes: [{ dst: '0.0.0.0/0' }] }
    const config = testNode.config({ ...common, type: 'ptp', ipMasq: true }, ipam)
    return invoke({ command, containerId, netns, config, file: testNode.plugin('ptp') })
  }
  const prevResult = ptp('ADD').json
  ip(name, 'link', 'set', 'lo', 'up')
  const conf = (fields: object = {}): object => ({
    ...common,
    type: 'portmap',
    runtimeConfig: { portMappings },
    prevResult,
    ...fields,
  })
  const portmap = (command: string, fields?: object): Ending =>
    invoke({ command, containerId, netns, config: conf(fields), file: testNode.plugin('portmap') })
  return { prevResult, conf, portmap, ptp }
}

const ok = { code: 0, stderr: '' }

/** The scenarios of upstream's portmap_integ_test.go and portmap_nftables_test.go, by their names there. */
describeUnless(whyNoNft(), 'portmap of upstream', () => {
  const versions = specVersions.filter(({ version }) => version !== '0.1.0')

  it.each(versions)('[$version] forwards a TCP port on ipv4', async ({ version }) => {
    const tcp = [{ hostPort: 9999, containerPort: 80, protocol: 'tcp' }]
    const { prevResult, portmap, ptp } = chainOf(version, 'dummy', tcp)
    expect(portmap('ADD')).toMatchObject({ ...ok, json: prevResult })
    const pod = { netns: 'dummy', listen: '10.1.2.2', listenPort: 80, port: 9999 }
    ip(undefined, 'addr', 'add', '192.0.2.10/32', 'dev', 'lo')
    try {
      expect(await exchange(undefined, { ...pod, address: '192.0.2.10' })).toBe('192.0.2.10')
      expect(await exchange(undefined, { ...pod, address: '127.0.0.1' })).toBe('10.1.2.1')
      expect(await exchange('dummy', { ...pod, address: '192.0.2.10' })).toBe('10.1.2.1')
      expect(portmap('DEL')).toMatchObject({ ...ok, stdout: '' })
      expect(await reaches(undefined, { ...pod, address: '192.0.2.10' })).toBeUndefined()
      expect(ruleset().join(' ')).not.toContain('pod-port')
      expect(portmap('DEL')).toMatchObject({ ...ok, stdout: '' })
      expect(ptp('DEL')).toMatchObject(ok)
      expect(tables()).toBe('')
    } finally {
      ip(undefined, 'addr', 'del', '192.0.2.10/32', 'dev', 'lo')
    }
  })

  it('forwards a UDP port on ipv4 and keep working after creating a second container with the same HostPort', async () => {
    const udp = [{ hostPort: 9999, containerPort: 80, protocol: 'udp' }]
    const first = chainOf('1.0.0', 'one', udp)
    expect(first.portmap('ADD')).toMatchObject(ok)
    const servers = [await startEcho('one', 'one', 80)]
    const client = await EchoClient.start(undefined, { from: 54_321, address: '10.1.2.1', port: 9999 })
    try {
      expect(await client.ask()).toBe('one')
      const second = chainOf('1.0.0', 'two', udp)
      // The first one is alive: the last one wins.
      expect(second.portmap('ADD')).toMatchObject(ok)
      servers.push(await startEcho('two', 'two', 80))
      expect(await client.ask()).toBe('two')
      expect(first.portmap('DEL')).toMatchObject(ok)
      expect(mapped()).toEqual(['udp . 9999 comment "podway test two/eth0" : 10.1.2.3 . 80'])
      expect(await client.ask()).toBe('two')
    } finally {
      for (const one of [client, ...servers]) one.stop()
    }
  })

  const many = [
    { hostPort: 8080, containerPort: 80, protocol: 'tcp' },
    { hostPort: 8081, containerPort: 80, protocol: 'tcp' },
    { hostPort: 8080, containerPort: 81, protocol: 'udp' },
    { hostPort: 8082, containerPort: 82, protocol: 'udp' },
    { hostPort: 8083, containerPort: 83, protocol: 'tcp', hostIP: '192.168.0.2' },
    { hostPort: 8084, containerPort: 84, protocol: 'tcp', hostIP: '0.0.0.0' },
    { hostPort: 8085, containerPort: 85, protocol: 'tcp', hostIP: '2001:db8:a::1' },
    { hostPort: 8086, containerPort: 86, protocol: 'tcp', hostIP: '::' },
  ]

  it.each(versions)('[$version] generates correct rules', ({ version }) => {
    const { portmap } = chainOf(version, 'icee6giejonei6so', many)
    expect(portmap('ADD', { backend: 'nftables' })).toMatchObject(ok)
    const own = 'comment "podway test icee6giejonei6so/eth0"'
    expect(mapped()).toEqual(
      [
        `tcp . 8080 ${own} : 10.1.2.2 . 80`,
        `tcp . 8081 ${own} : 10.1.2.2 . 80`,
        `udp . 8080 ${own} : 10.1.2.2 . 81`,
        `udp . 8082 ${own} : 10.1.2.2 . 82`,
        `192.168.0.2 . tcp . 8083 ${own} : 10.1.2.2 . 83`,
        `tcp . 8084 ${own} : 10.1.2.2 . 84`,
      ].sort(),
    )
    expect(portmap('DEL', { backend: 'nftables' })).toMatchObject({ ...ok, stdout: '' })
    expect(mapped()).toEqual([])
  })

  it.each(versions.filter(({ check }) => check))('[$version] has working CHECK', ({ version }) => {
    const { portmap } = chainOf(version, 'pod', many)
    const missing = 'portmap: port mappings are not set up any more: '
    expect(message(portmap('CHECK'))).toBe(`${missing}set pod-port-owners`)
    expect(portmap('ADD', { snat: false })).toMatchObject(ok)
    expect(portmap('CHECK', { snat: false })).toMatchObject({ ...ok, stdout: '' })
    expect(message(portmap('CHECK'))).toBe(`${missing}set pod-port-hairpins-v4`)
    // An ADD that comes again finds most of it there.
    expect(portmap('ADD')).toMatchObject(ok)
    expect(portmap('CHECK')).toMatchObject({ ...ok, stdout: '' })
    expect(portmap('DEL')).toMatchObject(ok)
    expect(message(portmap('CHECK'))).toBe(`${missing}set pod-port-owners`)
  })

  it('must be called as chained plugin, and passes on what it is given', () => {
    const { prevResult, portmap } = chainOf('1.1.0', 'pod', [])
    expect(message(portmap('ADD', { prevResult: undefined }))).toBe('must be called as chained plugin')
    expect(message(portmap('CHECK', { prevResult: undefined }))).toBe('Required prevResult missing')
    const odd = { ...(prevResult as object), routes: [{ dst: 'anything' }], extra: { a: 1 } }
    expect(portmap('ADD', { prevResult: odd }).json).toEqual(odd)
    expect(ruleset().join(' ')).not.toContain('pod-port')
    expect(message(portmap('ADD', { markMasqBit: 40 }))).toBe(
      'failed to parse config: MasqMarkBit must be between 0 and 31',
    )
  })

  it('answers DEL with a configuration that became invalid, without ports and result, and GC', () => {
    const tcp = [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }]
    const { portmap } = chainOf('1.1.0', 'pod', tcp)
    const gone = { runtimeConfig: undefined, prevResult: undefined, markMasqBit: 40 }
    portmap('ADD')
    expect(mapped()).toHaveLength(1)
    expect(portmap('DEL', { ...gone, name: 'another' })).toMatchObject(ok)
    expect(mapped()).toHaveLength(1)
    expect(portmap('DEL', gone)).toMatchObject({ ...ok, stdout: '' })
    portmap('ADD')
    const valid = (...ids: readonly string[]): object => ({
      'cni.dev/valid-attachments': ids.map((containerID) => ({ containerID, ifname: 'eth0' })),
    })
    expect(portmap('GC', valid('pod'))).toMatchObject(ok)
    expect(mapped()).toHaveLength(1)
    expect(portmap('GC', valid())).toMatchObject(ok)
    expect(mapped()).toEqual([])
  })

  it('keeps what another program has in our table', () => {
    nftScript(undefined, 'add table inet podway; add chain inet podway theirs')
    const { portmap } = chainOf('1.1.0', 'pod', [{ hostPort: 80, containerPort: 80, protocol: 'sctp' }])
    portmap('ADD')
    expect(mapped()).toEqual(['sctp . 80 comment "podway test pod/eth0" : 10.1.2.2 . 80'])
    portmap('DEL')
    expect(ruleset()).toContain('chain theirs {')
    expect(ruleset().join(' ')).not.toContain('pod-port')
  })
})
