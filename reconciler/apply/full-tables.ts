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

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  /** A create was refused for want of room. */
  refused(tableId: string, family: Family): void {
    this.#until.set(keyOf(tableId, family), this.#monotonic() + retryMs)
  }

  /** A route was created or deleted, or the table was seen to have room: whether it counted as full. */
  hasRoom(tableId: string, family: Family): boolean {
    return this.#until.delete(keyOf(tableId, family))
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
    if (this.isFull(tableId, family)) this.refused(tableId, family)
  }
}

const keyOf = (tableId: string, family: Family): string => `${tableId} ${family}`
