import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { run } from './testing/binary.ts'
import { type TestClient, TestServer } from './testing/server.ts'
import { type IpRoute, ip, routes } from './testing/world.ts'
import type { RouteChange } from './serve/protocol.ts'

/** A node of a segment: a link `up0` with two addresses, whose other end is the segment. */
const segment = [
  'link add up0 type veth peer name segment0',
  'link set segment0 up',
  'addr add 10.99.0.1/24 dev up0',
  '-6 addr add fd99::1/64 dev up0 nodad',
  'link set up0 up',
]

let server: TestServer
let client: TestClient
beforeEach(async () => {
  for (const line of segment) ip(undefined, ...line.split(' '))
  server = new TestServer()
  await server.start()
  client = await server.connect()
})
afterEach(async () => {
  await server.remove()
  ip(undefined, 'link', 'del', 'up0')
})

interface FoundRoute extends IpRoute {
  readonly protocol?: string
}

/** What the kernel has at that destination, by `ip`: `via 10.99.0.2 proto 112 metric 1120`. */
const at = (destination: string): readonly string[] =>
  (routes(destination.includes(':') ? 6 : 4) as readonly FoundRoute[])
    .filter(({ dst }) => dst === destination)
    .map(({ gateway, metric, protocol }) => `via ${gateway} proto ${protocol} metric ${metric ?? 0}`)

const apply = async (...changes: readonly RouteChange[]): Promise<readonly unknown[]> =>
  (await client.ask('routes.apply', { changes })).outcomes
const done = { result: 'done' }
const failed = (reason: string): unknown => expect.objectContaining({ result: 'failed', reason }) as unknown

const families = [
  {
    destination: '10.244.3.0/24',
    one: '10.99.0.2',
    two: '10.99.0.3',
    own: '10.99.0.1',
    off: '10.98.0.1',
    base: 0,
  },
  {
    destination: 'fd00:244:3::/64',
    one: 'fd99::2',
    two: 'fd99::3',
    own: 'fd99::1',
    off: 'fd98::1',
    base: 1024,
  },
]

describe.each(families)('routes.apply: $destination', ({ base, destination, off, one, own, two }) => {
  const ours = (gateway: string): string => `via ${gateway} proto 112 metric 1120`

  it('creates, replaces and deletes, and each a second time is nothing', async () => {
    expect(await apply({ op: 'create', destination, gateway: one })).toEqual([done])
    expect(at(destination)).toEqual([ours(one)])
    expect(await apply({ op: 'create', destination, gateway: one })).toEqual([{ ...done, existed: true }])
    const move = { op: 'replace', destination, from: one, gateway: two } as const
    expect(await apply(move)).toEqual([done])
    expect(at(destination)).toEqual([ours(two)])
    expect(await apply(move)).toEqual([{ ...done, existed: true }])
    expect(await apply({ op: 'delete', destination, from: two })).toEqual([done])
    expect(at(destination)).toEqual([])
    expect(await apply({ op: 'delete', destination, from: two })).toEqual([done])
  })

  it('replaces in one step: the kernel announces no removal', async () => {
    await apply({ op: 'create', destination, gateway: one })
    const said = await announced(async () => {
      await apply({ op: 'replace', destination, from: one, gateway: two })
    })
    expect(said.filter((line) => line.includes(destination))).toEqual([
      expect.stringMatching(new RegExp(`^${destination} via ${two} dev up0 proto 112`)),
    ])
  })

  it('leaves a route of somebody else, whatever is asked for', async () => {
    ip(undefined, 'route', 'add', destination, 'via', two, 'proto', 'static')
    const theirs = [`via ${two} proto static metric ${base}`]
    expect(await apply({ op: 'create', destination, gateway: one })).toEqual([failed('changed')])
    expect(await apply({ op: 'replace', destination, from: two, gateway: one })).toEqual([failed('changed')])
    expect(await apply({ op: 'delete', destination, from: two })).toEqual([failed('changed')])
    expect(at(destination)).toEqual(theirs)
  })

  it('leaves one that came after ours, before it or with its very metric', async () => {
    await apply({ op: 'create', destination, gateway: one })
    ip(undefined, 'route', 'add', destination, 'via', two, 'proto', 'static')
    const theirs = `via ${two} proto static metric ${base}`
    expect(at(destination)).toEqual([theirs, ours(one)])
    expect(await apply({ op: 'replace', destination, from: one, gateway: two })).toEqual([
      { ...done, existed: true },
    ])
    expect(await apply({ op: 'delete', destination, from: one })).toEqual([done])
    expect(at(destination)).toEqual([theirs])
    ip(undefined, 'route', 'del', destination)
    await apply({ op: 'create', destination, gateway: one })
    ip(undefined, 'route', 'replace', destination, 'via', two, 'proto', 'static', 'metric', '1120')
    expect(await apply({ op: 'replace', destination, from: one, gateway: own })).toEqual([failed('changed')])
    expect(await apply({ op: 'delete', destination, from: one })).toEqual([failed('changed')])
    expect(at(destination)).toEqual([`via ${two} proto static metric 1120`])
    ip(undefined, 'route', 'del', destination)
  })

  it('leaves a way that somebody has added to ours', async () => {
    await apply({ op: 'create', destination, gateway: one })
    ip(undefined, 'route', 'append', destination, 'via', two, 'proto', 'static', 'metric', '1120')
    const before = ip(undefined, destination.includes(':') ? '-6' : '-4', 'route', 'show', destination)
    expect(await apply({ op: 'replace', destination, from: one, gateway: own })).toEqual([failed('changed')])
    expect(ip(undefined, destination.includes(':') ? '-6' : '-4', 'route', 'show', destination)).toBe(before)
    expect(before).toContain(two)
  })

  it('refuses gateways that are not on-link, and the node’s own address', async () => {
    expect(await apply({ op: 'create', destination, gateway: off })).toEqual([failed('unreachable')])
    expect(await apply({ op: 'create', destination, gateway: own })).toEqual([failed('unreachable')])
    expect(at(destination)).toEqual([])
  })

  it('lists what ip lists', async () => {
    await apply({ op: 'create', destination, gateway: one })
    const { links, routes: listed } = await client.ask('routes.list', {})
    expect(listed.filter((route) => route.destination === destination)).toEqual([
      { destination, protocol: 112, scope: 0, gateway: one, interface: 'up0', metric: 1120 },
    ])
    expect(links).toEqual([{ name: 'up0', isUp: true, addresses: ['10.99.0.1/24', 'fd99::1/64'] }])
    ip(undefined, 'link', 'set', 'segment0', 'down')
    await vi.waitFor(async () => {
      const { routes: after } = await client.ask('routes.list', {})
      expect(after.find((route) => route.destination === destination)).toMatchObject({ isDead: true })
    })
  })
})

describe('routes.apply', () => {
  it('one that fails stops no other, and all of a thousand are made', async () => {
    const changes = Array.from({ length: 1_000 }, (_, n): RouteChange => {
      const gateway = n === 500 ? '10.98.0.1' : '10.99.0.2'
      return { op: 'create', destination: `10.${128 + (n >> 8)}.${n & 255}.0/24`, gateway }
    })
    const outcomes = await apply(...changes)
    expect(outcomes.filter((_, n) => n !== 500)).toEqual(Array(999).fill(done))
    expect(outcomes[500]).toEqual(failed('unreachable'))
    const marked = (routes(4) as readonly FoundRoute[]).filter(({ protocol }) => protocol === '112')
    expect(marked).toHaveLength(999)
  })

  it('refuses a part of the node’s own segment, and what is no change, with nothing done', async () => {
    expect(await apply({ op: 'create', destination: '10.99.0.128/25', gateway: '10.99.0.2' })).toEqual([
      failed('refused'),
    ])
    const strange = [
      { op: 'create', destination: '10.244.3.0/24', gateway: '10.99.0.2' },
      { op: 'create', destination: '0.0.0.0/0', gateway: '10.99.0.2' },
    ]
    expect(await client.refused('routes.apply', { changes: strange })).toMatchObject({
      code: 'invalid',
      field: 'parameters.changes[1].destination',
    })
    expect(at('10.244.3.0/24')).toEqual([])
  })
})

describe('routes.watch', () => {
  /** News that came since the last look; the round trip is behind everything that was announced before. */
  const newsNow = async (): Promise<number> => {
    await client.ask('routes.list', {})
    return client.news.splice(0).length
  }

  const events: readonly { readonly name: string; readonly lines: readonly string[] }[] = [
    { name: 'a route of ours is taken away', lines: ['route del 10.244.3.0/24 proto 112'] },
    { name: 'one of IPv6 is', lines: ['-6 route del fd00:244:3::/64 proto 112'] },
    { name: 'somebody makes another', lines: ['route add 10.244.3.0/24 via 10.99.0.9 proto static'] },
    { name: 'the link goes down', lines: ['link set up0 down'] },
    { name: 'the link loses its carrier', lines: ['link set segment0 down'] },
    { name: 'an address goes', lines: ['addr del 10.99.0.1/24 dev up0'] },
    { name: 'an address comes', lines: ['-6 addr add fd97::1/64 dev up0 nodad'] },
  ]

  it.each(events)('tells when $name', async ({ lines }) => {
    await apply(
      { op: 'create', destination: '10.244.3.0/24', gateway: '10.99.0.2' },
      { op: 'create', destination: 'fd00:244:3::/64', gateway: 'fd99::2' },
    )
    await client.ask('routes.watch', {})
    await newsNow()
    for (const line of lines) ip(undefined, ...line.split(' '))
    await vi.waitFor(() => expect(client.news).not.toEqual([]))
  })

  it('is silent when pods come and go', async () => {
    await client.ask('routes.watch', {})
    await newsNow()
    run('ip', 'netns', 'add', 'pod')
    const pod = [
      'link add vpod type veth peer name eth0 netns pod',
      'addr add 10.244.1.1/32 dev vpod',
      '-6 addr add fd00:244:1::1/128 dev vpod nodad',
      'link set vpod up',
      'route add 10.244.1.5/32 dev vpod',
      '-6 route add fd00:244:1::5/128 dev vpod',
    ]
    for (const line of pod) ip(undefined, ...line.split(' '))
    run('ip', '-n', 'pod', 'link', 'set', 'eth0', 'up')
    run('ip', 'netns', 'del', 'pod')
    await vi.waitFor(() => expect(ip(undefined, 'link')).not.toContain('vpod'))
    expect(await newsNow()).toBe(0)
    // It is not deaf.
    ip(undefined, 'route', 'add', '10.200.0.0/16', 'via', '10.99.0.2')
    await vi.waitFor(() => expect(client.news).not.toEqual([]))
  })
})

describe('routes.inspect', () => {
  it('says that there is no systemd-networkd where there is none', async () => {
    expect(await client.ask('routes.inspect', {})).toEqual({ networkd: 'absent' })
  })
})

/** What `ip monitor route` says while something happens; a route of our own making ends it. */
async function announced(work: () => Promise<void>): Promise<readonly string[]> {
  const monitor = spawn('stdbuf', ['-oL', 'ip', 'monitor', 'route'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  createInterface(monitor.stdout).on('line', (line) => lines.push(line.trim()))
  const sign = async (range: string): Promise<void> => {
    let n = 2
    await vi.waitFor(() => {
      // The same once more would be no change.
      ip(undefined, 'route', 'replace', range, 'via', `10.99.0.${n++}`)
      expect(lines.some((line) => line.startsWith(range))).toBe(true)
    })
  }
  try {
    await sign('10.201.0.0/16')
    await work()
    await sign('10.202.0.0/16')
    return lines
  } finally {
    monitor.kill()
  }
}
