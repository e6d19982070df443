import { people } from '../journal.ts'
import type { Invariant } from './invariant.ts'

export interface Bucket {
  /** Of all actions that share it. */
  readonly name: string
  readonly capacity: number
  /** A second. */
  readonly refill: number
  /** A call takes its token, looks at the table, and is sent: so much later at most. 0 unless told. */
  readonly lookMs?: number
}

/** No process asks the cloud for more than its share of the documented buckets. */
export function budget(bucketOf: (action: string) => Bucket, share: number): Invariant {
  const sent = new Map<string, { readonly by: string; readonly bucket: Bucket; readonly times: number[] }>()
  return {
    name: 'budget',
    see(entry) {
      if (entry.kind !== 'cloud-call' || entry.by === people) return []
      const { action, by, sentAt } = entry
      const bucket = bucketOf(action)
      const key = `${by} ${bucket.name}`
      const known = sent.get(key) ?? { by, bucket, times: [] }
      sent.set(key, known)
      known.times.push(sentAt)
      return []
    },
    // Calls arrive in another order than they were sent in.
    end: () =>
      [...sent.values()].flatMap(({ bucket, by, times }) => {
        const { capacity, lookMs = 0, name, refill } = bucket
        const burst = Math.max(1, capacity * share) + (refill * share * lookMs) / 1000
        let tokens = burst
        let last = 0
        for (const at of times.toSorted((a, b) => a - b)) {
          tokens = Math.min(burst, tokens + ((at - last) / 1000) * refill * share) - 1
          last = at
          // Times are milliseconds, and sums of fractions.
          if (tokens < -0.01)
            return [`${by} sent more of ${name} than its share of the bucket, at ${at.toFixed(0)} ms`]
        }
        return []
      }),
  }
}
