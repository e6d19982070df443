import { test as property, fc } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import type { LogFields } from './log.ts'
import { silentLogger } from './log.ts'
import { ManualClock } from './testing/manual-clock.ts'
import { runWorkers, WorkQueue } from './work-queue.ts'

const never = new AbortController().signal

function make(random = 0, rank: (key: string) => number = () => 0) {
  const clock = new ManualClock()
  const queue = new WorkQueue({ clock, random: () => random, backoff: { baseMs: 100, maxMs: 1000 }, rank })
  const take = async (): Promise<string> => {
    const key = await queue.next(never)
    if (key === undefined) throw new Error('the queue is shut down')
    return key
  }
  return { clock, queue, take }
}

describe('add', () => {
  test('first come, first served; what waits is not added twice', async () => {
    const { queue, take } = make()
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key)
    expect(queue.length).toBe(3)
    expect([await take(), await take(), await take()]).toEqual(['a', 'b', 'c'])
  })

  test('what has a lower rank goes first, and in its rank, what came first', async () => {
    const { queue, take } = make(0, (key) => (key.startsWith('a') ? 2 : 0))
    for (const key of ['a1', 'b1', 'a2', 'b2']) queue.add(key)
    expect(queue.length).toBe(4)
    expect([await take(), await take(), await take(), await take()]).toEqual(['b1', 'b2', 'a1', 'a2'])
  })

  test('what was added again while in work goes by its rank too', async () => {
    const { queue, take } = make(0, (key) => Number(key))
    queue.add('1')
    await take()
    for (const key of ['2', '1', '0']) queue.add(key)
    queue.done('1')
    expect([await take(), await take(), await take()]).toEqual(['0', '1', '2'])
  })

  test('while in work: comes back after done, once, and to nobody before', async () => {
    const { queue, take } = make()
    queue.add('a')
    await take()
    queue.add('a')
    queue.add('a')
    expect([queue.length, queue.inWork]).toEqual([0, 1])
    queue.done('a')
    expect(queue.length).toBe(1)
    await take()
    queue.done('a')
    expect([queue.length, queue.inWork]).toEqual([0, 0])
  })

  test('wakes who waits', async () => {
    const { queue, take } = make()
    const waiting = take()
    queue.add('a')
    expect(await waiting).toBe('a')
  })
})

describe('what is old', () => {
  test('is the oldest of all ranks', async () => {
    const { clock, queue } = make(0, (key) => Number(key))
    queue.add('3')
    await clock.advance(10)
    queue.add('1')
    await clock.advance(5)
    expect(queue.oldestReady()).toEqual({ key: '3', ms: 15 })
  })

  test('what waits, from when it became due; an add in between does not make it younger', async () => {
    const { clock, queue, take } = make()
    expect([queue.oldestReady(), queue.oldestInWork()]).toEqual([undefined, undefined])
    queue.addAfter('late', 60)
    queue.add('a')
    await clock.advance(50)
    queue.add('b')
    queue.add('a')
    await clock.advance(50)
    expect(queue.oldestReady()).toEqual({ key: 'a', ms: 100 })
    await take()
    expect(queue.oldestReady()).toEqual({ key: 'b', ms: 50 })
    await take()
    expect(queue.oldestReady()).toEqual({ key: 'late', ms: 40 })
  })

  test('what is in work, from when it was taken', async () => {
    const { clock, queue, take } = make()
    queue.add('a')
    queue.add('b')
    await clock.advance(50)
    await take()
    await clock.advance(30)
    await take()
    expect(queue.oldestInWork()).toEqual({ key: 'a', ms: 30 })
    queue.done('a')
    expect(queue.oldestInWork()).toEqual({ key: 'b', ms: 0 })
  })

  test('how many have nothing to do', async () => {
    const { queue, take } = make()
    const first = take()
    const second = take()
    expect(queue.idle).toBe(2)
    queue.add('a')
    await first
    expect(queue.idle).toBe(1)
    queue.shutDown()
    await expect(second).rejects.toThrow('shut down')
    expect(queue.idle).toBe(0)
  })
})

describe('addAfter', () => {
  test('not before its time', async () => {
    const { clock, queue } = make()
    queue.addAfter('a', 100)
    await clock.advance(99)
    expect([queue.length, queue.delayed]).toEqual([0, 1])
    await clock.advance(1)
    expect([queue.length, queue.delayed]).toEqual([1, 0])
  })

  test.each([
    ['earlier after later', [100, 50]],
    ['later after earlier', [50, 100]],
  ])('the earliest due time holds: %s', async (_, times) => {
    const { clock, queue } = make()
    for (const ms of times) queue.addAfter('a', ms)
    expect(queue.delayed).toBe(1)
    await clock.advance(50)
    expect([queue.length, queue.delayed, clock.timers]).toEqual([1, 0, 0])
  })

  test('0 ms is now, and ends a later due time', () => {
    const { clock, queue } = make()
    queue.addAfter('a', 100)
    queue.addAfter('a', 0)
    expect([queue.length, queue.delayed, clock.timers]).toEqual([1, 0, 0])
  })

  test('falls due while the key is in work: comes back after done', async () => {
    const { clock, queue, take } = make()
    queue.add('a')
    await take()
    queue.addAfter('a', 10)
    await clock.advance(10)
    expect(queue.length).toBe(0)
    queue.done('a')
    expect(queue.length).toBe(1)
  })
})

describe('retry', () => {
  test.each([
    ['least jitter', 0, [50, 100, 200, 400, 500, 500]],
    ['most jitter', 1, [100, 200, 400, 800, 1000, 1000]],
  ])('waits grow up to the maximum: %s', async (_, random, expected) => {
    const { clock, queue, take } = make(random)
    const waits: number[] = []
    for (const _wait of expected) {
      waits.push(queue.retry('a'))
      await clock.advance(1000)
      queue.done(await take())
    }
    expect(waits).toEqual(expected)
    expect(queue.failures('a')).toBe(6)
  })

  test('after forget, the next failure is the first', () => {
    const { queue } = make()
    queue.retry('a')
    queue.retry('a')
    queue.forget('a')
    expect(queue.failures('a')).toBe(0)
    expect(queue.retry('a')).toBe(50)
  })

  test('of one key leaves the others alone', () => {
    const { queue } = make()
    queue.retry('a')
    queue.retry('a')
    expect(queue.retry('b')).toBe(50)
  })
})

describe('the end', () => {
  test('an abort ends the waiting of who gave the signal, and takes no key', async () => {
    const { queue, take } = make()
    const stop = new AbortController()
    const stopped = queue.next(stop.signal)
    const other = take()
    stop.abort()
    expect(await stopped).toBeUndefined()
    queue.add('a')
    expect(await other).toBe('a')
    expect(await queue.next(stop.signal)).toBeUndefined()
  })

  test('shutDown ends all waiting, drops everything, takes nothing more', async () => {
    const { clock, queue, take } = make()
    queue.add('busy')
    await take()
    queue.add('busy')
    queue.addAfter('b', 10)
    const waiting = queue.next(never)
    queue.shutDown()
    queue.shutDown()
    expect(await waiting).toBeUndefined()
    queue.add('c')
    queue.addAfter('d', 1)
    queue.retry('e')
    queue.done('busy')
    expect([queue.length, queue.delayed, queue.inWork, clock.timers]).toEqual([0, 0, 0, 0])
    expect(await queue.next(never)).toBeUndefined()
  })
})

describe('runWorkers', () => {
  test('a key that throws is logged and tried again; the others go on', async () => {
    const { clock, queue } = make()
    const stop = new AbortController()
    const done: string[] = []
    const logged: LogFields[] = []
    const repeated: LogFields[] = []
    const log = {
      ...silentLogger,
      error: (fields: LogFields) => void logged.push(fields),
      debug: (fields: LogFields) => void repeated.push(fields),
    }
    const running = runWorkers(
      queue,
      1,
      (key) => {
        if (key === 'bad' && queue.failures('bad') < 2) throw new Error('boom')
        done.push(key)
        return Promise.resolve()
      },
      stop.signal,
      log,
    )
    for (const key of ['bad', 'x', 'y']) queue.add(key)
    await clock.advance(0)
    expect(done).toEqual(['x', 'y'])
    await clock.advance(150)
    expect(done).toEqual(['x', 'y', 'bad'])
    expect(logged).toMatchObject([{ key: 'bad', waitMs: 50 }])
    expect(repeated).toMatchObject([{ key: 'bad', waitMs: 100 }])
    stop.abort()
    await running
  })

  test('a failure is logged again when it is another, and when it went well in between', async () => {
    const { clock, queue } = make()
    const stop = new AbortController()
    const logged: string[] = []
    const log = { ...silentLogger, error: ({ err }: LogFields) => void logged.push(String(err)) }
    const outcomes = ['a', 'a', 'b', undefined, 'b']
    const handler = (key: string): Promise<void> => {
      const outcome = outcomes.shift()
      if (outcome === undefined) queue.forget(key)
      return outcome === undefined ? Promise.resolve() : Promise.reject(new Error(outcome))
    }
    const running = runWorkers(queue, 1, handler, stop.signal, log)
    queue.add('key')
    await clock.advance(10_000)
    queue.add('key')
    await clock.advance(0)
    expect(logged).toEqual(['Error: a', 'Error: b', 'Error: b'])
    stop.abort()
    await running
  })

  test('a handler that failed because of the abort is not retried, and is waited for', async () => {
    const { clock, queue } = make()
    const stop = new AbortController()
    const running = runWorkers(
      queue,
      2,
      (_key, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')))
        }),
      stop.signal,
      silentLogger,
    )
    queue.add('a')
    await clock.advance(0)
    stop.abort()
    await running
    expect([queue.delayed, queue.inWork, clock.timers]).toEqual([0, 0, 0])
  })

  property.prop([
    fc.array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c'),
        after: fc.nat({ max: 30 }),
        work: fc.nat({ max: 20 }),
      }),
      {
        maxLength: 40,
      },
    ),
    fc.integer({ min: 1, max: 4 }),
  ])('never two at a time on one key, and the last add is always followed by work', async (adds, count) => {
    const { clock, queue } = make()
    const stop = new AbortController()
    const running = new Set<string>()
    let overlaps = 0
    const workedAt = new Map<string, number>()
    const addedAt = new Map<string, number>()
    const duration = new Map<string, number>()
    const workers = runWorkers(
      queue,
      count,
      async (key) => {
        if (running.has(key)) overlaps++
        running.add(key)
        workedAt.set(key, clock.monotonic())
        await new Promise<void>((resolve) => clock.setTimeout(resolve, duration.get(key) ?? 0))
        running.delete(key)
      },
      stop.signal,
      silentLogger,
    )
    for (const { key, after, work } of adds) {
      await clock.advance(after)
      duration.set(key, work)
      queue.add(key)
      addedAt.set(key, clock.monotonic())
    }
    await clock.advance(10_000)
    for (const [key, at] of addedAt) expect(workedAt.get(key)).toBeGreaterThanOrEqual(at)
    stop.abort()
    await workers
    expect([running.size, overlaps]).toEqual([0, 0])
  })
})
