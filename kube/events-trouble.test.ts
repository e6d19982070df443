import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EventDraft } from './event-series.ts'
import { about, event, EventWorld } from './testing/event-world.ts'
import { eventually } from './testing/manual-clock.ts'

let world: EventWorld
beforeEach(async () => {
  world = await EventWorld.open()
})
afterEach(() => world.close())

// The upstream route controller swallows the error and marks the route created if it has no recorder (route_controller.go).
describe('a sink that fails never reaches the caller', () => {
  test('that throws', async () => {
    const boom = (): never => {
      throw new Error('boom')
    }
    const broken = world.newRecorder({ events: { create: boom, patch: boom } })
    expect(() => broken.record(event())).not.toThrow()
    await broken.close()
    expect(world.lost).toEqual([{ refused: 1 }])
  })

  test('of a record that is none', () => {
    // What a caller without types may hand over.
    const nonsense = { note: 'x' } as unknown as EventDraft
    expect(() => world.recorder.record(nonsense)).not.toThrow()
    expect(world.logged.map(({ message }) => message)).toEqual(['an Event cannot be recorded: going on'])
  })

  test.each([
    ['forbidden', { kind: 'status', code: 403 }],
    ['invalid', { kind: 'status', code: 422 }],
  ] as const)('that says %s is not asked again for that Event, and is told of', async (_, fault) => {
    world.simulator.faults.add({ fault })
    world.recorder.record(event())
    world.recorder.record(about(2))
    await world.asked(2)
    await world.clock.advance(60_000)
    expect(world.requests).toEqual([`POST ${fault.code}`, 'POST 201'])
    expect(world.lost).toEqual([{ refused: 1 }])
    expect(world.logged.at(-1)?.fields.example).toMatchObject({ err: { status: fault.code } })
    world.recorder.record(event())
    await world.asked(3)
    expect(world.requests.at(-1)).toBe('POST 201')
  })
})

describe('an API server in trouble', () => {
  test.each([
    ['resets', { kind: 'reset' }],
    ['fails', { kind: 'status', code: 500 }],
    ['is busy', { kind: 'status', code: 429 }],
  ] as const)('that %s is asked again after a pause, which holds for all', async (_, fault) => {
    world.simulator.faults.add({ times: 2, fault })
    world.recorder.record(event())
    world.recorder.record(about(2))
    await world.asked(1)
    await world.pausedFor(750)
    await world.clock.advance(749)
    expect(world.simulator.calls.length).toBe(1)
    await world.clock.advance(1)
    // The other one first: none holds up the rest.
    await world.asked(2)
    await world.pausedFor(1500)
    await world.clock.advance(1500)
    await world.asked(4)
    expect(world.requests.slice(2)).toEqual(['POST 201', 'POST 201'])
    await world.recorder.close()
    expect((await world.stored()).length).toBe(2)
    expect(world.logged.map(({ message }) => message)).toEqual(['cannot write an Event: trying again'])
  })

  test('that asks for a pause gets it', async () => {
    world.simulator.faults.add({ fault: { kind: 'status', code: 429, retryAfter: 20 } })
    world.recorder.record(event())
    await world.asked(1)
    await world.pausedFor(20_000)
    await world.clock.advance(19_999)
    expect(world.simulator.calls.length).toBe(1)
    await world.clock.advance(1)
    await world.asked(2)
  })

  test('that does not answer is asked again after ten seconds', async () => {
    world.simulator.faults.add({ fault: { kind: 'hang' } })
    world.recorder.record(event())
    await world.asked(1)
    await world.clock.advance(10_000)
    await world.pausedFor(750)
    await world.clock.advance(750)
    await world.asked(2)
    expect(world.requests).toEqual(['POST hang', 'POST 201'])
  })

  test('that is down for long: each is tried twelve times, then lost', async () => {
    world.simulator.faults.add({ times: Infinity, fault: { kind: 'reset' } })
    world.recorder.record(event())
    const pauses = [750, 1500, 3000, 6000, 12_000, ...Array.from({ length: 7 }, () => 22_500)]
    for (const pause of pauses) {
      await world.pausedFor(pause)
      await world.clock.advance(pause)
    }
    await world.clock.advance(600_000)
    expect(world.simulator.calls.length).toBe(12)
    expect(world.lost).toEqual([{ failed: 1 }])
    world.simulator.faults.clear()
    world.recorder.record(event())
    await world.asked(13)
    expect(world.requests.at(-1)).toBe('POST 201')
  })

  test('whose answer is lost has one Event, not two', async () => {
    world.simulator.faults.add({ fault: { kind: 'reset-after-handling' } })
    world.recorder.record(event())
    world.recorder.record(event())
    await world.asked(1)
    await world.pausedFor(750)
    await world.clock.advance(750)
    await world.asked(2)
    await eventually(
      'a count to be due',
      () => world.clock.untilNext === 10_000 && world.requests.length === 2,
    )
    await world.clock.advance(0)
    await world.clock.advance(10_000)
    await world.asked(3)
    expect(world.requests).toEqual(['POST reset', 'POST 409', 'PATCH 200'])
    expect(await world.stored()).toMatchObject([{ series: { count: 2 } }])
  })
})

describe('close', () => {
  test('does not wait out a pause', async () => {
    world.simulator.faults.add({ fault: { kind: 'status', code: 429, retryAfter: 60 } })
    world.recorder.record(event())
    await world.asked(1)
    await world.pausedFor(60_000)
    await world.recorder.close()
    expect(world.requests).toEqual(['POST 429', 'POST 201'])
    expect(world.lost).toEqual([])
  })

  test('waits five seconds at most, and tells what is lost', async () => {
    world.simulator.faults.add({ fault: { kind: 'hang' } })
    world.recorder.record(event())
    world.recorder.record(about(2))
    await world.asked(1)
    let closed = false
    const closing = world.recorder.close().then(() => (closed = true))
    await world.clock.advance(4999)
    expect(closed).toBe(false)
    await world.clock.advance(1)
    await closing
    expect(world.lost).toEqual([{ failed: 2 }])
  })

  test('hammers nobody meanwhile', async () => {
    world.simulator.faults.add({ times: Infinity, fault: { kind: 'reset' } })
    world.recorder.record(event())
    const closing = world.recorder.close()
    for (const pause of [750, 1500]) {
      await world.pausedFor(pause)
      await world.clock.advance(pause)
    }
    await world.pausedFor(5000 - 750 - 1500)
    await world.clock.advance(5000)
    await closing
    expect(world.simulator.calls.length).toBe(3)
  })

  test('ends at once with the signal: a leader no more writes nothing', async () => {
    for (let i = 0; i < 50; i++) world.recorder.record(about(i))
    await world.recorder.close(AbortSignal.abort())
    const before = world.simulator.calls.length
    expect(before).toBeLessThanOrEqual(1)
    expect(world.lost).toEqual([{ failed: 50 }])
    await world.clock.advance(3_600_000)
    expect(world.simulator.calls.length).toBe(before)
  })

  test('twice is once, and nothing is recorded afterwards', async () => {
    world.recorder.record(event())
    expect(world.recorder.close()).toBe(world.recorder.close())
    world.recorder.record(about(2))
    await world.recorder.close()
    world.recorder.record(about(3))
    await world.clock.advance(3_600_000)
    expect(world.requests).toEqual(['POST 201'])
  })
})
