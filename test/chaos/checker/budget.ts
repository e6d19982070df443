import { people } from '../journal.ts'
import type { Invariant } from './invariant.ts'

export type Bucket = (action: string) => { readonly capacity: number; readonly refill: number }

/** They take their token, look at the table, and are sent: so much later at most. */
const lookMs: Readonly<Record<string, number>> = { ReplaceRoute: 4_000, DeleteRoute: 4_000 }

/** No process asks the cloud for more than its share of the documented buckets. */
export function budget(bucket: Bucket, share: number): Invariant {
  const sent = new Map<string, { readonly by: string; readonly action: string; readonly times: number[] }>()
  return {
    name: 'budget',
    see(entry) {
      if (entry.kind !== 'cloud-call' || entry.by === people) return []
      const { action, by, sentAt } = entry
      const key = `${by} ${action}`
      const known = sent.get(key) ?? { by, action, times: [] }
      sent.set(key, known)
      known.times.push(sentAt)
      return []
    },
    // Calls arrive in another order than they were sent in.
    end: () =>
      [...sent.values()].flatMap(({ action, by, times }) => {
        const { capacity, refill } = bucket(action)
        const burst = Math.max(1, capacity * share) + (refill * share * (lookMs[action] ?? 0)) / 1000
        let tokens = burst
        let last = 0
        for (const at of times.toSorted((a, b) => a - b)) {
          tokens = Math.min(burst, tokens + ((at - last) / 1000) * refill * share) - 1
          last = at
          // Times are milliseconds, and sums of fractions.
          if (tokens < -0.01)
            return [`${by} sent more of ${action} than its share of the bucket, at ${at.toFixed(0)} ms`]
        }
        return []
      }),
  }
}
