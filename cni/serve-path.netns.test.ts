import { readdirSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { PathFacts } from './serve/protocol.ts'
import { run } from './testing/binary.ts'
import { nft, nftScript } from './testing/filter.ts'
import { type TestClient, TestServer } from './testing/server.ts'
import { TestNode, ip, link } from './testing/world.ts'

// What the kernel says of a packet; what becomes of packets is test/lab/path's.

let server: TestServer
let client: TestClient
let node: TestNode
const undo: (() => unknown)[] = []

beforeAll(async () => {
  node = new TestNode()
  const { name } = node.pod('path-pod')
  ip(undefined, 'link', 'add', 'vpath', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
  ip(undefined, 'link', 'set', 'vpath', 'up', 'alias', 'podway net abc/eth0')
  ip(name, 'link', 'set', 'eth0', 'up', 'mtu', '1400')
  ip(undefined, 'route', 'add', '10.77.0.2/32', 'dev', 'vpath')
  ip(undefined, '-6', 'route', 'add', 'fd77::2/128', 'dev', 'vpath')
  run('sysctl', '-qw', 'net.ipv4.conf.vpath.rp_filter=2', 'net.ipv4.ip_forward=1')
  server = new TestServer()
  await server.start()
  client = await server.connect()
})
afterEach(() => {
  for (const one of undo.splice(0).toReversed()) one()
})
afterAll(async () => {
  await server.remove()
  node.remove()
})

const inspect = (source: string, destination: string, more: object = {}): Promise<PathFacts> =>
  client.ask('path.inspect', { source, destination, ...more })

describe('path.inspect', () => {
  it('tells of both ends of a pod’s interface without entering the pod', async () => {
    const host = link('vpath')
    const pod = link('eth0', 'path-pod')
    const { entry, source } = await inspect('10.77.0.2', '127.0.0.1')
    expect(source.route).toMatchObject({
      destination: '10.77.0.2/32',
      kind: 'unicast',
      interface: 'vpath',
      table: 254,
    })
    expect(entry).toEqual({
      name: 'vpath',
      kind: 'veth',
      isUp: true,
      hasCarrier: true,
      mtu: host.mtu,
      mac: host.address,
      alias: 'podway net abc/eth0',
      forwards: true,
      reversePathFilter: 2,
      peer: { name: 'eth0', isUp: true, mtu: 1400, mac: pod.address },
    })
  })

  it('sees that the pod’s end is down', async () => {
    ip('path-pod', 'link', 'set', 'eth0', 'down')
    undo.push(() => ip('path-pod', 'link', 'set', 'eth0', 'up'))
    const { destination } = await inspect('127.0.0.1', '10.77.0.2')
    expect(destination.link).toMatchObject({ isUp: true, hasCarrier: false, peer: { isUp: false } })
  })

  it.each(['10.77.0.2', 'fd77::2'])('tells what is known of a neighbour: %s', async (address) => {
    const of = async (): Promise<unknown> => (await inspect(address, address)).destination.neighbour
    for (const [state, mac, said] of [
      ['permanent', ['lladdr', '02:00:00:00:00:77'], { state: 'permanent', mac: '02:00:00:00:00:77' }],
      ['stale', ['lladdr', '02:00:00:00:00:78'], { state: 'known', mac: '02:00:00:00:00:78' }],
    ] as const) {
      ip(undefined, 'neighbour', 'replace', address, ...mac, 'dev', 'vpath', 'nud', state)
      expect(await of()).toEqual(said)
    }
    ip(undefined, 'neighbour', 'flush', 'dev', 'vpath')
  })

  it('tells a route’s maker, table and MTU, and a gateway of the other family', async () => {
    ip(
      undefined,
      'route',
      'add',
      '10.78.0.0/16',
      'via',
      'inet6',
      'fd77::2',
      'dev',
      'vpath',
      'proto',
      '66',
      'mtu',
      '1300',
    )
    undo.push(() => ip(undefined, 'route', 'del', '10.78.0.0/16'))
    const { way } = await inspect('10.77.0.2', '10.78.1.2')
    expect(way).toEqual({
      result: 'found',
      route: {
        destination: '10.78.0.0/16',
        kind: 'unicast',
        table: 254,
        protocol: 66,
        gateway: 'fd77::2',
        interface: 'vpath',
        mtu: 1300,
      },
    })
  })

  it('heeds rules by the interface of entry, and names the table they lead to', async () => {
    ip(undefined, 'rule', 'add', 'pref', '77', 'iif', 'vpath', 'lookup', '777')
    ip(undefined, 'route', 'add', '10.79.0.0/16', 'dev', 'vpath', 'table', '777')
    undo.push(() => {
      ip(undefined, 'rule', 'del', 'pref', '77')
      ip(undefined, 'route', 'flush', 'table', '777')
    })
    expect((await inspect('10.77.0.2', '10.79.1.2')).way).toMatchObject({ route: { table: 777 } })
    // What comes from elsewhere is not under the rule.
    expect((await inspect('127.0.0.1', '10.79.1.2')).way).toEqual({
      result: 'refused',
      why: 'no-route',
      errno: 101,
    })
  })

  it.each(['blackhole', 'unreachable', 'prohibit'] as const)('tells a route that is %s', async (kind) => {
    for (const [family, source, range, destination] of [
      ['-4', '10.77.0.2', '10.80.0.0/16', '10.80.1.2'],
      ['-6', 'fd77::2', 'fd80::/64', 'fd80::2'],
    ] as const) {
      ip(undefined, family, 'route', 'add', kind, range)
      undo.push(() => ip(undefined, family, 'route', 'del', kind, range))
      expect((await inspect(source, destination)).way).toMatchObject({ result: 'refused', why: kind })
    }
  })

  it('tells the chains that see a packet, in their order, and what comes of it', async () => {
    nftScript(
      undefined,
      `table inet path {
        map verdicts { type ipv4_addr : verdict; elements = { 10.77.0.2 : jump deep, 10.77.0.3 : accept }
        }
        chain deep { ip daddr 10.77.0.9 drop
        }
        chain late { type filter hook forward priority 10; policy drop;
        }
        chain early { type filter hook forward priority -10; ip saddr vmap @verdicts
        }
        chain own { type filter hook output priority 0; policy drop;
        }
        chain nat { type nat hook postrouting priority 100; oifname "vpath" masquerade
        }
      }
      `,
    )
    undo.push(() => nft(undefined, 'delete', 'table', 'inet', 'path'))
    ip(undefined, 'route', 'add', '10.77.0.0/24', 'dev', 'vpath')
    undo.push(() => ip(undefined, 'route', 'del', '10.77.0.0/24'))
    const verdicts = async (...packet: Parameters<typeof inspect>): Promise<readonly string[]> =>
      ((await inspect(...packet)).firewall.chains ?? [])
        .filter(({ table }) => table === 'path')
        .map(({ chain, hook, verdict }) => `${hook} ${chain} ${verdict}`)
    expect(await verdicts('10.77.0.2', '10.77.0.9')).toEqual([
      'forward early drop',
      'forward late drop',
      'postrouting nat masquerade',
    ])
    expect(await verdicts('10.77.0.2', '10.77.0.8', { isReply: true })).toEqual([
      'forward early accept',
      'forward late drop',
    ])
    ip(undefined, 'address', 'add', '10.77.1.1/32', 'dev', 'lo')
    undo.push(() => ip(undefined, 'address', 'del', '10.77.1.1/32', 'dev', 'lo'))
    expect(await verdicts('10.77.1.1', '10.77.0.8')).toEqual([
      'output own drop',
      'postrouting nat masquerade',
    ])
    const { firewall } = await inspect('10.77.0.2', '10.77.0.9')
    expect(firewall.chains?.find(({ chain }) => chain === 'early')?.rule).toMatch(
      /^the rule with handle \d+ of chain deep$/,
    )
  })

  it('does not look at more rules than it has time for', async () => {
    const rules = Array.from(
      { length: 2_100 },
      (_, index) => `ip saddr 10.1.${index >> 8}.${index & 255} drop\n`,
    )
    nftScript(
      undefined,
      `table ip path { chain many { type filter hook forward priority 0; ${rules.join('')} }
      }
      `,
    )
    undo.push(() => nft(undefined, 'delete', 'table', 'ip', 'path'))
    const { firewall } = await inspect('10.77.0.2', '10.77.0.2')
    expect(firewall.chains?.find(({ chain }) => chain === 'many')).toMatchObject({ verdict: 'unclear' })
  })

  it.each<[what: string, parameters: unknown, field: string]>([
    ['nothing', undefined, 'parameters'],
    ['no destination', { source: '10.0.0.1' }, 'parameters.destination'],
    ['a name', { source: 'web', destination: '10.0.0.1' }, 'parameters.source'],
    ['a long text', { source: '1'.repeat(100_000), destination: '10.0.0.1' }, 'parameters.source'],
    ['another spelling', { source: 'FD00::1', destination: 'fd00::2' }, 'parameters.source'],
    ['two families', { source: '10.0.0.1', destination: 'fd00::2' }, 'parameters.destination'],
    ['an interface', { source: '10.0.0.1', destination: '10.0.0.2', arrival: 'eth0' }, 'parameters.arrival'],
    ['a number', { source: '10.0.0.1', destination: '10.0.0.2', isReply: 1 }, 'parameters.isReply'],
    ['a stranger', { source: '10.0.0.1', destination: '10.0.0.2', path: '/etc/shadow' }, 'parameters'],
  ])('refuses %s', async (_, parameters, field) => {
    expect(await client.refused('path.inspect', parameters)).toMatchObject({ code: 'invalid', field })
  })

  it('answers for any addresses, and keeps no descriptor', async () => {
    const descriptors = (): number => readdirSync(`/proc/${server.pid}/fd`).length
    await inspect('10.77.0.2', '10.77.0.2')
    const before = descriptors()
    for (const address of ['0.0.0.0', '255.255.255.255', '127.0.0.1', '224.0.0.1', '10.77.0.2', '240.0.0.1'])
      for (const other of ['10.77.0.2', '127.0.0.1', '0.0.0.0', '224.0.0.1'])
        await inspect(address, other, { arrival: other })
    for (const address of ['::', '::1', 'ff02::1', 'fe80::1', 'fd77::2'])
      for (const other of ['fd77::2', '::1', '::', 'ff02::1'])
        await inspect(address, other, { arrival: '10.77.0.2' })
    expect(descriptors()).toBe(before)
  })
})
