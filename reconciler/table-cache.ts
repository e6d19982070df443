import type { Cidr } from '../net/cidr.ts'
import { CidrSet } from '../net/cidr-set.ts'
import type { Change, Snapshot } from '../providers/provider.ts'
import { type ObservedRoute, type Table, sameTarget } from '../providers/route.ts'
import { type DestinationKey, destinationKey } from './ledger/record.ts'

/**
 * What the tables hold, as far as is known: the last listing of each, and what we have written since. A table that was
 * not listed yet is there without routes and not `loaded`: nothing is planned for it, and the others don't wait.
 */
export class TableCache {
  readonly #views = new Map<string, View>()
  #discovered = false
  #clock = 0

  /** Whether the set of tables is known; until then none is missing and none is too many. */
  get discovered(): boolean {
    return this.#discovered
  }

  /** Sorted by id. */
  tables(): readonly Table[] {
    return [...this.#views.values()].map((view) => view.table).sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  has(tableId: string): boolean {
    return this.#views.has(tableId)
  }

  /** Takes the tables that there are now; returns those that were not known before. */
  discover(tables: readonly Table[]): readonly Table[] {
    this.#discovered = true
    const fresh = tables.filter((table) => !this.#views.has(table.id))
    const gone = new Set(this.#views.keys()).difference(new Set(tables.map((table) => table.id)))
    for (const id of gone) this.#views.delete(id)
    for (const table of tables) {
      const view = this.#views.get(table.id)
      if (view !== undefined) view.table = table
    }
    for (const table of fresh)
      this.#views.set(table.id, {
        table,
        loaded: false,
        routes: new Map(),
        ranges: new CidrSet(),
        writing: new Set(),
        written: new Map(),
        doubted: new Map(),
      })
    return fresh
  }

  /** Whether the table was listed since it became known. */
  loaded(tableId: string): boolean {
    return this.#views.get(tableId)?.loaded ?? false
  }

  /** Whether it is known what the table holds at the destination. */
  knows(tableId: string, key: DestinationKey): boolean {
    const view = this.#views.get(tableId)
    return view !== undefined && view.loaded && !view.doubted.has(key)
  }

  /** Somebody knows something of the destination that the last listing may not: only the next one counts. */
  doubt(tableId: string, key: DestinationKey): void {
    this.#views.get(tableId)?.doubted.set(key, ++this.#clock)
  }

  route(tableId: string, key: DestinationKey): ObservedRoute | undefined {
    return this.#views.get(tableId)?.routes.get(key)
  }

  /** All routes of the table, foreign ones too. */
  routes(tableId: string): readonly ObservedRoute[] {
    return [...(this.#views.get(tableId)?.routes.values() ?? [])]
  }

  /** Routes to a part of the range: they win over one to the whole. */
  inside(tableId: string, range: Cidr): readonly ObservedRoute[] {
    const view = this.#views.get(tableId)
    if (view === undefined) return []
    return view.ranges.inside(range).flatMap((cidr) => view.routes.get(destinationKey(cidr)) ?? [])
  }

  /** A mark of the present, to be taken before a listing is asked for and given back with its answer. */
  mark(): number {
    return ++this.#clock
  }

  /**
   * Takes a listing that was asked for at the mark. What we have written since then stays as we wrote it: the listing may
   * be older. What we are writing stays as it was: that it is there already need not mean that it is over. Returns the
   * routes that were not known before, to there.
   */
  load(tableId: string, snapshot: Snapshot, mark: number): readonly ObservedRoute[] {
    const view = this.#views.get(tableId)
    if (view === undefined) return []
    // A propagated route may have the destination of a static one, which wins in the cloud, and is the one we could change.
    const staticLast = snapshot.routes.toSorted(
      (a, b) => Number(a.origin === 'static') - Number(b.origin === 'static'),
    )
    const routes = new Map(staticLast.map((route) => [destinationKey(route.destination), route]))
    for (const [key, writtenAt] of view.written) if (writtenAt < mark) view.written.delete(key)
    for (const key of [...view.written.keys(), ...view.writing]) {
      const kept = view.routes.get(key)
      if (kept === undefined) routes.delete(key)
      else routes.set(key, kept)
    }
    for (const [key, doubtedAt] of view.doubted) if (doubtedAt < mark) view.doubted.delete(key)
    const known = view.routes
    view.routes = routes
    view.ranges = new CidrSet()
    for (const { destination } of routes.values()) view.ranges.add(destination)
    view.loaded = true
    return [...routes].flatMap(([key, route]) => {
      const before = known.get(key)
      return before !== undefined && sameTarget(before.target, route.target) ? [] : [route]
    })
  }

  /** A write of the destination begins; call what is returned when it is over, whatever became of it. */
  begin(tableId: string, { destination }: Change): () => void {
    const writing = this.#views.get(tableId)?.writing
    const key = destinationKey(destination)
    writing?.add(key)
    return () => void writing?.delete(key)
  }

  /** Takes a change that the cloud has acknowledged. */
  record(tableId: string, change: Change): void {
    const view = this.#views.get(tableId)
    if (view === undefined) return
    const key = destinationKey(change.destination)
    view.written.set(key, ++this.#clock)
    view.doubted.delete(key)
    switch (change.op) {
      case 'create':
      case 'replace':
        view.routes.set(key, {
          destination: change.destination,
          target: change.target,
          state: 'active',
          origin: 'static',
        })
        view.ranges.add(change.destination)
        return
      case 'delete':
        view.routes.delete(key)
        view.ranges.delete(change.destination)
        return
    }
  }
}

interface View {
  table: Table
  loaded: boolean
  routes: Map<DestinationKey, ObservedRoute>
  /** The destinations of `routes`. */
  ranges: CidrSet
  /** What a write is under way for. */
  readonly writing: Set<DestinationKey>
  /** When, by our own clock, we last wrote the destination. */
  readonly written: Map<DestinationKey, number>
  /** Since when, by our own clock, the destination is in doubt. */
  readonly doubted: Map<DestinationKey, number>
}
