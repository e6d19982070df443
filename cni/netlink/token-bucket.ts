/**
 * What the kernel's token bucket filter (tc-tbf(8)) is told, in its own units, and tells again when it is asked.
 * Ranges: `rate` 1 to 2⁵³ − 1, the others 1 to 2³² − 1.
 */
export interface TokenBucket {
  /** Bytes a second. */
  readonly rate: number
  /** How long the bucket lasts at that rate: {@link tickNanoseconds} each. */
  readonly buffer: number
  /** Bytes that wait for tokens at most; more are dropped. */
  readonly limit: number
}

/**
 * The kernel's unit of time for queues, in nanoseconds: 2 to the power of PSCHED_SHIFT (include/net/pkt_sched.h). What
 * /proc/net/psched says is made of the same constant.
 */
export const tickNanoseconds = 64

const microseconds = 1_000_000
const ticksInMicrosecond = 1000 / tickNanoseconds
const most = 0xffffffff
/** The kernel keeps the time as at most 2³² − 1 ns, whatever it is told (tbf_change in net/sched/sch_tbf.c). */
const mostBuffer = Math.floor(most / tickNanoseconds)

/** How long a packet waits at most: tc's `latency`, as upstream has it. */
const latency = 25_000

/**
 * The bucket for a rate in bits a second and a burst in bits, rounded as upstream rounds (`ifb_creator.go`), so that each
 * finds what the other has made as it should be. A bucket is never deeper than 4.29 s at its rate, for the kernel has none;
 * upstream's number begins again at zero after 274 s, and a huge burst may become a tiny one.
 *
 * Undefined if the kernel would not have it: less than a byte of either.
 */
export function toTokenBucket(rateBits: number, burstBits: number): TokenBucket | undefined {
  const rate = Math.floor(rateBits / 8)
  const burst = Math.floor(burstBits / 8)
  if (rate === 0 || burst === 0) return undefined
  const duration = Math.floor((burst * microseconds) / rate)
  const buffer = Math.min(Math.floor(duration * ticksInMicrosecond), mostBuffer)
  // A bucket that is full again before a tick has passed.
  if (buffer === 0) return undefined
  return { rate, buffer, limit: Math.min(Math.floor((rate * latency) / microseconds) + burst, most) }
}

/** How many bytes the bucket holds. */
export const bucketBytes = ({ rate, buffer }: TokenBucket): number =>
  Math.floor((rate * buffer * tickNanoseconds) / 1e9)
