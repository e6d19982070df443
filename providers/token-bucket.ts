/** How many calls of one API action are let through: `burst` at once after a rest, `perSecond` for ever. Both > 0. */
export interface BucketLimits {
  readonly burst: number
  readonly perSecond: number
}

/**
 * Our picture of a bucket that the cloud keeps, at one moment. The cloud tells nothing of it but that it is empty, and
 * others may take from it; so the picture shrinks with each such answer and grows back by itself. All times are
 * milliseconds of one monotonic clock.
 */
export interface TokenBucket {
  /** What it holds and regains at most. */
  readonly limits: BucketLimits
  /** At `at`. */
  readonly tokens: number
  /** Which part of the limits, both of them, is believed to be there for us at `at`: from {@link leastPart} to 1. */
  readonly part: number
  /** In the future while the cloud wants to be left alone: then nothing is given, and nothing regained. */
  readonly at: number
}

/** What a refusal leaves of the part that was believed in. */
const decrease = 0.5

/** Of the limits a second: a halved bucket is whole again after a minute, the smallest one after two. */
const recoveryPerSecond = 1 / 120

/** Below that it would take minutes to notice that the others are gone. */
const leastPart = 1 / 20

/** Whatever a cloud (or a proxy before it) asks for: an hour by mistake must not stop an action for an hour. */
const longestHoldMs = 300_000

export const fullBucket = (limits: BucketLimits, now: number): TokenBucket => ({
  limits,
  tokens: Math.max(1, limits.burst),
  part: 1,
  at: now,
})

/** The bucket after the token of one call was taken; undefined if there is none now. */
export function takeToken(bucket: TokenBucket, now: number): TokenBucket | undefined {
  const current = at(bucket, now)
  return now >= current.at && current.tokens >= 1 ? { ...current, tokens: current.tokens - 1 } : undefined
}

/** The call was not made after all. */
export function putTokenBack(bucket: TokenBucket, now: number): TokenBucket {
  const current = at(bucket, now)
  return { ...current, tokens: Math.min(capacity(current), current.tokens + 1) }
}

/**
 * The cloud refused a call, and so its bucket is empty now, and we were faster than it is refilled for us: less is
 * believed in from here on, and nothing given for the time that it asked for.
 */
export function refuse(bucket: TokenBucket, now: number, retryAfterMs = 0): TokenBucket {
  const current = at(bucket, now)
  const part = Math.max(leastPart, current.part * decrease)
  return hold({ ...current, tokens: 0, part }, now, retryAfterMs)
}

/** Nothing is given for that long, nor regained. */
export function hold(bucket: TokenBucket, now: number, ms: number): TokenBucket {
  const current = at(bucket, now)
  return { ...current, at: Math.max(current.at, now + Math.min(ms, longestHoldMs)) }
}

/**
 * In how many whole milliseconds the `calls`th call from now can start, if each starts as soon as it can and none is
 * refused. 0: now.
 */
export function readyInMs(bucket: TokenBucket, now: number, calls: number): number {
  const current = at(bucket, now)
  const held = current.at - now
  const missing = Math.max(0, calls - current.tokens)
  // Rounding must not make "now" of what is not: whoever sets a timer by it would come again without end.
  return held === 0 && missing === 0
    ? 0
    : Math.max(1, Math.ceil(held + 1000 * secondsToRegain(current, missing)))
}

const capacity = ({ limits, part }: TokenBucket): number => Math.max(1, limits.burst * part)

function at(bucket: TokenBucket, now: number): TokenBucket {
  if (now <= bucket.at) return bucket
  const seconds = (now - bucket.at) / 1000
  const grown = { ...bucket, part: Math.min(1, bucket.part + recoveryPerSecond * seconds), at: now }
  return { ...grown, tokens: Math.min(capacity(grown), bucket.tokens + regained(bucket, seconds)) }
}

/** Tokens of that many seconds: the rate grows linearly until it is the limit's, and is constant from there on. */
function regained({ limits, part }: TokenBucket, seconds: number): number {
  const growing = Math.min(seconds, (1 - part) / recoveryPerSecond)
  return limits.perSecond * (part * growing + (recoveryPerSecond * growing ** 2) / 2 + (seconds - growing))
}

/** The inverse of {@link regained}. */
function secondsToRegain(bucket: TokenBucket, tokens: number): number {
  const { limits, part } = bucket
  const growing = (1 - part) / recoveryPerSecond
  const whileGrowing = regained(bucket, growing)
  if (tokens >= whileGrowing) return growing + (tokens - whileGrowing) / limits.perSecond
  return (
    (Math.sqrt(part ** 2 + (2 * recoveryPerSecond * tokens) / limits.perSecond) - part) / recoveryPerSecond
  )
}
