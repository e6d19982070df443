import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { KubeEvent } from './event.ts'
import { about, event, EventWorld } from './testing/event-world.ts'

let world: EventWorld
beforeEach(async () => {
  world = await EventWorld.open()
})
afterEach(() => world.close())

describe('an Event', () => {
  test('is written with everything that the API server wants', async () => {
    const related = { apiVersion: 'v1', kind: 'Node', name: 'node-2', uid: 'u-2' }
    world.recorder.record(event({ related }))
    await world.recorder.close()
    const [written, ...others] = await world.stored()
    expect(others).toEqual([])
    expect(written).toMatchObject({
      ...event({ related }),
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'podway.dev/controller',
      reportingInstance: 'podway-1',
    })
    expect(written?.metadata.name).toMatch(/^node-1\.[0-9a-f]{16}$/)
    expect(written?.metadata.namespace).toBe('default')
    expect(written?.series).toBeUndefined()
  })

  test('is found as kubectl describe looks for it', async () => {
    world.recorder.record(event())
    await world.recorder.close()
    const selector = 'involvedObject.name=node-1,involvedObject.namespace=,involvedObject.uid=u-1'
    const found = await world.client.request<{ items: readonly unknown[] }>({
      method: 'GET',
      path: '/api/v1/events',
      query: { fieldSelector: `${selector},involvedObject.kind=Node` },
    })
    expect(found.items).toMatchObject([{ reason: 'RouteFailed', message: 'no room in the table' }])
  })

  test('of a namespaced object is in its namespace', async () => {
    const regarding = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      name: 'podway-controller',
      namespace: 'kube-system',
    }
    world.recorder.record(event({ regarding }))
    await world.recorder.close()
    expect((await world.stored()).map(({ metadata }) => metadata.namespace)).toEqual(['kube-system'])
  })

  test('that is too long is cut, and taken', async () => {
    world.recorder.record(event({ note: 'é'.repeat(2000), reason: 'R'.repeat(300) }))
    await world.recorder.close()
    expect((await world.stored()).map(({ note }) => note)).toEqual([`${'é'.repeat(510)}…`])
    expect(world.logged).toEqual([])
  })

  test('has a name of its own, whatever the clock and the dice say', async () => {
    for (let i = 0; i < 20; i++) world.recorder.record(event({ note: `number ${i}` }))
    await world.recorder.close()
    expect(new Set((await world.stored()).map(({ metadata }) => metadata.name)).size).toBe(20)
  })

  test('is written by one writer, in order', async () => {
    for (let i = 0; i < 20; i++) world.recorder.record(about(i))
    expect(world.simulator.calls.length).toBe(0)
    await world.recorder.close()
    const names = world.simulator.calls.map(({ body }) => (JSON.parse(body) as KubeEvent).regarding.name)
    expect(names).toEqual(Array.from({ length: 20 }, (_, i) => `node-${i}`))
    expect(world.server.connections()).toBeLessThanOrEqual(2)
  })
})

describe('what happens again', () => {
  const series = async () => (await world.stored()).map((one) => one.series)

  test('is one Event, whose count follows soon, then every five minutes', async () => {
    world.recorder.record(event())
    await world.asked(1)
    const repeat = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) {
        await world.clock.advance(1000)
        world.recorder.record(event())
      }
    }
    await world.clock.advance(0)
    await repeat(5)
    expect(world.requests).toEqual(['POST 201'])
    await world.clock.advance(5000)
    await world.asked(2)
    expect(world.requests).toEqual(['POST 201', 'PATCH 200'])
    expect(await series()).toEqual([{ count: 6, lastObservedTime: '2026-01-01T00:00:05.000000Z' }])
    await repeat(200)
    await world.clock.advance(300_000 - 200_000 - 1)
    expect(world.requests).toEqual([])
    await world.clock.advance(1)
    await world.asked(1)
    expect(world.requests).toEqual(['PATCH 200'])
    expect(await series()).toEqual([{ count: 206, lastObservedTime: '2026-01-01T00:03:30.000000Z' }])
    expect(world.clock.timers).toBe(0)
  })

  test('while it is being created is told by the next write', async () => {
    world.recorder.record(event())
    world.recorder.record(event())
    await world.recorder.close()
    expect(await series()).toEqual([{ count: 2, lastObservedTime: '2026-01-01T00:00:00.000000Z' }])
  })

  test('for an hour, every second, is a dozen requests', async () => {
    world.recorder.record(event())
    await world.asked(1)
    for (let second = 1; second < 3600; second++) {
      await world.clock.advance(1000)
      world.recorder.record(event())
      // Time stands while a request is under way.
      const due = second < 10 ? 1 : 2 + Math.floor((second - 10) / 300)
      if (world.simulator.calls.length < due) await world.asked(due)
    }
    expect(world.requests.length).toBe(13)
    await world.recorder.close()
    expect((await series())[0]?.count).toBe(3600)
  })

  test('after six quiet minutes is a new Event', async () => {
    world.recorder.record(event())
    await world.asked(1)
    await world.clock.advance(359_999)
    world.recorder.record(event())
    await world.asked(2)
    expect(world.requests).toEqual(['POST 201', 'PATCH 200'])
    await world.clock.advance(360_000)
    world.recorder.record(event())
    await world.asked(3)
    expect(world.requests).toEqual(['POST 201', 'PATCH 200', 'POST 201'])
  })

  test('about an object that bears the name of another is a new Event', async () => {
    world.recorder.record(event())
    world.recorder.record(event({ regarding: { ...event().regarding, uid: 'reborn' } }))
    await world.recorder.close()
    expect((await world.stored()).length).toBe(2)
  })

  test('after the Event expired is created with its count', async () => {
    world.recorder.record(event())
    await world.asked(1)
    const [first] = await world.stored()
    await world.events.delete(first?.metadata.name ?? '', undefined, { namespace: 'default' })
    world.simulator.forgetCalls()
    world.recorder.record(event())
    await world.clock.advance(10_000)
    await world.asked(2)
    expect(world.requests).toEqual(['PATCH 404', 'POST 201'])
    expect(await world.stored()).toMatchObject([
      { metadata: { name: first?.metadata.name }, eventTime: first?.eventTime, series: { count: 2 } },
    ])
  })

  test('has its final count when the recorder is closed', async () => {
    world.recorder.record(event())
    await world.asked(1)
    await world.clock.advance(0)
    for (let i = 0; i < 7; i++) world.recorder.record(event())
    await world.recorder.close()
    expect(await series()).toMatchObject([{ count: 8 }])
    expect(world.lost).toEqual([])
  })
})

describe('too much', () => {
  test('about one object: 25 are written, the rest is counted and told by one line', async () => {
    for (let i = 0; i < 100; i++) world.recorder.record(event({ note: `number ${i}` }))
    await world.asked(25)
    expect(world.lost).toEqual([])
    await world.clock.advance(60_000)
    expect(world.lost).toEqual([{ rate: 75 }])
    expect(world.logged.at(-1)?.fields.example).toEqual({ object: 'Node node-1', reason: 'RouteFailed' })
    expect((await world.stored()).length).toBe(25)
    await world.clock.advance(240_000)
    world.recorder.record(event({ note: 'later' }))
    await world.asked(1)
    expect(world.requests).toEqual(['POST 201'])
  })

  test('at once: a thousand wait, the newest are lost', async () => {
    for (let i = 0; i < 1200; i++) world.recorder.record(about(i))
    await world.recorder.close()
    expect((await world.stored()).length).toBe(1000)
    expect(world.lost).toEqual([{ queue: 200 }])
  })

  test('of different ones in six minutes: the oldest is forgotten, and new when it happens again', async () => {
    for (let i = 0; i < 4097; i++) {
      world.recorder.record(about(i))
      if (i % 500 === 0) await world.asked(i + 1)
    }
    await world.asked(4097)
    await world.clock.advance(0)
    world.simulator.forgetCalls()
    world.recorder.record(about(4096))
    world.recorder.record(about(0))
    await world.asked(1)
    await world.clock.advance(10_000)
    await world.asked(2)
    expect(world.requests).toEqual(['POST 201', 'PATCH 200'])
  })
})
