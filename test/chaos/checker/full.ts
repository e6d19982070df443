import { people } from '../journal.ts'
import type { Invariant } from './invariant.ts'

/** As documented: a full table is asked once a minute whether it takes one more. */
const minuteMs = 60_000
/** What was under way when it first refused. */
const burstMs = { alone: 15_000, together: 120_000 }
/** One at either end of the minute. */
const mostAMinute = 2

/**
 * A table that takes no more routes is left alone, but for a few attempts to find out.
 * @param areTogether many changes are one write, which is divided when it is refused, until the one to blame is alone
 */
export function full(areTogether: boolean): Invariant {
  const patienceMs = burstMs[areTogether ? 'together' : 'alone']
  /** By process, table and family, as long as nothing makes room there. */
  const refusals = new Map<string, number[]>()
  const forget = (table: string): void => {
    for (const key of refusals.keys()) if (key.includes(` ${table} `)) refusals.delete(key)
  }
  return {
    name: 'full tables',
    see(entry) {
      if (entry.kind === 'room') refusals.clear()
      // Whatever changes there may have been what it needed.
      if (entry.kind === 'route') forget(entry.change.table)
      if (entry.kind !== 'cloud-call' || entry.full === undefined || entry.by === people) return []
      const { family, table } = entry.full
      const key = `${entry.by} ${table} ${family}`
      const times = refusals.get(key) ?? []
      refusals.set(key, times)
      times.push(entry.sentAt)
      const [first = 0] = times
      const later = times.filter((at) => at > first + patienceMs && at > entry.sentAt - minuteMs)
      const most = family === 'both' ? 2 * mostAMinute : mostAMinute
      return later.length > most
        ? [`asked ${table} for room ${later.length} times within a minute, though it is full`]
        : []
    },
  }
}
