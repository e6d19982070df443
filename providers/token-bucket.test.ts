import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import {
  type BucketLimits,
  type TokenBucket,
  fullBucket,
  hold,
  putTokenBack,
  readyInMs,
  refuse,
  takeToken,
} from './token-bucket.ts'

/** EC2's bucket of writes, and podway's usual share of it. */
const limits: BucketLimits = { burst: 40, perSecond: 4 }

/** Takes as many tokens as there are at that moment. */
function drain(bucket: TokenBucket, now: number): { readonly taken: number; readonly left: TokenBucket } {
  let left = bucket
  for (let taken = 0; ; taken++) {
    const next = takeToken(left, now)
    if (next === undefined) return { taken, left }
    left = next
  }
}

const drained = (now = 0): TokenBucket => drain(fullBucket(limits, now), now).left

describe('what it gives', () => {
  test.each<[name: string, bucket: TokenBucket, now: number, tokens: number]>([
    ['after a rest: the burst', fullBucket(limits, 0), 0, 40],
    ['never more than the burst', fullBucket(limits, 0), 3_600_000, 40],
    ['right after a burst: nothing', drained(), 0, 0],
    ['just before the next token: nothing', drained(), 249, 0],
    ['a token each quarter of a second', drained(), 1_000, 4],
    ['a bucket smaller than a call holds one', fullBucket({ burst: 0.2, perSecond: 1 }, 0), 0, 1],
    ['after a refusal: nothing', refuse(fullBucket(limits, 0), 0), 0, 0],
    // 4/s × (½·1 + 1/240) = 2.02, of which two are whole.
    ['a second after a refusal: half', refuse(drained(), 0), 1_000, 2],
    ['ten seconds after it: half, and what was regained meanwhile', refuse(drained(), 0), 10_000, 21],
    ['half a minute after it: no burst of the old size yet', refuse(drained(), 0), 30_000, 30],
    ['a minute after it: all', refuse(drained(), 0), 60_000, 40],
    ['while the cloud wants to be left alone: nothing', hold(fullBucket(limits, 0), 0, 5_000), 4_999, 0],
    ['after that: what there was', hold(fullBucket(limits, 0), 0, 5_000), 5_000, 40],
    ['refused with a time to wait: nothing', refuse(fullBucket(limits, 0), 0, 5_000), 5_000, 0],
    ['and then slowly', refuse(fullBucket(limits, 0), 0, 5_000), 6_000, 2],
    ['a token put back can be taken', putTokenBack(drained(), 0), 0, 1],
    ['a token put back into a full bucket is none', putTokenBack(fullBucket(limits, 0), 0), 0, 40],
    ['a clock that stands still gives nothing', drained(1_000), 1_000, 0],
  ])('%s', (_name, bucket, now, tokens) => {
    expect(drain(bucket, now).taken).toBe(tokens)
  })

  test('refused again and again: still a call every few seconds', () => {
    let bucket = fullBucket(limits, 0)
    for (let i = 0; i < 50; i++) bucket = refuse(bucket, 0)
    expect(readyInMs(bucket, 0, 1)).toBeGreaterThan(3_000)
    expect(readyInMs(bucket, 0, 1)).toBeLessThanOrEqual(4_000)
  })

  test('an answer that asks for a day is given five minutes', () => {
    expect(readyInMs(hold(fullBucket(limits, 0), 0, 86_400_000), 0, 1)).toBe(300_000)
  })

  test('a shorter wish does not cut a longer one', () => {
    expect(readyInMs(hold(hold(fullBucket(limits, 0), 0, 5_000), 0, 1_000), 0, 1)).toBe(5_000)
  })
})

describe('how long until', () => {
  test.each<[name: string, bucket: TokenBucket, calls: number, ms: number]>([
    ['a full one gives one', fullBucket(limits, 0), 1, 0],
    ['a full one gives all', fullBucket(limits, 0), 40, 0],
    ['a full one gives one more', fullBucket(limits, 0), 41, 250],
    ['500 calls are through', fullBucket(limits, 0), 500, 115_000],
    ['an empty one gives one', drained(), 1, 250],
    ['a held one gives one', hold(fullBucket(limits, 0), 0, 700), 1, 700],
    // 60 s of growth give 4·(30 + 15) = 180 tokens, the rest comes at full speed.
    ['a refused one has given 180', refuse(drained(), 0), 180, 60_000],
    ['a refused one has given 184', refuse(drained(), 0), 184, 61_000],
  ])('%s', (_name, bucket, calls, ms) => {
    expect(readyInMs(bucket, 0, calls)).toBe(ms)
  })
})

/** What may happen to a bucket, each some time after the last. */
type Step = { readonly waitMs: number } & (
  | { readonly kind: 'take'; readonly calls: number }
  | { readonly kind: 'refuse' | 'hold'; readonly retryAfterMs: number }
)

const someLimits = fc.record({
  burst: fc.double({ min: 0.5, max: 100, noNaN: true }),
  perSecond: fc.double({ min: 0.1, max: 50, noNaN: true }),
})
const someSteps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('take' as const),
      waitMs: fc.nat(20_000),
      calls: fc.integer({ min: 1, max: 200 }),
    }),
    fc.record({
      kind: fc.constantFrom('refuse' as const, 'hold' as const),
      waitMs: fc.nat(20_000),
      retryAfterMs: fc.nat(10_000),
    }),
  ),
  { maxLength: 40 },
)

/** The moments of all calls that were let through. */
function play(
  given: BucketLimits,
  steps: readonly Step[],
): { readonly calls: readonly number[]; readonly end: TokenBucket; readonly now: number } {
  const calls: number[] = []
  let bucket = fullBucket(given, 0)
  let now = 0
  for (const step of steps) {
    now += step.waitMs
    switch (step.kind) {
      case 'take':
        for (let i = 0; i < step.calls; i++) {
          const taken = takeToken(bucket, now)
          if (taken === undefined) break
          bucket = taken
          calls.push(now)
        }
        break
      case 'refuse':
        bucket = refuse(bucket, now, step.retryAfterMs)
        break
      case 'hold':
        bucket = hold(bucket, now, step.retryAfterMs)
        break
    }
  }
  return { calls, end: bucket, now }
}

describe('whatever happens to it', () => {
  property.prop([someLimits, someSteps])(
    'no span of time sees more than burst + rate × time',
    (given, steps) => {
      const { calls } = play(given, steps)
      const burst = Math.max(1, given.burst)
      for (const [first, from] of calls.entries()) {
        for (const [last, to] of calls.entries()) {
          if (last < first) continue
          const bound = burst + (given.perSecond * (to - from)) / 1000
          expect(last - first + 1).toBeLessThanOrEqual(bound + 1e-6)
        }
      }
    },
  )

  property.prop([someLimits, someSteps])('the next call can start exactly when it says', (given, steps) => {
    const { end, now } = play(given, steps)
    const ms = readyInMs(end, now, 1)
    if (ms > 1) expect(takeToken(end, now + ms - 1.001)).toBeUndefined()
    // A tenth of a millisecond for rounding.
    expect(takeToken(end, now + ms + 0.1)).toBeDefined()
    expect(ms === 0).toBe(takeToken(end, now) !== undefined)
  })

  property.prop([someLimits, someSteps, fc.integer({ min: 1, max: 300 })])(
    'it never starves: any number of calls gets through, and when it said',
    (given, steps, calls) => {
      const { end, now } = play(given, steps)
      const promised = now + readyInMs(end, now, calls)
      let bucket = end
      let at = now
      for (let i = 0; i < calls;) {
        const taken = takeToken(bucket, at)
        if (taken === undefined) {
          at += readyInMs(bucket, at, 1)
          continue
        }
        bucket = taken
        i++
      }
      expect(at).toBeGreaterThanOrEqual(promised - 1)
      // Each was waited for in whole milliseconds.
      expect(at).toBeLessThanOrEqual(promised + calls)
    },
  )

  property.prop([someLimits, someSteps])('two quiet minutes later all of it is back', (given, steps) => {
    const { end, now } = play(given, steps)
    const quiet = 120_000 + 20_000 + (Math.max(1, given.burst) / given.perSecond) * 1000
    expect(drain(end, now + quiet).taken).toBe(Math.floor(Math.max(1, given.burst)))
  })

  property.prop([someLimits, someSteps])('a refusal never gives more than there was', (given, steps) => {
    const { end, now } = play(given, steps)
    expect(readyInMs(refuse(end, now), now, 1)).toBeGreaterThanOrEqual(readyInMs(end, now, 1))
  })
})
