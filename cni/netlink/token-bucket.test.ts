import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketBytes, tickNanoseconds, toTokenBucket } from './token-bucket.ts'

/** Rates and bursts that a configuration can have, in bits. */
const rates = fc.integer({ min: 8, max: Number.MAX_SAFE_INTEGER })
const bursts = fc.integer({ min: 8, max: 8 * 0xffffffff - 1 })

describe('a token bucket', () => {
  it.each([
    // As `tc -s qdisc` shows what upstream's plugin makes of them.
    { rate: 8, burst: 8, bucket: { rate: 1, buffer: 15_625_000, limit: 1 } },
    { rate: 16, burst: 9, bucket: { rate: 2, buffer: 7_812_500, limit: 1 } },
    { rate: 8_000_000, burst: 262_144, bucket: { rate: 1_000_000, buffer: 512_000, limit: 57_768 } },
    { rate: 1e9, burst: 1e6, bucket: { rate: 125e6, buffer: 15_625, limit: 3_250_000 } },
    // More than 2³² bytes a second.
    { rate: 1e11, burst: 1e9, bucket: { rate: 12.5e9, buffer: 156_250, limit: 437_500_000 } },
    // What containerd gives for a pod's annotation of 10M: upstream's number of ticks overflows.
    { rate: 1e7, burst: 0xffffffff, bucket: { rate: 1_250_000, buffer: 67_108_863, limit: 536_902_161 } },
  ])('of $rate bit/s and $burst bits', ({ rate, burst, bucket }) => {
    expect(toTokenBucket(rate, burst)).toEqual(bucket)
  })

  it.each([
    { name: 'less than a byte a second', rate: 7, burst: 8 },
    { name: 'less than a byte', rate: 8, burst: 7 },
    { name: 'full again before a tick', rate: 8e9, burst: 8 },
  ])('of $name is none', ({ rate, burst }) => {
    expect(toTokenBucket(rate, burst)).toBeUndefined()
  })

  it('has numbers that fit, and that the kernel gives back', () => {
    fc.assert(
      fc.property(rates, bursts, (rate, burst) => {
        const bucket = toTokenBucket(rate, burst)
        if (bucket === undefined) return
        expect(bucket.rate).toBe(Math.floor(rate / 8))
        expect(Number.isInteger(bucket.limit) && bucket.limit > 0 && bucket.limit <= 0xffffffff).toBe(true)
        expect(Number.isInteger(bucket.buffer) && bucket.buffer > 0).toBe(true)
        // The kernel keeps nanoseconds in 32 bits.
        expect(bucket.buffer * tickNanoseconds).toBeLessThanOrEqual(0xffffffff)
      }),
    )
  })

  it('holds the burst, but for what rounding takes, unless that lasts longer than the kernel can count', () => {
    fc.assert(
      fc.property(rates, bursts, (rate, burst) => {
        const bucket = toTokenBucket(rate, burst)
        if (bucket === undefined) return
        const bytes = Math.floor(burst / 8)
        const rounding = (bucket.rate * (1000 + tickNanoseconds)) / 1e9 + 1
        expect(bucketBytes(bucket)).toBeLessThanOrEqual(bytes)
        if (bytes / bucket.rate < 4.29) expect(bucketBytes(bucket)).toBeGreaterThanOrEqual(bytes - rounding)
      }),
    )
  })

  it('never shrinks when rate or burst grow', () => {
    fc.assert(
      fc.property(rates, bursts, fc.nat(), (rate, burst, more) => {
        const [one, faster, deeper] = [
          toTokenBucket(rate, burst),
          toTokenBucket(Math.min(rate + more, Number.MAX_SAFE_INTEGER), burst),
          toTokenBucket(rate, Math.min(burst + more, 8 * 0xffffffff - 1)),
        ]
        if (one === undefined) return
        if (faster !== undefined) expect(faster.limit).toBeGreaterThanOrEqual(one.limit)
        expect(deeper?.limit).toBeGreaterThanOrEqual(one.limit)
        expect(deeper?.buffer).toBeGreaterThanOrEqual(one.buffer)
      }),
    )
  })
})
