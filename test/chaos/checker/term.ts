import { type Entry, people } from '../journal.ts'
import type { Invariant } from './invariant.ts'

/** Written by everybody, whoever leads. */
const free: readonly string[] = ['leases', 'events']

/** Nothing is sent by one that does not lead, nor after the renew deadline. */
export function term(renewDeadlineMs: number): Invariant {
  /** When the Lease was written, by whom for whom. */
  const leases: { readonly at: number; readonly sentAt: number; readonly holder: string }[] = []

  const mayWrite = (by: string, sentAt: number): boolean => {
    const renewal = leases.findLastIndex(
      (lease) => lease.holder === by && lease.sentAt <= sentAt && sentAt <= lease.sentAt + renewDeadlineMs,
    )
    const since = leases.slice(renewal + 1)
    return renewal >= 0 && !since.some(({ at, holder }) => holder !== by && at <= sentAt)
  }

  return {
    name: 'term',
    see(entry: Entry) {
      if (entry.kind === 'lease') leases.push(entry)
      const isWrite =
        (entry.kind === 'cloud-call' && entry.isWrite) ||
        (entry.kind === 'kube-write' && !free.includes(entry.resource))
      if (!isWrite || entry.by === people || mayWrite(entry.by, entry.sentAt)) return []
      const what =
        entry.kind === 'cloud-call' ? entry.action : `${entry.verb} ${entry.resource} ${entry.name}`
      return [`${what} was sent at ${entry.sentAt.toFixed(0)} ms by one that does not lead`]
    },
  }
}
