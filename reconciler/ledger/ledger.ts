import type { Cidr } from '../../net/cidr.ts'
import { type DestinationKey, type LedgerRecord, type TableState, destinationKey } from './record.ts'

/**
 * Where the record of the routes that podway made is kept: the one thing that tells ours from everybody else's. What
 * is written is durable when the promise resolves. One record a destination, whoever holds it.
 */
export interface LedgerStore {
  load(signal: AbortSignal): Promise<readonly LedgerRecord[]>
  /** Writes the record before the cloud is called; idempotent. States are not part of it. */
  intend(record: LedgerRecord, signal: AbortSignal): Promise<void>
  /** Writes what became of it. */
  settle(destination: Cidr, states: ReadonlyMap<string, TableState>, signal: AbortSignal): Promise<void>
  /** Drops the record once no table holds the route; idempotent. */
  forget(destination: Cidr, signal: AbortSignal): Promise<void>
}

/**
 * The ledger as the reconciler reads it: the store's records in memory, written through. Reads see a record only after
 * the store has it, so that no decision rests on an intent that a crash would lose.
 */
export class Ledger {
  readonly #store: LedgerStore
  readonly #records = new Map<DestinationKey, LedgerRecord>()
  readonly #listener: LedgerListener

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
      this.#listener.held(record.destination)
      this.#records.set(destinationKey(record.destination), record)
    }
  }

  get(key: DestinationKey): LedgerRecord | undefined {
    return this.#records.get(key)
  }

  all(): readonly LedgerRecord[] {
    return [...this.#records.values()]
  }

  /** Makes the intent durable; no write if the record says it already. */
  async intend(record: LedgerRecord, signal: AbortSignal): Promise<void> {
    const key = destinationKey(record.destination)
    const before = this.#records.get(key)
    if (before !== undefined && sameIntent(before, record)) return
    this.#listener.held(record.destination)
    await this.#store.intend(record, signal)
    this.#records.set(key, { ...record, states: before?.states ?? new Map<string, TableState>() })
  }

  /** Writes the states if they differ from what is recorded. A destination without a record has nothing to settle. */
  async settle(
    key: DestinationKey,
    states: ReadonlyMap<string, TableState>,
    signal: AbortSignal,
  ): Promise<void> {
    const record = this.#records.get(key)
    if (record === undefined || sameStates(record.states, states)) return
    await this.#store.settle(record.destination, states, signal)
    this.#records.set(key, { ...record, states })
  }

  async forget(key: DestinationKey, signal: AbortSignal): Promise<void> {
    const record = this.#records.get(key)
    if (record === undefined) return
    await this.#store.forget(record.destination, signal)
    this.#records.delete(key)
    this.#listener.released(record.destination)
  }
}

/** Who must know which destinations are recorded: what is, is not given to another node (quarantine). */
export interface LedgerListener {
  /** Called for each record that is read, and before one is written; perhaps more than once. */
  held(destination: Cidr): void
  released(destination: Cidr): void
}

function sameIntent(a: LedgerRecord, b: LedgerRecord): boolean {
  const text = ({ node, target, previousTarget, tables }: LedgerRecord): string =>
    JSON.stringify([
      node.name,
      node.uid,
      target.kind,
      target.id,
      previousTarget?.kind,
      previousTarget?.id,
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
