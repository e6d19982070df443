import { KubeConfig } from '@kubernetes/client-node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serve, type RunningServer } from '../test/simulators/http-server.ts'
import type { SimulatorReply } from '../test/simulators/simulator.ts'
import { createKubeClient, type KubeClient } from './client.ts'
import type { LogFields } from './log.ts'
import { silentLogger } from './log.ts'
import type { KubeObject } from './objects.ts'
import { Reflector } from './reflector.ts'
import { Resource } from './resource.ts'
import type { Change } from './store.ts'
import { eventually, ManualClock } from './testing/manual-clock.ts'
import { failed, Feed, hang, ok, reset, status, streaming } from './testing/replies.ts'

const node = (name: string, uid: string, resourceVersion: string): KubeObject => ({
  metadata: { name, uid, resourceVersion },
})
const list = (resourceVersion: string, items: readonly KubeObject[] = [], token?: string): SimulatorReply =>
  ok({ kind: 'NodeList', metadata: { resourceVersion, continue: token }, items })

let clock: ManualClock
let server: RunningServer
let client: KubeClient
let stop: AbortController
let reflector: Reflector<KubeObject>
let running: Promise<void>
/** The queries of all requests, in order: lists and watches. */
let requests: URLSearchParams[]
/** What the server answers to the next requests; when empty, `idle`. */
let script: SimulatorReply[]
let feed: Feed
/** Changes in short: `added a 1`. */
let seen: string[]
let logged: { level: string; fields: LogFields; message: string }[]

beforeEach(async () => {
  clock = new ManualClock()
  requests = []
  script = []
  seen = []
  logged = []
  feed = new Feed()
  server = await serve({
    handle: ({ target }) => {
      const query = new URL(target, 'http://x').searchParams
      requests.push(query)
      return script.shift() ?? (query.has('watch') ? streaming(feed) : list('100'))
    },
  })
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'c', server: server.url, skipTLSVerify: false }, { name: 'u' })
  client = createKubeClient(config, { userAgent: 'podway/0', env: {}, clock })
  const write =
    (level: string) =>
    (fields: LogFields, message: string): void =>
      void logged.push({ level, fields, message })
  reflector = new Reflector({
    resource: new Resource(client, { group: '', version: 'v1', plural: 'nodes', namespaced: false }),
    clock,
    random: () => 0.5,
    log: { ...silentLogger, info: write('info'), warn: write('warn'), error: write('error') },
    pageSize: 2,
  })
  reflector.onChange((change) => void seen.push(told(change)))
  stop = new AbortController()
})
afterEach(async () => {
  stop.abort()
  await running
  await client.close()
  await server.close()
  expect(clock.timers).toBe(0)
})

function told(change: Change<KubeObject>): string {
  const { name, uid } = change.object.metadata
  return `${change.type} ${name} ${uid}${change.type === 'deleted' ? ` ${change.evidence}` : ''}`
}
const start = (...replies: readonly SimulatorReply[]): void => {
  script = [...replies]
  running = reflector.run(stop.signal)
}
const watches = (): URLSearchParams[] => requests.filter((query) => query.has('watch'))
const lists = (): URLSearchParams[] => requests.filter((query) => !query.has('watch'))
const asked = (count: number): Promise<void> => eventually(`request ${count}`, () => requests.length >= count)
const toldTimes = (count: number): Promise<void> => eventually(`change ${count}`, () => seen.length >= count)
/** Waits until the reflector backs off, and gives the wait in milliseconds. */
async function backedOff(times = 1): Promise<number> {
  const waits = (): readonly unknown[] =>
    logged.filter(({ level }) => level === 'warn').map(({ fields }) => fields.waitMs)
  await eventually(`back-off ${times}`, () => waits().length >= times)
  return Number(waits()[times - 1])
}

describe('the first list', () => {
  test('comes in pages, then the watch goes on from its version with bookmarks and a time limit', async () => {
    start(list('7', [node('a', '1', '1'), node('b', '2', '2')], 'more'), list('7', [node('c', '3', '3')]))
    expect(reflector.hasSynced()).toBe(false)
    await reflector.synced
    expect(reflector.hasSynced()).toBe(true)
    expect(seen).toEqual(['added a 1', 'added b 2', 'added c 3'])
    expect(reflector.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c'])
    await asked(3)
    expect(requests.map((query) => Object.fromEntries(query))).toEqual([
      { limit: '2' },
      { limit: '2', continue: 'more' },
      { resourceVersion: '7', allowWatchBookmarks: 'true', timeoutSeconds: '450', watch: 'true' },
    ])
  })

  test('pages that took too long are followed by one list without pages', async () => {
    start(
      list('7', [node('old', '1', '1')], 'more'),
      failed(410, 'Expired'),
      list('9', [node('a', '1', '1')]),
    )
    await reflector.synced
    expect(seen).toEqual(['added a 1'])
    expect(requests[2]?.size).toBe(0)
    await asked(4)
    expect(watches()[0]?.get('resourceVersion')).toBe('9')
  })

  test('without a version is no list', async () => {
    start(ok({ metadata: {}, items: [node('a', '1', '1')] }))
    await backedOff()
    expect(seen).toEqual([])
  })
})

describe('the watch', () => {
  test('changes the copy, then tells', async () => {
    start(list('7', [node('a', '1', '1')]))
    const copies: unknown[] = []
    reflector.onChange(({ object }) => copies.push(reflector.get(object.metadata.name)?.metadata))
    await asked(2)
    feed.event('ADDED', node('b', '2', '8'))
    feed.event('MODIFIED', node('a', '1', '9'))
    feed.event('DELETED', node('b', '2', '10'))
    await toldTimes(4)
    expect(seen).toEqual(['added a 1', 'added b 2', 'updated a 1', 'deleted b 2 watch'])
    expect(copies).toEqual([
      node('a', '1', '1').metadata,
      node('b', '2', '8').metadata,
      node('a', '1', '9').metadata,
      undefined,
    ])
  })

  test('a name that comes back with another uid is deleted, then added', async () => {
    start(list('7', [node('a', '1', '1')]))
    await asked(2)
    feed.event('MODIFIED', node('a', '2', '9'))
    await toldTimes(3)
    expect(seen).toEqual(['added a 1', 'deleted a 1 watch', 'added a 2'])
  })

  test.each([
    ['an event', () => feed.event('ADDED', node('a', '1', '8')), '8'],
    ['a delete', () => feed.event('DELETED', node('zzz', '1', '9')), '9'],
    ['a bookmark', () => feed.event('BOOKMARK', { metadata: { resourceVersion: '55' } }), '55'],
  ])('that ended goes on at once after %s', async (_, send, version) => {
    start(list('7'))
    await asked(2)
    send()
    const next = new Feed()
    script = [streaming(next)]
    feed.end()
    await asked(3)
    expect(watches()[1]?.get('resourceVersion')).toBe(version)
    expect(lists().length).toBe(1)
    expect(logged).toEqual([])
  })

  test('that ends at once without an event is not opened at full speed', async () => {
    start(list('7'))
    feed.end()
    expect(await backedOff(1)).toBe(600)
    expect(watches().length).toBe(1)
    await clock.advance(600)
    expect(await backedOff(2)).toBe(1200)
  })

  test('that lasted and then broke is a first failure, however many came before', async () => {
    start(list('7'), reset, reset)
    await clock.advance(await backedOff(1))
    expect(await backedOff(2)).toBe(1200)
    await clock.advance(1200)
    await asked(4)
    await clock.advance(10_000)
    await server.close()
    expect(await backedOff(3)).toBe(600)
  })

  // https://github.com/kubernetes-client/javascript/issues/3020
  test('idle for ten minutes is one connection without a gap', async () => {
    start(list('7'))
    await asked(2)
    const connections = server.connections()
    for (let minute = 1; minute <= 10; minute++) {
      await clock.advance(60_000)
      const version = String(100 + minute)
      feed.event('BOOKMARK', { metadata: { resourceVersion: version } })
      feed.event('ADDED', node(version, version, version))
      await toldTimes(minute)
    }
    expect(requests.length).toBe(2)
    expect(server.connections()).toBe(connections)
    expect(logged).toEqual([])
  })

  // https://github.com/kubernetes-client/javascript/issues/596
  test('that falls silent is cut, and goes on from where it was', async () => {
    start(list('7'))
    await asked(2)
    feed.event('ADDED', node('a', '1', '8'))
    await toldTimes(1)
    await clock.advance(149_999)
    expect(watches().length).toBe(1)
    const silent = feed
    feed = new Feed()
    await clock.advance(1)
    await clock.advance(await backedOff())
    await asked(3)
    expect(watches()[1]?.get('resourceVersion')).toBe('8')
    await eventually('the silent connection to be cut', () => silent.cut)
  })
})

// client-node's informer stops for good on the first error that is no 410:
// https://github.com/kubernetes-client/javascript/issues/2385, https://github.com/kubernetes-client/javascript/issues/1496,
// https://github.com/kubernetes-client/javascript/issues/589, https://github.com/kubernetes-client/javascript/issues/447,
// https://github.com/kubernetes-client/javascript/issues/836
describe('failures', () => {
  const faults: readonly (readonly [string, SimulatorReply])[] = [
    ['a reset', reset],
    ['500', failed(500, 'InternalError')],
    ['429', failed(429, 'TooManyRequests')],
    ['403', failed(403, 'Forbidden')],
    ['a page of a proxy', { kind: 'response', status: 200, headers: {}, body: '<html>' }],
  ]

  test.each(faults)('a list that meets %s is tried again until it works', async (_, fault) => {
    start(fault, fault, list('7', [node('a', '1', '1')]))
    await clock.advance(await backedOff(1))
    await clock.advance(await backedOff(2))
    await reflector.synced
    expect(seen).toEqual(['added a 1'])
  })

  test.each(faults)('a watch that meets %s goes on from its last version', async (_, fault) => {
    start(list('7'))
    await asked(2)
    feed.event('ADDED', node('a', '1', '8'))
    await toldTimes(1)
    script = [fault]
    feed.end()
    feed = new Feed()
    await clock.advance(await backedOff())
    await asked(4)
    feed.event('MODIFIED', node('a', '1', '9'))
    await toldTimes(2)
    expect(watches().map((query) => query.get('resourceVersion'))).toEqual(['7', '8', '8'])
    expect(lists().length).toBe(1)
  })

  test('an ERROR event other than 410 goes on from the last version', async () => {
    start(list('7'))
    await asked(2)
    feed.event('ADDED', node('a', '1', '8'))
    feed.event('ERROR', status(500, 'InternalError'))
    feed.end()
    feed = new Feed()
    await clock.advance(await backedOff())
    await asked(3)
    expect(watches()[1]?.get('resourceVersion')).toBe('8')
  })

  test('Retry-After is waited for', async () => {
    start(failed(429, 'TooManyRequests', { 'retry-after': '17' }))
    expect(await backedOff()).toBe(17_000)
    await clock.advance(16_999)
    expect(requests.length).toBe(1)
    await clock.advance(1)
    await reflector.synced
  })

  test('waits double up to 30 s, and start over after an event', async () => {
    start(list('7'), ...Array.from({ length: 8 }, () => reset))
    const waits: number[] = []
    for (let times = 1; times <= 8; times++) {
      const ms = await backedOff(times)
      waits.push(ms)
      await clock.advance(ms)
    }
    expect(waits).toEqual([600, 1200, 2400, 4800, 9600, 19_200, 22_500, 22_500])
    // Five of the eight failures were watches; the fifth led to a list, which failed three times.
    await eventually('a watch that works', () => watches().length === 6)
    feed.event('ADDED', node('a', '1', '8'))
    await toldTimes(1)
    script = [reset]
    feed.end()
    expect(await backedOff(9)).toBe(600)
  })

  test('a watch that fails five times in a row doubts its version: the list is made anew', async () => {
    start(list('7', [node('a', '1', '1')]), ...Array.from({ length: 5 }, () => reset), list('3'))
    for (let times = 1; times <= 5; times++) await clock.advance(await backedOff(times))
    await toldTimes(2)
    expect(seen).toEqual(['added a 1', 'deleted a 1 relist'])
    await eventually('the next watch', () => watches().length === 6)
    expect(watches()[5]?.get('resourceVersion')).toBe('3')
  })

  test('a list that gets no answer ends by the clock', async () => {
    start(hang)
    await asked(1)
    await clock.advance(30_000)
    await clock.advance(await backedOff())
    await reflector.synced
  })
})

describe('a version that is too old', () => {
  const again = list('20', [node('new', '9', '19'), node('b', '8', '18'), node('c', '3', '17')])
  const expected = [
    'deleted a 1 relist',
    'deleted b 2 watch',
    'added new 9',
    'added b 8',
    // c was changed
    'updated c 3',
  ]
  beforeEach(async () => {
    start(list('7', [node('a', '1', '1'), node('b', '2', '2')], 'more'), list('7', [node('c', '3', '3')]))
    await asked(3)
    seen = []
  })

  // The order: https://github.com/antrea-io/antrea/issues/6965
  test.each([
    [
      'as an ERROR event',
      () => {
        script = [again]
        feed.event('ERROR', status(410, 'Expired'))
        feed.end()
        feed = new Feed()
      },
    ],
    [
      'as an HTTP status',
      () => {
        script = [failed(410, 'Expired'), again]
        feed.event('BOOKMARK', { metadata: { resourceVersion: '8' } })
        feed.end()
        feed = new Feed()
      },
    ],
  ])('%s: lists at once, and tells the difference, deletes first', async (_, expire) => {
    expire()
    await toldTimes(5)
    expect(seen).toEqual(expected)
    await eventually('the next watch', () => watches().at(-1)?.get('resourceVersion') === '20')
    expect(logged.map(({ level }) => level)).toEqual(['info'])
  })

  test('again and again is not answered at full speed', async () => {
    script = [failed(410, 'Expired'), list('8'), failed(410, 'Expired'), list('9'), failed(410, 'Expired')]
    feed.event('BOOKMARK', { metadata: { resourceVersion: '8' } })
    feed.end()
    feed = new Feed()
    expect(await backedOff(1)).toBe(1200)
    await clock.advance(1200)
    expect(await backedOff(2)).toBe(2400)
  })
})

test('a handler that throws is logged; the others and the next changes are told all the same', async () => {
  const others: string[] = []
  reflector.onChange(() => {
    throw new Error('boom')
  })
  reflector.onChange((change) => void others.push(told(change)))
  start(list('7', [node('a', '1', '1'), node('b', '2', '2')]))
  await asked(2)
  feed.event('DELETED', node('a', '1', '8'))
  await toldTimes(3)
  expect(seen).toEqual(['added a 1', 'added b 2', 'deleted a 1 watch'])
  expect(others).toEqual(seen)
  expect(logged.map(({ level, fields }) => [level, fields.change, fields.object])).toEqual([
    ['error', 'added', 'a'],
    ['error', 'added', 'b'],
    ['error', 'deleted', 'a'],
  ])
  expect(requests.length).toBe(2)
})

test('everything is repeated every ten minutes, whatever the watch does', async () => {
  start(list('7', [node('a', '1', '1')]))
  await asked(2)
  for (let round = 1; round <= 2; round++) {
    await clock.advance(600_000)
    expect(seen).toEqual(['added a 1', ...Array.from({ length: round }, () => 'resync a 1')])
  }
})

// https://github.com/kubernetes-client/javascript/issues/1933
describe('once stopped: no change, no request', () => {
  const silent = async (): Promise<void> => {
    await running
    const before = [requests.length, seen.length]
    await clock.advance(3_600_000)
    expect([requests.length, seen.length]).toEqual(before)
  }

  test('while it watches', async () => {
    start(list('7'))
    await asked(2)
    stop.abort()
    await eventually('the connection to be cut', () => feed.cut)
    await silent()
    expect(logged).toEqual([])
  })

  test('while it lists', async () => {
    start(hang)
    await asked(1)
    const reason = new Error('shutting down')
    stop.abort(reason)
    await silent()
    await expect(reflector.synced).rejects.toBe(reason)
    expect(reflector.hasSynced()).toBe(false)
  })

  test('while it waits', async () => {
    start(reset)
    await backedOff()
    stop.abort()
    await silent()
  })

  test('before it began', async () => {
    stop.abort()
    start()
    await silent()
    expect(requests).toEqual([])
  })

  test('by a handler: the rest of a list is not told', async () => {
    reflector.onChange(() => stop.abort())
    start(list('7', [node('a', '1', '1'), node('b', '2', '2')]))
    await silent()
    expect(seen).toEqual(['added a 1'])
    expect(reflector.hasSynced()).toBe(false)
  })
})

test('it runs once', async () => {
  start()
  await expect(reflector.run(stop.signal)).rejects.toThrow('runs once')
})
