import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serve, type RunningServer } from '../test/simulators/http-server.ts'
import {
  createKubernetesSimulator,
  type KubernetesSimulator,
} from '../test/simulators/kubernetes/kubernetes-simulator.ts'
import { createKubeClient, type KubeClient, type KubeRequest } from './client.ts'
import { KubeError } from './errors.ts'
import { nodeType } from './node-type.ts'
import type { Node } from './objects.ts'
import { Reflector } from './reflector.ts'
import { Resource } from './resource.ts'
import { eventually, ManualClock } from './testing/manual-clock.ts'
import { failed } from './testing/replies.ts'
import { TcpRelay } from './testing/tcp-relay.ts'

const minute = 60_000

let folder: string
let simulator: KubernetesSimulator
let server: RunningServer
let relay: TcpRelay
let client: KubeClient
let clock: ManualClock
let nodes: Resource<Node>
let reflector: Reflector<Node>
let stop: AbortController
let running: Promise<void>
/** What was told of changes, repetitions aside: `type name`. */
let told: string[]
/** How many calls are under way, watches aside. */
let calls: number
/** Which token the API server takes. */
let valid: string
/** Requests that the API server turned down for their token. */
let refused: number

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podway-recovery-'))
  simulator = createKubernetesSimulator()
  valid = 'first'
  refused = 0
  server = await serve({
    handle(request, now) {
      if (request.headers.authorization === `Bearer ${valid}`) return simulator.handle(request, now)
      refused++
      return failed(401, 'Unauthorized')
    },
  })
  relay = await TcpRelay.open(server.url)
  clock = new ManualClock()
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, 'first\n')
  const config = new KubeConfig()
  config.loadFromClusterAndUser(
    { name: 'c', server: relay.url, skipTLSVerify: false },
    { name: 'u', authProvider: { name: 'tokenFile', config: { tokenFile } } },
  )
  client = createKubeClient(config, { userAgent: 'podway/0', env: {}, clock })
  calls = 0
  nodes = new Resource<Node>(counted(client), nodeType)
  reflector = new Reflector<Node>({ resource: nodes, clock, random: () => 0.5 })
  told = []
  reflector.onChange(({ type, object }) => {
    if (type !== 'resync') told.push(`${type} ${object.metadata.name}`)
  })
  stop = new AbortController()
  running = Promise.resolve()
})
afterEach(async () => {
  stop.abort()
  await running
  expect(clock.timers).toBe(0)
  await client.close()
  simulator.close()
  await relay.down().catch(() => undefined)
  await server.close()
  rmSync(folder, { recursive: true })
})

function counted(inner: KubeClient): KubeClient {
  return {
    async request<T>(request: KubeRequest): Promise<T> {
      calls++
      try {
        return await inner.request<T>(request)
      } finally {
        calls--
      }
    },
    watch: (...args) => inner.watch(...args),
    close: () => inner.close(),
  }
}

/** What another client does, by a way of its own: another API server of the same etcd. */
function elsewhere(method: 'POST' | 'DELETE', name: string): void {
  const target = method === 'POST' ? '/api/v1/nodes' : `/api/v1/nodes/${name}`
  const body = method === 'POST' ? JSON.stringify({ metadata: { name } }) : ''
  const headers = { 'content-type': 'application/json' }
  const reply = simulator.handle({ method, target, headers, body }, clock.now())
  if (reply.kind !== 'response' || reply.status >= 300) throw new Error(`${method} ${name} failed`)
}

/** Lets the reflector begin, and waits until it watches. */
async function begin(...names: readonly string[]): Promise<void> {
  for (const name of names) elsewhere('POST', name)
  running = reflector.run(stop.signal)
  await watching()
  told = []
  simulator.forgetCalls()
}

const watching = (): Promise<void> => eventually('a watch', () => simulator.watches.count() === 1)
/** What our client asked, by verb. */
const asked = (): readonly (string | undefined)[] =>
  simulator.calls.filter(({ userAgent }) => userAgent === 'podway/0').map(({ verb }) => verb)
const lists = (): number => asked().filter((verb) => verb === 'list').length
const known = (): readonly string[] => reflector.list().map(({ metadata }) => metadata.name)

/** A second goes by, with all that the sockets bring meanwhile. What is never answered is waited for a moment only. */
async function second(): Promise<void> {
  await clock.advance(1000)
  const limit = performance.now() + 20
  for (let turn = 0; turn < 10 || (calls > 0 && performance.now() < limit); turn++) await clock.advance(0)
}

async function pass(ms: number, until: () => boolean = () => false): Promise<void> {
  for (let left = ms; left > 0 && !until(); left -= 1000) await second()
}

/** Time goes by until that is known. */
async function learns(...names: readonly string[]): Promise<void> {
  const deadline = performance.now() + 4000
  const done = (): boolean => String([...known()].sort()) === String([...names].sort())
  while (!done() && performance.now() < deadline) await second()
  expect([...known()].sort()).toEqual([...names].sort())
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('an API server that is down', () => {
  test('from the start: is asked at most every half minute, and listed when it is there', async () => {
    await relay.down()
    elsewhere('POST', 'a')
    let attempts = 0
    const resource = {
      type: nodeType,
      list: (...args: Parameters<typeof nodes.list>) => {
        attempts++
        return nodes.list(...args)
      },
      watch: (...args: Parameters<typeof nodes.watch>) => nodes.watch(...args),
    }
    reflector = new Reflector<Node>({ resource, clock, random: () => 0.5 })
    running = reflector.run(stop.signal)
    await eventually('a refusal', () => attempts === 1)
    for (let waited = 0; waited < 10 * minute;) {
      // A refusal comes at once, in real time; the pause after it is what passes here.
      await eventually('a pause', () => (clock.untilNext ?? 30_000) < 30_000)
      const ms = clock.untilNext ?? 0
      await clock.advance(ms)
      waited += ms
    }
    expect(attempts).toBeGreaterThan(20)
    expect(attempts).toBeLessThan(35)
    expect(reflector.hasSynced()).toBe(false)
    await relay.up()
    await learns('a')
  })

  test('for ten minutes: what happened meanwhile is told when it is back', async () => {
    await begin('stays', 'goes')
    await relay.down()
    elsewhere('DELETE', 'goes')
    elsewhere('POST', 'comes')
    expect(await failure(nodes.get('stays'))).toMatchObject({
      reason: 'Unreachable',
      details: { code: 'ECONNREFUSED' },
    })
    await pass(10 * minute)
    expect(known()).toEqual(['goes', 'stays'])
    await relay.up()
    await learns('stays', 'comes')
    expect(told).toEqual(['deleted goes', 'added comes'])
    expect((await nodes.get('comes')).metadata.name).toBe('comes')
  })
})

describe('an API server that is slow', () => {
  test('and answers within the limit: is asked once', async () => {
    await begin('a')
    relay.hold()
    const answer = nodes.get('a')
    await pass(29_000)
    relay.release()
    expect((await answer).metadata.name).toBe('a')
    expect(asked()).toEqual(['get'])
  })

  test('and answers a list after the limit: is asked again after a pause, not at once', async () => {
    relay.hold()
    elsewhere('POST', 'a')
    running = reflector.run(stop.signal)
    await eventually('a connection', () => relay.connections === 1)
    await pass(30_000)
    // The first attempt is over, and the second is not made yet.
    await eventually('a pause', () => clock.untilNext === 600)
    relay.release()
    await learns('a')
    expect(lists()).toBeLessThanOrEqual(2)
  })

  test('and sends its events late: they are told in order, by the same watch', async () => {
    await begin('a')
    relay.hold()
    elsewhere('POST', 'b')
    elsewhere('DELETE', 'a')
    elsewhere('POST', 'c')
    await pass(2 * minute)
    expect(told).toEqual([])
    relay.release()
    await learns('b', 'c')
    expect(told).toEqual(['added b', 'deleted a', 'added c'])
    expect(asked()).toEqual([])
  })
})

describe('an API server that is restarted', () => {
  test('at once: the watch goes on from where it was, without a list', async () => {
    await begin('stays', 'goes')
    await relay.down()
    elsewhere('DELETE', 'goes')
    elsewhere('POST', 'comes')
    await relay.up()
    await learns('stays', 'comes')
    expect(told).toEqual(['deleted goes', 'added comes'])
    expect(lists()).toBe(0)
    await watching()
  })

  test('again and again: nothing is missed', async () => {
    await begin('node-0')
    for (let round = 1; round <= 5; round++) {
      await relay.down()
      elsewhere('DELETE', `node-${round - 1}`)
      elsewhere('POST', `node-${round}`)
      await pass(3000)
      await relay.up()
      await learns(`node-${round}`)
    }
    expect(told.length).toBe(10)
  })
})

describe('an API server that forgot its history (410)', () => {
  test('while it was away: it is listed at once, and the difference told, deletes first', async () => {
    await begin('goes', 'returns', 'stays')
    await relay.down()
    elsewhere('DELETE', 'goes')
    elsewhere('DELETE', 'returns')
    elsewhere('POST', 'returns')
    elsewhere('POST', 'comes')
    simulator.compact()
    await relay.up()
    await learns('stays', 'returns', 'comes')
    expect(told).toEqual(['deleted goes', 'deleted returns', 'added comes', 'added returns'])
    expect(lists()).toBe(1)
    await watching()
  })

  test('in the middle of a watch: the same', async () => {
    await begin('goes', 'stays')
    simulator.watches.silence()
    elsewhere('DELETE', 'goes')
    simulator.compact()
    simulator.watches.cut('end')
    await learns('stays')
    expect(told).toEqual(['deleted goes'])
    expect(lists()).toBe(1)
  })
})

describe('a connection that is half open', () => {
  test('from the start, accepted and never answered: is given up after half a minute, for a new one', async () => {
    relay.hold()
    elsewhere('POST', 'a')
    running = reflector.run(stop.signal)
    await eventually('a connection', () => relay.connections === 1)
    relay.forgetConnections()
    relay.release()
    await pass(29_000)
    expect(reflector.hasSynced()).toBe(false)
    await learns('a')
    expect(relay.connections).toBeGreaterThanOrEqual(2)
  })

  test('in the middle of a watch: is given up after two and a half minutes, and nothing is missed', async () => {
    await begin('stays', 'goes')
    relay.forgetConnections()
    elsewhere('DELETE', 'goes')
    elsewhere('POST', 'comes')
    await pass(149_000)
    expect(told).toEqual([])
    expect(asked()).toEqual([])
    await learns('stays', 'comes')
    expect(told).toEqual(['deleted goes', 'added comes'])
    expect(lists()).toBe(0)
  })

  test('and kept for the next call: that one ends by its limit, and it is not used again', async () => {
    await begin('a')
    await nodes.get('a')
    relay.forgetConnections()
    const { connections } = relay
    expect(connections).toBeLessThanOrEqual(3)
    let lost = 0
    for (;;) {
      let ended = false
      const { swallowed } = relay
      const attempt = failure(nodes.get('a', { timeoutMs: 5000 })).finally(() => (ended = true))
      await eventually('the call to be sent', () => ended || relay.swallowed > swallowed)
      await pass(5000, () => ended)
      const error = await attempt
      if (error === undefined) break
      expect(error).toMatchObject({ status: 0, reason: 'Timeout' })
      lost++
    }
    expect(lost).toBeGreaterThanOrEqual(1)
    // No more than were kept; that of the watch was none of them.
    expect(lost).toBeLessThan(connections)
  })
})

describe('a token that has expired', () => {
  const replace = (): void => writeFileSync(join(folder, 'token'), 'second\n')

  test('and was replaced in its file: the next request has the new one', async () => {
    await begin('a')
    valid = 'second'
    replace()
    elsewhere('POST', 'b')
    simulator.watches.cut('reset')
    await learns('a', 'b')
    expect((await nodes.get('b')).metadata.name).toBe('b')
    expect(refused).toBe(0)
    expect(lists()).toBe(0)
  })

  test('and is replaced late: calls say so meanwhile, and the watch goes on when it is there', async () => {
    await begin('stays', 'goes')
    valid = 'second'
    simulator.watches.cut('end')
    elsewhere('DELETE', 'goes')
    const refusal = await failure(nodes.get('stays'))
    expect(refusal).toBeInstanceOf(KubeError)
    expect(refusal).toMatchObject({ status: 401, reason: 'Unauthorized' })
    await pass(5 * minute)
    // On a busy machine minutes of this clock are over before a socket has brought anything.
    const deadline = performance.now() + 4000
    while (refused <= 2 && performance.now() < deadline) await second()
    expect(refused).toBeGreaterThan(2)
    // Two requests an attempt: with the token as it was, and as it is read again.
    expect(refused).toBeLessThan(50)
    expect(known()).toEqual(['goes', 'stays'])
    replace()
    await learns('stays')
    expect(told).toEqual(['deleted goes'])
    expect((await nodes.get('stays')).metadata.name).toBe('stays')
  })

  test('and whose file is gone for a moment: the last one that was read is used', async () => {
    await begin('a')
    rmSync(join(folder, 'token'))
    elsewhere('POST', 'b')
    simulator.watches.cut('end')
    await learns('a', 'b')
    expect(refused).toBe(0)
  })
})
