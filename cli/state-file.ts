import { randomUUID } from 'node:crypto'
import { open, readFile, realpath, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import type { Cidr } from '../net/cidr.ts'
import type { LedgerStore } from '../reconciler/ledger/ledger.ts'
import {
  type DestinationKey,
  type LedgerRecord,
  type TableState,
  destinationKey,
} from '../reconciler/ledger/record.ts'
import { StateFileError, systemCode, unreadable, unwritable } from './state-file-error.ts'
import { formatState, parseState } from './state-file-format.ts'
import { type StateLock, type Surroundings, lockState } from './state-file-lock.ts'

/** The records of a state file; none if it is not there. Takes no lock: the file is whole at any time. @throws StateFileError */
export async function readStateFile(path: string): Promise<readonly LedgerRecord[]> {
  const text = await readText(path)
  return text === undefined ? [] : parseState(text, path)
}

type Records = ReadonlyMap<DestinationKey, LedgerRecord>
type Edit = (records: Map<DestinationKey, LedgerRecord>) => void

/**
 * The ledger in a file, for work without a cluster: JSON of one `RouteState` with a NodeRoute's spec and status for each
 * destination. One process at a time has it open. Every write replaces the file as a whole (a new file in its folder,
 * synced, renamed over it, mode 0600), so that a crash leaves the old or the new one. What comes while a write is under
 * way goes into the next: thousands of records cost a few writes.
 */
export class StateFile implements LedgerStore, AsyncDisposable {
  readonly #path: string
  readonly #lock: StateLock
  #text: string | undefined
  /** What the file holds. */
  #records: Records
  #edits: Edit[] = []
  /** The write that is under way; never rejects. */
  #writing: Promise<unknown> = Promise.resolve()
  /** The one after it, that still takes edits. */
  #next: Promise<void> | undefined

  private constructor(path: string, lock: StateLock, text: string | undefined) {
    this.#path = path
    this.#lock = lock
    this.#text = text
    this.#records = new Map(
      (text === undefined ? [] : parseState(text, path)).map((record) => [
        destinationKey(record.destination),
        record,
      ]),
    )
  }

  /** Locks the file, which need not be there yet, and reads it. @throws StateFileError */
  static async open(path: string, surroundings: Surroundings = thisProcess): Promise<StateFile> {
    // A link stays a link: it is its file that is replaced.
    const file = await realpath(path).catch(() => path)
    const lock = await lockState(file, surroundings)
    try {
      return new StateFile(file, lock, await readText(file))
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  load(): Promise<readonly LedgerRecord[]> {
    return Promise.resolve([...this.#records.values()])
  }

  /** @throws StateFileError; then the file is as it was */
  async intend(record: LedgerRecord, signal: AbortSignal): Promise<void> {
    const key = destinationKey(record.destination)
    await this.#edit((records) => {
      const before = records.get(key)
      const { released: _released, ...rest } = record
      records.set(key, {
        ...rest,
        states: before?.states ?? new Map<string, TableState>(),
        ...(before?.released === undefined ? {} : { released: before.released }),
      })
    }, signal)
  }

  async settle(
    destination: Cidr,
    states: ReadonlyMap<string, TableState>,
    signal: AbortSignal,
  ): Promise<void> {
    const key = destinationKey(destination)
    await this.#edit((records) => {
      const record = records.get(key)
      // Nobody is left to read it.
      if (record !== undefined) records.set(key, { ...record, states })
    }, signal)
  }

  async forget(destination: Cidr, signal: AbortSignal): Promise<void> {
    await this.#edit((records) => void records.delete(destinationKey(destination)), signal)
  }

  /** Waits for what is under way, and lets the file go. Idempotent. */
  async close(): Promise<void> {
    await this.#next?.catch(() => undefined)
    await this.#writing
    await this.#lock.release()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #edit(edit: Edit, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#edits.push(edit)
    this.#next ??= this.#writing.then(() => {
      this.#next = undefined
      const written = this.#write(this.#edits.splice(0))
      this.#writing = written.catch(() => undefined)
      return written
    })
    return this.#next
  }

  /** All of the edits or none: what could not be written is not remembered either. */
  async #write(edits: readonly Edit[]): Promise<void> {
    const records = new Map(this.#records)
    for (const edit of edits) edit(records)
    const text = formatState(records.values())
    if (text !== this.#text) {
      await this.#lock.check()
      await replaceFile(this.#path, text)
    }
    this.#records = records
    this.#text = text
  }
}

const thisProcess: Surroundings = {
  pid: process.pid,
  host: hostname(),
  makeToken: randomUUID,
  isRunning(pid) {
    try {
      process.kill(pid, 0)
      return true
    } catch (error) {
      // EPERM: somebody else's.
      return systemCode(error) !== 'ESRCH'
    }
  },
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw unreadable(path, error)
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  // The name is ours, as the lock is: what lies there is left from a crash.
  const fresh = `${path}.new`
  try {
    await rm(fresh, { force: true })
    await using file = await open(fresh, 'wx', 0o600)
    await file.writeFile(text)
    await file.sync()
    await rename(fresh, path)
    await using folder = await open(dirname(path), 'r')
    await folder.sync()
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined)
    throw error instanceof StateFileError ? error : unwritable(path, error)
  }
}
