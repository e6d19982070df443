import { backoffMs, type BackoffOptions } from './backoff.ts'
import { delay, type Clock, type Timer } from './clock.ts'
import { errorFromStatus, isGone, isKubeError, KubeError } from './errors.ts'
import { FailureLog } from './failure-log.ts'
import { silentLogger, type Logger } from './log.ts'
import type { KubeObject, WatchEvent } from './objects.ts'
import type { Resource } from './resource.ts'
import { objectKey, Store, type Change } from './store.ts'

export interface ReflectorOptions<T extends KubeObject> {
  readonly resource: Pick<Resource<T>, 'type' | 'list' | 'watch'>
  readonly clock: Clock
  /** A number from 0 to below 1. */
  readonly random: () => number
  readonly log?: Logger
  /** What of each object is kept, and shown to handlers: all of it unless told. Pure, and leaves name, uid and version. */
  readonly keep?: (object: T) => T
  /** Items of one page of a list. */
  readonly pageSize?: number
  /** How often every object is repeated as a `resync`. */
  readonly resyncMs?: number
  /** Between these many seconds a watch is asked to last; random, so that a fleet's watches do not end together. */
  readonly watchSeconds?: { readonly min: number; readonly max: number }
  /** A watch that is silent for longer is cut and opened anew. The API server sends a bookmark about every minute. */
  readonly staleAfterMs?: number
  readonly backoff?: BackoffOptions
}

const defaults = {
  // A Node has 14 kB and more, and a page is parsed in one go.
  pageSize: 250,
  resyncMs: 600_000,
  watchSeconds: { min: 300, max: 600 },
  staleAfterMs: 150_000,
  backoff: { baseMs: 800, maxMs: 30_000 },
}

/** A watch that ends sooner than this and brought nothing is a failure: else a server that hangs up at once is hammered. */
const shortWatchMs = 10_000
/** After so many failures in a row the version to go on from is doubted too (an etcd restored from a backup, say). */
const failuresUntilRelist = 5
/** However long a server asks us to wait. */
const maxRetryAfterMs = 300_000

/**
 * Keeps a copy of all objects of one type, and tells of each change: LIST in pages, then WATCH from there on, for as long
 * as it is let run. It never gives up and never ends by itself: what client-node's informer does on the first error that
 * is not a 410 (https://github.com/kubernetes-client/javascript/issues/2385).
 *
 * - A change is delivered to all handlers before the next one; the copy holds the new state by then.
 * - A handler that throws is logged; the other handlers and the next changes are delivered all the same.
 * - The changes of one name follow each other as they happened, with gaps closed: a re-created object is `deleted`, then `added`.
 * - After a gap (version too old, connection lost for long) the list is compared with the copy, deletes first.
 * - Once the signal is aborted: no change, no request.
 */
export class Reflector<T extends KubeObject> {
  /** Resolves when the first list is delivered; rejects with the signal's reason if it was aborted before. */
  readonly synced: Promise<void>

  readonly #options: Required<ReflectorOptions<T>>
  readonly #store = new Store<T>()
  readonly #handlers: ((change: Change<T>) => void)[] = []
  readonly #firstList = Promise.withResolvers<undefined>()
  #hasSynced = false
  #started = false
  /** The version to watch from; undefined if a list is due. */
  #resume: string | undefined
  /** In a row: a watch that brought something, or lasted, ends the row. */
  #failures = 0
  readonly #failureLog: FailureLog<'watch'>

  constructor(options: ReflectorOptions<T>) {
    this.#options = { log: silentLogger, keep: (object) => object, ...defaults, ...options }
    this.#failureLog = new FailureLog(this.#options.log)
    this.synced = this.#firstList.promise
    // Nobody has to wait for it, so its rejection is no fault of the program.
    this.synced.catch(() => undefined)
  }

  /** Handlers see what happens after they are registered: register before `run`. Called in order of registration. */
  onChange(handler: (change: Change<T>) => void): void {
    this.#handlers.push(handler)
  }

  hasSynced(): boolean {
    return this.#hasSynced
  }

  /** @param key the name; `namespace/name` for a namespaced type */
  get(key: string): T | undefined {
    return this.#store.get(key)
  }

  list(): readonly T[] {
    return this.#store.list()
  }

  /** Runs until the signal aborts, then resolves. Rejects only if it is called twice. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#started) throw new Error('a Reflector runs once: make a new one')
    this.#started = true
    const resync = this.#repeatEverything(signal)
    try {
      while (!signal.aborted) {
        try {
          if (this.#resume === undefined) await this.#list(signal)
          else await this.#watch(this.#resume, signal)
        } catch (error) {
          await this.#recover(error, signal)
        }
      }
    } finally {
      resync.cancel()
      this.#firstList.reject(signal.reason)
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { items, resourceVersion } = await this.#listPages(signal)
    if (signal.aborted) return
    this.#resume = resourceVersion
    const delivered = this.#deliver(this.#store.replace(items), signal)
    if (!delivered || this.#hasSynced) return
    this.#hasSynced = true
    this.#firstList.resolve(undefined)
  }

  async #listPages(signal: AbortSignal): Promise<{ items: readonly T[]; resourceVersion: string }> {
    const { keep, resource, pageSize } = this.#options
    const first = await resource.list({ limit: pageSize }, { signal })
    if (first.resourceVersion === '')
      throw invalidAnswer(`the list of ${resource.type.plural} has no version`)
    const items = first.items.map(keep)
    let token = first.continue
    while (token !== undefined) {
      try {
        const page = await resource.list({ limit: pageSize, continue: token }, { signal })
        items.push(...page.items.map(keep))
        token = page.continue
      } catch (error) {
        if (!isGone(error)) throw error
        // The pages took longer than etcd keeps versions (5 minutes by default): only one big page is sure to arrive.
        const whole = await resource.list({}, { signal })
        return { items: whole.items.map(keep), resourceVersion: whole.resourceVersion }
      }
    }
    return { items, resourceVersion: first.resourceVersion }
  }

  async #watch(from: string, signal: AbortSignal): Promise<void> {
    const { clock, random, resource, staleAfterMs, watchSeconds } = this.#options
    const cut = new AbortController()
    const stop = (): void => cut.abort(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    const stale = new KubeError(`watch of ${resource.type.plural}: silent for ${staleAfterMs} ms`, {
      status: 0,
      reason: 'Timeout',
    })
    const arm = (): Timer => clock.setTimeout(() => cut.abort(stale), staleAfterMs)
    let watchdog = arm()
    const start = clock.monotonic()
    const lasting = (): boolean => clock.monotonic() - start >= shortWatchMs
    let events = 0
    try {
      const watch = resource.watch({
        resourceVersion: from,
        timeoutSeconds: Math.floor(watchSeconds.min + random() * (watchSeconds.max - watchSeconds.min)),
        bookmarks: true,
        signal: cut.signal,
      })
      for await (const event of watch) {
        if (signal.aborted) return
        watchdog.cancel()
        watchdog = arm()
        this.#take(event, signal)
        events++
        this.#failures = 0
      }
      if (events === 0 && !lasting())
        throw new KubeError(`watch of ${resource.type.plural}: ended at once`, {
          status: 0,
          reason: 'Unreachable',
        })
    } catch (error) {
      if (lasting()) this.#failures = 0
      throw error
    } finally {
      watchdog.cancel()
      signal.removeEventListener('abort', stop)
    }
    this.#failures = 0
  }

  #take(event: WatchEvent<T>, signal: AbortSignal): void {
    const { keep } = this.#options
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
        this.#resume = event.object.metadata.resourceVersion
        this.#deliver(this.#store.put(keep(event.object)), signal)
        return
      case 'DELETED':
        this.#resume = event.object.metadata.resourceVersion
        this.#deliver(this.#store.remove(keep(event.object)), signal)
        return
      case 'BOOKMARK':
        this.#resume = event.object.metadata.resourceVersion
        return
      case 'ERROR': {
        const { clock, resource } = this.#options
        throw errorFromStatus(
          { status: 0, body: event.object },
          `watch of ${resource.type.plural}`,
          clock.now(),
        )
      }
    }
  }

  /** Decides where to go on, and waits. */
  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const { backoff, clock, log, random, resource } = this.#options
    this.#failures++
    const fields = { resource: resource.type.plural, failures: this.#failures, err: error }
    if (isGone(error) || this.#failures % failuresUntilRelist === 0) this.#resume = undefined
    if (isGone(error) && this.#failures === 1) {
      log.info(fields, 'version too old for a watch: listing again')
      return
    }
    const asked = isKubeError(error) ? Math.min(error.retryAfterMs ?? 0, maxRetryAfterMs) : 0
    const waitMs = Math.max(backoffMs(this.#failures, backoff, random), asked)
    if (this.#failures === 1) this.#failureLog.over('watch')
    this.#failureLog.tell('watch', {
      level: 'warn',
      what: String(error),
      fields: { ...fields, waitMs: Math.round(waitMs) },
      message: 'list or watch failed: trying again',
    })
    await delay(clock, waitMs, signal)
  }

  #repeatEverything(signal: AbortSignal): Timer {
    const { clock, resyncMs } = this.#options
    const repeat = (): void => {
      timer = clock.setTimeout(repeat, resyncMs)
      const objects = this.#hasSynced ? this.#store.list() : []
      this.#deliver(
        objects.map((object) => ({ type: 'resync', object })),
        signal,
      )
    }
    let timer = clock.setTimeout(repeat, resyncMs)
    return { cancel: () => timer.cancel() }
  }

  /** False if the signal was aborted on the way: the rest is dropped. */
  #deliver(changes: readonly Change<T>[], signal: AbortSignal): boolean {
    for (const change of changes) {
      for (const handler of this.#handlers) {
        if (signal.aborted) return false
        try {
          handler(change)
        } catch (error) {
          this.#options.log.error(
            { err: error, change: change.type, object: objectKey(change.object.metadata) },
            'a handler of changes threw: going on',
          )
        }
      }
    }
    return !signal.aborted
  }
}

const invalidAnswer = (message: string): KubeError =>
  new KubeError(message, { status: 0, reason: 'InvalidAnswer' })
