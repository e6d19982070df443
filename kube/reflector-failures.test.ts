import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serve } from '../test/simulators/http-server.ts'
import { eventually } from './testing/manual-clock.ts'
import { list, node, ReflectorWorld } from './testing/reflector-world.ts'
import { failed, hang, reset, status, type Reply } from './testing/replies.ts'

let world: ReflectorWorld
beforeEach(async () => {
  world = await ReflectorWorld.open(serve)
})
afterEach(async () => {
  expect(await world.close()).toBe(0)
})

// client-node's informer stops for good on the first error that is no 410:
// https://github.com/kubernetes-client/javascript/issues/2385, https://github.com/kubernetes-client/javascript/issues/1496,
// https://github.com/kubernetes-client/javascript/issues/589, https://github.com/kubernetes-client/javascript/issues/447,
// https://github.com/kubernetes-client/javascript/issues/836
describe('failures', () => {
  const faults: readonly (readonly [string, Reply])[] = [
    ['a reset', reset],
    ['500', failed(500, 'InternalError')],
    ['429', failed(429, 'TooManyRequests')],
    ['403', failed(403, 'Forbidden')],
    ['a page of a proxy', { kind: 'response', status: 200, headers: {}, body: '<html>' }],
  ]

  test.each(faults)('a list that meets %s is tried again until it works', async (_, fault) => {
    world.start(fault, fault, list('7', [node('a', '1', '1')]))
    await world.clock.advance(await world.backedOff(1))
    await world.clock.advance(await world.backedOff(2))
    await world.reflector.synced
    expect(world.seen).toEqual(['added a 1'])
  })

  test.each(faults)('a watch that meets %s goes on from its last version', async (_, fault) => {
    world.start(list('7'))
    await world.asked(2)
    world.feed.event('ADDED', node('a', '1', '8'))
    await world.changed(1)
    world.script.push(fault)
    world.renewFeed().end()
    await world.clock.advance(await world.backedOff())
    await world.asked(4)
    world.feed.event('MODIFIED', node('a', '1', '9'))
    await world.changed(2)
    expect(world.watches.map((query) => query.get('resourceVersion'))).toEqual(['7', '8', '8'])
    expect(world.lists.length).toBe(1)
  })

  test('an API server that stays down is told once; when it is down in another way, that is told too', async () => {
    const [down, forbidden] = [failed(503, 'ServiceUnavailable'), failed(403, 'Forbidden')]
    world.start(down, down, down, forbidden, list('7'))
    for (const failures of [1, 2, 3, 4]) await world.clock.advance(await world.backedOff(failures))
    await world.reflector.synced
    expect(world.logged.map(({ level }) => level)).toEqual(['warn', 'debug', 'debug', 'warn'])
  })

  test('an ERROR event other than 410 goes on from the last version', async () => {
    world.start(list('7'))
    await world.asked(2)
    world.feed.event('ADDED', node('a', '1', '8'))
    world.feed.event('ERROR', status(500, 'InternalError'))
    world.renewFeed().end()
    await world.clock.advance(await world.backedOff())
    await world.asked(3)
    expect(world.watches[1]?.get('resourceVersion')).toBe('8')
  })

  test('Retry-After is waited for', async () => {
    world.start(failed(429, 'TooManyRequests', { 'retry-after': '17' }))
    expect(await world.backedOff()).toBe(17_000)
    await world.clock.advance(16_999)
    expect(world.requests.length).toBe(1)
    await world.clock.advance(1)
    await world.reflector.synced
  })

  test('waits double up to 30 s, and start over after an event', async () => {
    world.start(list('7'), ...Array.from({ length: 8 }, () => reset))
    const waits: number[] = []
    for (let times = 1; times <= 8; times++) {
      const ms = await world.backedOff(times)
      waits.push(ms)
      await world.clock.advance(ms)
    }
    expect(waits).toEqual([600, 1200, 2400, 4800, 9600, 19_200, 22_500, 22_500])
    // Five of the eight failures were watches; the fifth led to a list, which failed three times.
    await eventually('a watch that works', () => world.watches.length === 6)
    world.feed.event('ADDED', node('a', '1', '8'))
    await world.changed(1)
    world.script.push(reset)
    world.feed.end()
    expect(await world.backedOff(9)).toBe(600)
  })

  test('a watch that fails five times in a row doubts its version: the list is made anew', async () => {
    world.start(list('7', [node('a', '1', '1')]), ...Array.from({ length: 5 }, () => reset), list('3'))
    for (let times = 1; times <= 5; times++) await world.clock.advance(await world.backedOff(times))
    await world.changed(2)
    expect(world.seen).toEqual(['added a 1', 'deleted a 1 relist'])
    await eventually('the next watch', () => world.watches.length === 6)
    expect(world.watches[5]?.get('resourceVersion')).toBe('3')
  })

  test('a list that gets no answer ends by the clock', async () => {
    world.start(hang)
    await world.asked(1)
    await world.clock.advance(30_000)
    await world.clock.advance(await world.backedOff())
    await world.reflector.synced
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
    world.start(
      list('7', [node('a', '1', '1'), node('b', '2', '2')], 'more'),
      list('7', [node('c', '3', '3')]),
    )
    await world.asked(3)
    world.seen = []
  })

  // The order: https://github.com/antrea-io/antrea/issues/6965
  test.each([
    [
      'as an ERROR event',
      () => {
        world.script.push(again)
        world.feed.event('ERROR', status(410, 'Expired'))
        world.renewFeed().end()
      },
    ],
    [
      'as an HTTP status',
      () => {
        world.script.push(failed(410, 'Expired'), again)
        world.feed.event('BOOKMARK', { metadata: { resourceVersion: '8' } })
        world.renewFeed().end()
      },
    ],
  ])('%s: lists at once, and tells the difference, deletes first', async (_, expire) => {
    expire()
    await world.changed(5)
    expect(world.seen).toEqual(expected)
    await eventually('the next watch', () => world.watches.at(-1)?.get('resourceVersion') === '20')
    expect(world.logged.map(({ level }) => level)).toEqual(['info'])
  })

  test('again and again is not answered at full speed', async () => {
    world.script.push(
      failed(410, 'Expired'),
      list('8'),
      failed(410, 'Expired'),
      list('9'),
      failed(410, 'Expired'),
    )
    world.feed.event('BOOKMARK', { metadata: { resourceVersion: '8' } })
    world.renewFeed().end()
    expect(await world.backedOff(1)).toBe(1200)
    await world.clock.advance(1200)
    expect(await world.backedOff(2)).toBe(2400)
  })
})
