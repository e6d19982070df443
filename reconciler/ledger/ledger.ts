import type { Cidr } from '../../net/cidr.ts'
import { formatTarget } from '../../providers/route.ts'
import {
  type DestinationKey,
  type LedgerRecord,
  type NodeRef,
  type TableState,
  claimOf,
  destinationKey,
} from './record.ts'

/**
 * Where the record of the routes that podway made is kept: the one thing that tells ours from everybody else's. What
 * is written is durable when the promise resolves. One record a destination, whoever holds it.
 */
export interface LedgerStore {
  load(signal: AbortSignal): Promise<readonly LedgerRecord[]>
  /**
   * Writes the record before the cloud is called; idempotent. States are not part of it.
   * @throws RecordChangedError if somebody else has changed it since it was last read or written here
   */
  intend(record: LedgerRecord, signal: AbortSignal): Promise<void>
  /** Writes what became of it. */
  settle(destination: Cidr, states: ReadonlyMap<string, TableState>, signal: AbortSignal): Promise<void>
  /** Drops the record once no table holds the route; idempotent. */
  forget(destination: Cidr, signal: AbortSignal): Promise<void>
}

/** Somebody else has changed the record since it was read. Nothing was written: take it in, and decide anew. */
export class RecordChangedError extends Error {
  readonly code = 'ERR_RECORD_CHANGED'
  override readonly name = 'RecordChangedError'
  readonly destination: DestinationKey
  readonly seen: Sighting

  constructor(destination: DestinationKey, seen: Sighting) {
    super(`the record of ${destination} was changed by somebody else`)
    this.destination = destination
    this.seen = seen
  }
}

/** A record as it is found in the store, changed by somebody else than this program. */
export interface Sighting {
  /** Undefined if there is none any more. */
  readonly record: LedgerRecord | undefined
  /** Somebody has deleted it, and only our finalizer keeps it. */
  readonly deleting: boolean
}

/**
 * The ledger as the reconciler reads it: the store's records in memory, written through. Reads see a record only after
 * the store has it, so that no decision rests on an intent that a crash would lose.
 */
export class Ledger {
  readonly #store: LedgerStore
  readonly #records = new Map<DestinationKey, LedgerRecord>()
  readonly #listener: LedgerListener
  /** Whose intent to write to some table is on its way to the store. */
  readonly #intending = new Set<DestinationKey>()
  /** What the store does not hold as it should any more: deleted by hand, or gone. */
  readonly #damaged = new Set<DestinationKey>()

  constructor(
    store: LedgerStore,
    listener: LedgerListener = { held: () => undefined, released: () => undefined },
  ) {
    this.#store = store
    this.#listener = listener
  }

  /** Reads the store once, before anything else is called. */
  async open(signal: AbortSignal): Promise<void> {
    for (const record of await this.#store.load(signal)) {
      this.#listener.held(record.destination, record.node)
      this.#records.set(destinationKey(record.destination), record)
    }
  }

  get(key: DestinationKey): LedgerRecord | undefined {
    return this.#records.get(key)
  }

  /** Whether a route to the destination is ours in some table, or is just about to be. */
  taken(key: DestinationKey): boolean {
    return (this.#records.get(key)?.tables.length ?? 0) > 0 || this.#intending.has(key)
  }

  all(): readonly LedgerRecord[] {
    return [...this.#records.values()]
  }

  /** Whether the store has lost the record, wholly or all but: the next {@link intend} makes it anew. */
  damaged(key: DestinationKey): boolean {
    return this.#damaged.has(key)
  }

  /**
   * Takes what somebody else made of a record. Of one that is gone the memory is kept: if it is still needed it is
   * written again, and if not, forgotten as ever.
   */
  observe(key: DestinationKey, { record, deleting }: Sighting): void {
    const before = this.#records.get(key)
    if (record === undefined || deleting) {
      if (before !== undefined || record !== undefined) this.#damaged.add(key)
    } else {
      this.#damaged.delete(key)
    }
    if (record === undefined) return
    this.#listener.held(record.destination, record.node)
    // Our own states are newer than any sight of them.
    this.#records.set(key, before === undefined ? record : { ...record, states: before.states })
  }

  /**
   * Makes it durable that the destination is the node's, before the node is told. Of two that claim one destination for
   * different nodes, in whatever programs, the store lets one win. Nothing to do if there is a record: whoever holds it was
   * asked before. @throws RecordChangedError, taken in by then, if it is another's
   */
  async claim(destination: Cidr, node: NodeRef, signal: AbortSignal): Promise<void> {
    if (!this.#records.has(destinationKey(destination))) await this.intend(claimOf(destination, node), signal)
  }

  /** Makes the intent durable; no write if the record says it already. @throws RecordChangedError, taken in by then */
  async intend(record: LedgerRecord, signal: AbortSignal): Promise<void> {
    const key = destinationKey(record.destination)
    const before = this.#records.get(key)
    const damaged = this.#damaged.has(key)
    if (before !== undefined && !damaged && sameIntent(before, record)) return
    this.#listener.held(record.destination, record.node)
    if (record.tables.length > 0) this.#intending.add(key)
    const states = before?.states ?? new Map<string, TableState>()
    try {
      await this.#takingIn(this.#store.intend(record, signal))
      this.#damaged.delete(key)
      const { released = before?.released, ...rest } = record
      this.#records.set(key, { ...rest, states, ...(released === undefined ? {} : { released }) })
    } finally {
      this.#intending.delete(key)
    }
    if (damaged && states.size > 0)
      await this.#takingIn(this.#store.settle(record.destination, states, signal))
  }

  /** Writes the states if they differ from what is recorded. A destination without a record has nothing to settle. */
  async settle(
    key: DestinationKey,
    states: ReadonlyMap<string, TableState>,
    signal: AbortSignal,
  ): Promise<void> {
    const record = this.#records.get(key)
    if (record === undefined || sameStates(record.states, states)) return
    await this.#takingIn(this.#store.settle(record.destination, states, signal))
    this.#records.set(key, { ...record, states })
  }

  async forget(key: DestinationKey, signal: AbortSignal): Promise<void> {
    const record = this.#records.get(key)
    if (record === undefined) return
    await this.#store.forget(record.destination, signal)
    this.#records.delete(key)
    this.#damaged.delete(key)
    this.#listener.released(record.destination)
  }

  async #takingIn(write: Promise<void>): Promise<void> {
    try {
      await write
    } catch (error) {
      if (error instanceof RecordChangedError) this.observe(error.destination, error.seen)
      throw error
    }
  }
}

/** Who must know which destinations are recorded: what is, is not given to another node (quarantine). */
export interface LedgerListener {
  /** Called for each record that is read, and before one is written; perhaps more than once. */
  held(destination: Cidr, node: NodeRef): void
  released(destination: Cidr): void
}

function sameIntent(a: LedgerRecord, b: LedgerRecord): boolean {
  const text = ({ node, target, previousTargets, tables }: LedgerRecord): string =>
    JSON.stringify([
      node.name,
      node.uid,
      node.providerID,
      formatTarget(target),
      previousTargets.map(formatTarget).sort(),
      [...tables].sort(),
    ])
  return text(a) === text(b)
}

function sameStates(a: ReadonlyMap<string, TableState>, b: ReadonlyMap<string, TableState>): boolean {
  if (a.size !== b.size) return false
  for (const [table, state] of b) {
    const other = a.get(table)
    if (
      other?.state !== state.state ||
      other.reason !== state.reason ||
      other.message !== state.message ||
      other.written !== state.written
    )
      return false
  }
  return true
}
