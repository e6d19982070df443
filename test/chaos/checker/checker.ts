import { type Entry, people } from '../journal.ts'
import { addresses } from './addresses.ts'
import { brake } from './brake.ts'
import { type Bucket, budget } from './budget.ts'
import { condition, strangers } from './condition.ts'
import { delegation } from './delegation.ts'
import { evidence } from './evidence.ts'
import { full } from './full.ts'
import type { Invariant, Violation } from './invariant.ts'
import { ledger } from './ledger.ts'
import { ownership } from './ownership.ts'
import { Sight } from './sight.ts'
import { term } from './term.ts'

export interface CheckerOptions {
  readonly renewDeadlineMs: number
  readonly bucket: (action: string) => Bucket
  /** Of the cloud, see `Traits`. */
  readonly isConditional: boolean
  readonly share: number
  /** Whether foreign routes that match become podway's. */
  readonly adopts: boolean
}

/** A program that ends by itself does nobody's work. */
const alive = (): Invariant => ({
  name: 'alive',
  see: (entry) => (entry.kind === 'crash' ? [`the program ended: ${entry.message}`] : []),
})

/** Reads a journal, entry by entry, and tells which promises it shows broken. It shares no code with what it judges. */
export class Checker {
  readonly sight: Sight
  readonly violations: Violation[] = []
  /** Writes of controllers since {@link forgetWrites}, but for the Lease and the ends of series of Events. */
  writes: string[] = []
  readonly #invariants: readonly Invariant[]

  constructor({ adopts, bucket, isConditional, renewDeadlineMs, share }: CheckerOptions) {
    this.sight = new Sight(adopts)
    this.#invariants = [
      ownership(isConditional),
      evidence(),
      brake(),
      addresses(),
      delegation(),
      ledger(),
      condition(),
      strangers(),
      term(renewDeadlineMs),
      budget(bucket, share),
      full(isConditional),
      alive(),
    ]
  }

  see(entry: Entry): void {
    for (const invariant of this.#invariants)
      this.#add(invariant.name, entry, invariant.see(entry, this.sight))
    this.sight.take(entry)
    if (entry.by === people) return
    if (entry.kind === 'cloud-call' && entry.isWrite) this.writes.push(`${entry.by} ${entry.action}`)
    // That a series of Events is over is told minutes after its last one.
    const isRoutine = (verb: string, resource: string): boolean =>
      resource === 'leases' || (resource === 'events' && verb === 'patch')
    if (entry.kind === 'kube-write' && !isRoutine(entry.verb, entry.resource))
      this.writes.push(`${entry.by} ${entry.verb} ${entry.resource} ${entry.name}`)
  }

  forgetWrites(): void {
    this.writes = []
  }

  fail(invariant: string, broken: readonly string[]): void {
    this.#add(invariant, { at: this.sight.now, by: '' }, broken)
  }

  end(): void {
    for (const invariant of this.#invariants) this.fail(invariant.name, invariant.end?.(this.sight) ?? [])
  }

  #add(invariant: string, { at, by }: Pick<Entry, 'at' | 'by'>, broken: readonly string[]): void {
    this.violations.push(...broken.map((what): Violation => ({ invariant, at, by, what })))
  }
}
