import type { Family } from '../../net/address.ts'

/** How long a table that refused a route is left alone before one more is tried. */
const retryMs = 60_000

/**
 * The tables that take no more routes, by family: each has its own quota. While one is full nothing is created in it but
 * one route a minute, to find out; other tables, replaces and deletes go on
 * (https://github.com/kubernetes/kubernetes/issues/17627: a full table kept the API busy without end).
 */
export class FullTables {
  readonly #monotonic: () => number
  readonly #until = new Map<string, number>()
  /** How many more routes fit by what is known of the limit, which may be higher than the limit is. */
  readonly #room = new Map<string, number>()
  /** The same, when the table refused. */
  readonly #roomAtRefusal = new Map<string, number>()

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  /** A create was refused for want of room. */
  refused(tableId: string, family: Family): void {
    const key = keyOf(tableId, family)
    this.#until.set(key, this.#monotonic() + retryMs)
    this.#roomAtRefusal.set(key, Math.max(0, this.#room.get(key) ?? 0))
  }

  /** A route was created or deleted: whether the table counted as full. */
  hasRoom(tableId: string, family: Family, op: 'create' | 'delete'): boolean {
    const key = keyOf(tableId, family)
    const room = this.#room.get(key)
    if (room !== undefined) this.#room.set(key, op === 'create' ? room - 1 : room + 1)
    return this.#until.delete(key)
  }

  /**
   * The table was read. That it has room is news only if there is more than there was said to be when it refused: an
   * account's quota may be lower than it is known to be, and some routes count that no reading shows.
   */
  seen(tableId: string, family: Family, room: number): void {
    const key = keyOf(tableId, family)
    this.#room.set(key, room)
    if (room > (this.#roomAtRefusal.get(key) ?? 0)) this.#until.delete(key)
  }

  isFull(tableId: string, family: Family): boolean {
    return this.#until.has(keyOf(tableId, family))
  }

  /** How long a create has to wait; 0 if it may be tried. */
  waitMs(tableId: string, family: Family): number {
    const until = this.#until.get(keyOf(tableId, family)) ?? -Infinity
    return Math.max(0, until - this.#monotonic())
  }

  /** A create is about to be tried: if the table counts as full, the others wait for what becomes of it. */
  trying(tableId: string, family: Family): void {
    if (this.isFull(tableId, family)) this.#until.set(keyOf(tableId, family), this.#monotonic() + retryMs)
  }
}

const keyOf = (tableId: string, family: Family): string => `${tableId} ${family}`
