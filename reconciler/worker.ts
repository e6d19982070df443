import { FailureLog } from '../kube/failure-log.ts'
import type { Logger } from '../kube/log.ts'
import type { Family } from '../net/address.ts'
import { ProviderError } from '../providers/errors.ts'
import type { TargetQuery } from '../providers/provider.ts'
import { type Retry, retryOf } from './apply/retry.ts'
import type { ControllerParts } from './assemble.ts'
import { RecordChangedError } from './ledger/ledger.ts'
import { type DestinationKey, destinationKey } from './ledger/record.ts'
import { TargetRounds } from './target-rounds.ts'
import { maxBatch } from './targets.ts'
import { type WorkKey, workOf } from './work-key.ts'

/** Targets are looked at once in so many looks for tables: readings of tables show what is urgent. */
const looksPerRound = 4

interface WorkerOptions {
  readonly driftMs: number
  /** Whether routes are written at all. */
  readonly configureRoutes: boolean
  readonly log: Logger
  /** Called with what no retry can mend. */
  readonly fatal: (error: ProviderError) => void
}

/** Does the work that a key stands for, and says when to come again. */
export class Worker {
  readonly #parts: ControllerParts
  readonly #options: WorkerOptions
  readonly #failures: FailureLog<WorkKey>

  readonly #rounds = new TargetRounds()
  /** How often the tables were looked for. */
  #looks = 0
  /** What was to be done about each destination that waits for its time. */
  readonly #waiting = new Map<DestinationKey, string>()

  constructor(parts: ControllerParts, options: WorkerOptions) {
    this.#parts = parts
    this.#options = options
    this.#failures = new FailureLog(options.log)
  }

  /** Rejects with what it does not know: the queue then retries the key with back-off. */
  async handle(key: WorkKey, signal: AbortSignal): Promise<void> {
    const { queue } = this.#parts
    let retry: Retry | undefined
    try {
      retry = await this.#look(key, signal)
      this.#failures.over(key)
    } catch (error) {
      if (signal.aborted) throw error
      if (error instanceof RecordChangedError) {
        this.#options.log.info({ key }, error.message)
        queue.retry(key)
        return
      }
      if (!(error instanceof ProviderError)) throw error
      this.#failures.tell(key, {
        level: 'warn',
        what: `${error.class} ${error.code} ${error.action}`,
        fields: { key, err: error, class: error.class },
        message: error.message,
      })
      retry = retryOf(error)
      if (retry.kind === 'never') this.#options.fatal(error)
    }
    if (retry === undefined) queue.forget(key)
    else this.#comeAgain(key, retry)
  }

  async #look(key: WorkKey, signal: AbortSignal): Promise<Retry | undefined> {
    const { claims, losses, nodes, podNetwork, queue, reader, routes, tables } = this.#parts
    const work = workOf(key)
    switch (work.kind) {
      case 'tables':
        if (!this.#options.configureRoutes) {
          tables.discover([])
          this.#parts.tablesRead()
          podNetwork?.tablesFound()
          return undefined
        }
        // Asked for before the answer, so that a provider reads all of them by one call.
        for (const { id } of tables.tables()) queue.add(`table ${id}`)
        for (const { id } of await reader.discover(claims.nodes(), signal)) queue.add(`table ${id}`)
        // Otherwise the nodes learn of it by the reading of the tables.
        if (tables.tables().length === 0) {
          this.#parts.tablesRead()
          this.#lookAtRoutes()
        }
        if (++this.#looks % looksPerRound === 0) queue.add('targets')
        podNetwork?.tablesFound()
        // The next look is due even if one in between fails.
        queue.addAfter('tables', this.#options.driftMs)
        return undefined
      case 'table':
        if (await reader.read(work.id, signal)) {
          losses.afterRead(work.id)
          if (this.#suspects([work.id]).size > 0) queue.add('targets')
          this.#parts.tablesRead()
          this.#lookAtRoutes()
          podNetwork?.look()
          return undefined
        }
        // Looked for once: a table that is still named, and still not there, would be looked for without end.
        if (queue.failures(key) === 0) queue.add('tables')
        return { kind: 'soon' }
      case 'targets':
        await this.#lookAtTargets()
        if (reader.outdated) queue.add('tables')
        return undefined
      case 'pod-network':
        return podNetwork?.publish(signal)
      case 'route': {
        const retry = await routes.reconcile(work.destination, signal)
        if (retry?.kind !== 'after') this.#waiting.delete(work.destination)
        if (reader.outdated) queue.add('tables')
        // Of several that claim it, each is told whose it is.
        for (const { name } of claims.claimants(work.destination)) queue.add(`node ${name}`)
        return retry
      }
      case 'node':
        this.#lookUpAhead(work.name)
        try {
          return await nodes.reconcile(work.name, signal)
        } finally {
          if (reader.outdated) queue.add('tables')
        }
    }
  }

  /** Asks for a new node's instance while its podCIDRs are yet to be written, so that its routes need not wait for it. */
  #lookUpAhead(name: string): void {
    const { allocator, claims, targets } = this.#parts
    const node = claims.node(name)
    if (
      !this.#options.configureRoutes ||
      allocator === undefined ||
      node === undefined ||
      node.podCIDRs.length > 0
    )
      return
    for (const family of allocator.families) {
      // Whoever needs the answer asks again, and learns of a failure there.
      if (targets.cached(node, family) === undefined) targets.resolve(node, family).catch(() => undefined)
    }
  }

  #comeAgain(key: WorkKey, retry: Retry): void {
    const { queue, routes, tables } = this.#parts
    switch (retry.kind) {
      case 'soon':
        queue.retry(key)
        return
      case 'after': {
        const work = workOf(key)
        if (work.kind === 'route') this.#waiting.set(work.destination, routes.outlook(work.destination))
        // It has a time of its own, and no back-off to keep to: what makes it possible earlier may bring it earlier.
        queue.forget(key)
        queue.addAfter(key, retry.ms)
        return
      }
      case 'reread':
        // Each table when its turn comes; the key waits its back-off, by which time they are usually read.
        for (const { id } of tables.tables()) if (key !== `table ${id}`) queue.add(`table ${id}`)
        queue.retry(key)
        return
      case 'turn':
      case 'never':
        return
    }
  }

  /** A table was read: come to every destination that is not as it should be, and as the ledger says. */
  #lookAtRoutes(): void {
    const { claims, ledger, queue, routes } = this.#parts
    const recorded = ledger.all().map((record) => destinationKey(record.destination))
    for (const key of new Set([...claims.keys(), ...recorded])) {
      const holder = claims.holder(key, ledger.get(key)?.node)
      // What failed comes back by itself. A failure that asks for a reading would be repeated at once by it, without end.
      const failed = queue.failures(`route ${key}`) > 0
      // What has a time of its own keeps to it, unless there is something new to be done about it.
      const waits = this.#waiting.has(key) && this.#waiting.get(key) === routes.outlook(key)
      if (holder !== undefined && (failed || waits || routes.atRest(key))) queue.add(`node ${holder.name}`)
      else if (!failed && !waits) queue.add(`route ${key}`)
    }
  }

  /** Instances are replaced, interfaces are swapped, checks are turned on again by hand. */
  async #lookAtTargets(): Promise<void> {
    const { claims, queue, tables, targets } = this.#parts
    const nodes = new Map(claims.nodes().map((node) => [node.name, node]))
    const familiesOf = (name: string): readonly Family[] => [
      ...new Set(claims.destinations(name).map(({ family }) => family)),
    ]
    const isDual = [...nodes.keys()].some((name) => familiesOf(name).length > 1)
    const ids = tables.tables().map(({ id }) => id)
    const count = (maxBatch / (isDual ? 2 : 1)) * Math.max(1, ids.length)
    const chosen = this.#rounds.next([...nodes.keys()], this.#suspects(ids), count)
    const queries = chosen.flatMap((name) => {
      const node = nodes.get(name)
      return node === undefined ? [] : familiesOf(name).map((family): TargetQuery => ({ node, family }))
    })
    const changed = await targets.refresh(queries)
    for (const [index, { node }] of queries.entries()) {
      if (changed[index] === false) continue
      for (const cidr of claims.destinations(node.name)) queue.add(`route ${destinationKey(cidr)}`)
    }
  }

  /**
   * The nodes whose route in one of these tables leads to what is gone, or stands still: what they are reached by may be
   * something else now. And those that could not be made to forward.
   */
  #suspects(tableIds: readonly string[]): ReadonlySet<string> {
    const { claims, ledger, tables, targets } = this.#parts
    const isDead = (key: DestinationKey): boolean =>
      tableIds.some((id) => tables.route(id, key)?.state === 'blackhole')
    const lost = claims.keys().filter(isDead)
    return new Set([
      ...lost.flatMap((key) => claims.holder(key, ledger.get(key)?.node)?.name ?? []),
      ...claims.nodes().flatMap((node) => (targets.isHeldUp(node) ? [node.name] : [])),
    ])
  }
}
