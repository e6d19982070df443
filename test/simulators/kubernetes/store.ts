import { frozen, objectAt, sameJson, type JsonObject, withMember } from './json.ts'

/** What happened to one object at one revision. */
export interface StoreEvent {
  readonly revision: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly collection: string
  readonly key: string
  /** For DELETED: the last state, with the revision of the deletion. */
  readonly object: JsonObject
  readonly previous: JsonObject | undefined
}

/** One object under its key: `name`, or `namespace/name`. */
export interface Entry {
  readonly key: string
  readonly object: JsonObject
}

/** Asked for a revision whose history is gone. */
export class CompactedError extends Error {
  readonly compactedAt: number
  constructor(compactedAt: number) {
    super(`history before revision ${compactedAt} is compacted`)
    this.name = 'CompactedError'
    this.compactedAt = compactedAt
  }
}

/**
 * The objects, as etcd keeps them: one revision counter for everything, each change in a log, any state since the last
 * compaction can be listed again. Objects are immutable JSON; collections are `group/plural`.
 */
export class Store {
  readonly #historyLimit: number
  readonly #collections = new Map<string, Map<string, JsonObject>>()
  readonly #listeners = new Set<(event: StoreEvent) => void>()
  #log: StoreEvent[] = []
  #revision = 1
  #compactedAt = 0

  /** `historyLimit`: so many changes stay in the log, older ones are compacted. */
  constructor(historyLimit: number) {
    this.#historyLimit = historyLimit
  }

  /** The revision of the last change. */
  get revision(): number {
    return this.#revision
  }

  /** Watches and lists of older revisions are refused. */
  get compactedAt(): number {
    return this.#compactedAt
  }

  read(collection: string, key: string): JsonObject | undefined {
    return this.#collections.get(collection)?.get(key)
  }

  create(collection: string, key: string, object: JsonObject): JsonObject {
    return this.#commit('ADDED', collection, key, object, undefined)
  }

  /** A change that changes nothing leaves the object, its revision and the watchers alone. */
  update(collection: string, key: string, object: JsonObject): JsonObject {
    const previous = this.read(collection, key)
    if (previous !== undefined && sameJson(withRevision(object, 0), withRevision(previous, 0)))
      return previous
    return this.#commit('MODIFIED', collection, key, object, previous)
  }

  delete(collection: string, key: string): JsonObject {
    const previous = this.read(collection, key)
    if (previous === undefined) throw new Error(`no ${collection} ${key}`)
    return this.#commit('DELETED', collection, key, previous, previous)
  }

  /** All of a collection, sorted by key. @throws CompactedError */
  list(collection: string, revision = this.#revision): readonly Entry[] {
    if (revision < this.#compactedAt) throw new CompactedError(this.#compactedAt)
    const objects = new Map(this.#collections.get(collection))
    for (let index = this.#log.length - 1; index >= 0; index--) {
      const event = this.#log[index]
      if (event === undefined || event.revision <= revision) break
      if (event.collection !== collection) continue
      if (event.previous === undefined) objects.delete(event.key)
      else objects.set(event.key, event.previous)
    }
    return [...objects]
      .map(([key, object]) => ({ key, object }))
      .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  }

  /** The changes after that revision, oldest first. @throws CompactedError */
  since(collection: string, revision: number): readonly StoreEvent[] {
    if (revision < this.#compactedAt) throw new CompactedError(this.#compactedAt)
    return this.#log.filter((event) => event.collection === collection && event.revision > revision)
  }

  /** Calls back on every later change, synchronously and in order, until the returned function is called. */
  listen(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Forgets the history: revisions before the present one are gone. */
  compact(): void {
    this.#compactedAt = this.#revision
    this.#log = []
  }

  #commit(
    type: StoreEvent['type'],
    collection: string,
    key: string,
    object: JsonObject,
    previous: JsonObject | undefined,
  ): JsonObject {
    this.#revision++
    const stored = frozen(withRevision(object, this.#revision))
    const objects = this.#collections.get(collection) ?? new Map<string, JsonObject>()
    this.#collections.set(collection, objects)
    if (type === 'DELETED') objects.delete(key)
    else objects.set(key, stored)
    const event = { revision: this.#revision, type, collection, key, object: stored, previous }
    this.#log.push(event)
    if (this.#log.length > this.#historyLimit) {
      const dropped = this.#log.splice(0, this.#log.length - this.#historyLimit)
      this.#compactedAt = dropped.at(-1)?.revision ?? this.#compactedAt
    }
    for (const listener of [...this.#listeners]) listener(event)
    return stored
  }
}

function withRevision(object: JsonObject, revision: number): JsonObject {
  const metadata = objectAt(object, 'metadata')
  return { ...object, metadata: withMember(metadata, 'resourceVersion', String(revision)) }
}
