import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serve } from '../test/simulators/http-server.ts'
import type { KubeObject } from './objects.ts'
import { eventually } from './testing/manual-clock.ts'
import { list, node, ReflectorWorld, told } from './testing/reflector-world.ts'
import { failed, hang, ok, reset } from './testing/replies.ts'

let world: ReflectorWorld
beforeEach(async () => {
  world = await ReflectorWorld.open(serve)
})
afterEach(async () => {
  expect(await world.close()).toBe(0)
})

describe('the first list', () => {
  test('comes in pages, then the watch goes on from its version with bookmarks and a time limit', async () => {
    world.start(
      list('7', [node('a', '1', '1'), node('b', '2', '2')], 'more'),
      list('7', [node('c', '3', '3')]),
    )
    expect(world.reflector.hasSynced()).toBe(false)
    await world.reflector.synced
    expect(world.reflector.hasSynced()).toBe(true)
    expect(world.seen).toEqual(['added a 1', 'added b 2', 'added c 3'])
    expect(world.reflector.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c'])
    await world.asked(3)
    expect(world.requests.map((query) => Object.fromEntries(query))).toEqual([
      { limit: '2' },
      { limit: '2', continue: 'more' },
      { resourceVersion: '7', allowWatchBookmarks: 'true', timeoutSeconds: '450', watch: 'true' },
    ])
  })

  test('pages that took too long are followed by one list without pages', async () => {
    world.start(
      list('7', [node('old', '1', '1')], 'more'),
      failed(410, 'Expired'),
      list('9', [node('a', '1', '1')]),
    )
    await world.reflector.synced
    expect(world.seen).toEqual(['added a 1'])
    expect(world.requests[2]?.size).toBe(0)
    await world.asked(4)
    expect(world.watches[0]?.get('resourceVersion')).toBe('9')
  })

  test('what is not kept of an object is never shown, be it listed or watched', async () => {
    const whole = (name: string, version: string): KubeObject =>
      ({ ...node(name, version, version), status: { images: [] } }) as KubeObject
    world.start(list('7', [whole('a', '1')], 'more'), failed(410, 'Expired'), list('7', [whole('a', '1')]))
    const shown: unknown[] = []
    world.reflector.onChange(({ object }) => shown.push(object))
    await world.asked(4)
    world.feed.event('ADDED', whole('b', '8'))
    await world.changed(2)
    world.feed.event('DELETED', whole('b', '9'))
    await world.changed(3)
    expect(shown).toEqual([node('a', '1', '1'), node('b', '8', '8'), node('b', '8', '8')])
    expect(world.reflector.list()).toEqual([node('a', '1', '1')])
  })

  test('without a version is no list', async () => {
    world.start(ok({ metadata: {}, items: [node('a', '1', '1')] }))
    await world.backedOff()
    expect(world.seen).toEqual([])
  })
})

describe('the watch', () => {
  test('changes the copy, then tells', async () => {
    world.start(list('7', [node('a', '1', '1')]))
    const copies: unknown[] = []
    world.reflector.onChange(({ object }) => copies.push(world.reflector.get(object.metadata.name)?.metadata))
    await world.asked(2)
    world.feed.event('ADDED', node('b', '2', '8'))
    world.feed.event('MODIFIED', node('a', '1', '9'))
    world.feed.event('DELETED', node('b', '2', '10'))
    await world.changed(4)
    expect(world.seen).toEqual(['added a 1', 'added b 2', 'updated a 1', 'deleted b 2 watch'])
    expect(copies).toEqual([
      node('a', '1', '1').metadata,
      node('b', '2', '8').metadata,
      node('a', '1', '9').metadata,
      undefined,
    ])
  })

  test('a name that comes back with another uid is deleted, then added', async () => {
    world.start(list('7', [node('a', '1', '1')]))
    await world.asked(2)
    world.feed.event('MODIFIED', node('a', '2', '9'))
    await world.changed(3)
    expect(world.seen).toEqual(['added a 1', 'deleted a 1 watch', 'added a 2'])
  })

  test.each([
    ['an event', () => world.feed.event('ADDED', node('a', '1', '8')), '8'],
    ['a delete', () => world.feed.event('DELETED', node('zzz', '1', '9')), '9'],
    ['a bookmark', () => world.feed.event('BOOKMARK', { metadata: { resourceVersion: '55' } }), '55'],
  ])('that ended goes on at once after %s', async (_, send, version) => {
    world.start(list('7'))
    await world.asked(2)
    send()
    world.renewFeed().end()
    await world.asked(3)
    expect(world.watches[1]?.get('resourceVersion')).toBe(version)
    expect(world.lists.length).toBe(1)
    expect(world.logged).toEqual([])
  })

  test('that ends at once without an event is not opened at full speed', async () => {
    world.start(list('7'))
    world.feed.end()
    expect(await world.backedOff(1)).toBe(600)
    expect(world.watches.length).toBe(1)
    await world.clock.advance(600)
    expect(await world.backedOff(2)).toBe(1200)
  })

  test('that lasted and then broke is a first failure, however many came before', async () => {
    world.start(list('7'), reset, reset)
    await world.clock.advance(await world.backedOff(1))
    expect(await world.backedOff(2)).toBe(1200)
    await world.clock.advance(1200)
    await world.asked(4)
    await world.clock.advance(10_000)
    await world.server.close()
    expect(await world.backedOff(3)).toBe(600)
  })

  // https://github.com/kubernetes-client/javascript/issues/3020
  test('idle for ten minutes is one connection without a gap', async () => {
    world.start(list('7'))
    await world.asked(2)
    const connections = world.server.connections()
    for (let minute = 1; minute <= 10; minute++) {
      await world.clock.advance(60_000)
      const version = String(100 + minute)
      world.feed.event('BOOKMARK', { metadata: { resourceVersion: version } })
      world.feed.event('ADDED', node(version, version, version))
      await world.changed(minute)
    }
    expect(world.requests.length).toBe(2)
    expect(world.server.connections()).toBe(connections)
    expect(world.logged).toEqual([])
  })

  // https://github.com/kubernetes-client/javascript/issues/596
  test('that falls silent is cut, and goes on from where it was', async () => {
    world.start(list('7'))
    await world.asked(2)
    world.feed.event('ADDED', node('a', '1', '8'))
    await world.changed(1)
    await world.clock.advance(149_999)
    expect(world.watches.length).toBe(1)
    const silent = world.renewFeed()
    await world.clock.advance(1)
    await world.clock.advance(await world.backedOff())
    await world.asked(3)
    expect(world.watches[1]?.get('resourceVersion')).toBe('8')
    await eventually('the silent connection to be cut', () => silent.cut)
  })
})

test('a handler that throws is logged; the others and the next changes are told all the same', async () => {
  const others: string[] = []
  world.reflector.onChange(() => {
    throw new Error('boom')
  })
  world.reflector.onChange((change) => void others.push(told(change)))
  world.start(list('7', [node('a', '1', '1'), node('b', '2', '2')]))
  await world.asked(2)
  world.feed.event('DELETED', node('a', '1', '8'))
  await world.changed(3)
  expect(world.seen).toEqual(['added a 1', 'added b 2', 'deleted a 1 watch'])
  expect(others).toEqual(world.seen)
  expect(world.logged.map(({ level, fields }) => [level, fields.change, fields.object])).toEqual([
    ['error', 'added', 'a'],
    ['error', 'added', 'b'],
    ['error', 'deleted', 'a'],
  ])
  expect(world.requests.length).toBe(2)
})

test('everything is repeated every ten minutes, whatever the watch does', async () => {
  world.start(list('7', [node('a', '1', '1')]))
  await world.asked(2)
  for (let round = 1; round <= 2; round++) {
    await world.clock.advance(600_000)
    expect(world.seen).toEqual(['added a 1', ...Array.from({ length: round }, () => 'resync a 1')])
  }
})

// https://github.com/kubernetes-client/javascript/issues/1933
describe('once stopped: no change, no request', () => {
  const silent = async (): Promise<void> => {
    await world.running
    const before = [world.requests.length, world.seen.length]
    await world.clock.advance(3_600_000)
    expect([world.requests.length, world.seen.length]).toEqual(before)
  }

  test('while it watches', async () => {
    world.start(list('7'))
    await world.asked(2)
    world.stop.abort()
    await eventually('the connection to be cut', () => world.feed.cut)
    await silent()
    expect(world.logged).toEqual([])
  })

  test('while it lists', async () => {
    world.start(hang)
    await world.asked(1)
    const reason = new Error('shutting down')
    world.stop.abort(reason)
    await silent()
    await expect(world.reflector.synced).rejects.toBe(reason)
    expect(world.reflector.hasSynced()).toBe(false)
  })

  test('while it waits', async () => {
    world.start(reset)
    await world.backedOff()
    world.stop.abort()
    await silent()
  })

  test('before it began', async () => {
    world.stop.abort()
    world.start()
    await silent()
    expect(world.requests).toEqual([])
  })

  test('by a handler: the rest of a list is not told', async () => {
    world.reflector.onChange(() => world.stop.abort())
    world.start(list('7', [node('a', '1', '1'), node('b', '2', '2')]))
    await silent()
    expect(world.seen).toEqual(['added a 1'])
    expect(world.reflector.hasSynced()).toBe(false)
  })
})

test('it runs once', async () => {
  world.start()
  await expect(world.reflector.run(world.stop.signal)).rejects.toThrow('runs once')
})
