import { type CallMatch, matches } from './calls.ts'
import type { Call } from './calls.ts'
import type { OpenWatch } from './watch.ts'

/** The watches that are open now, and what a test can do to them. An empty match means all. */
export class Watches {
  readonly #open = new Map<OpenWatch, Omit<Call, 'status'>>()

  /** Keeps it until its stream ends. */
  track(watch: OpenWatch, call: Omit<Call, 'status'>): void {
    this.#open.set(watch, call)
    watch.stream.onEnd(() => this.#open.delete(watch))
  }

  count(match: CallMatch = {}): number {
    return this.#matching(match).length
  }

  /** Sends a bookmark with the present revision to those that asked for bookmarks. */
  bookmark(match: CallMatch = {}): void {
    for (const watch of this.#matching(match)) if (watch.wantsBookmarks) watch.bookmark()
  }

  /** `end`: the body ends in order, as at a time-out. `reset`: the connection is cut. */
  cut(how: 'end' | 'reset', match: CallMatch = {}): void {
    for (const { stream } of this.#matching(match)) {
      if (how === 'end') stream.end()
      else stream.break()
    }
  }

  /** Ends them with an ERROR event of code 410, reason Expired. */
  expire(match: CallMatch = {}): void {
    for (const watch of this.#matching(match)) watch.expire()
  }

  /** Nothing more comes over them; the connections stay open. */
  silence(match: CallMatch = {}): void {
    for (const { stream } of this.#matching(match)) stream.silence()
  }

  #matching(match: CallMatch): readonly OpenWatch[] {
    return [...this.#open].filter(([, call]) => matches(match, call)).map(([watch]) => watch)
  }
}
