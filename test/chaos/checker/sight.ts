import { containsCidr, formatCidr, parseCidr } from '../../../net/cidr.ts'
import {
  type Entry,
  type Holds,
  type NodeState,
  type RecordState,
  type RouteChange,
  type Targets,
  people,
} from '../journal.ts'

/** A route as it stands, or stood, in a table. */
export interface Route {
  readonly table: string
  readonly destination: string
  readonly target: string
  /** Who wrote it, or wrote over it last. */
  readonly by: string
  readonly since: number
  /** Of several to one destination, which. */
  readonly name?: string
  readonly priority: number
  /** People made it, and it became podway's: as long as the ledger says so. */
  readonly isAdopted?: true
}

/** For a time: up to now if `until` is Infinity. */
export interface Past<T> {
  readonly value: T
  readonly since: number
  readonly until: number
}

/** What everything is at a moment, and was before, by the journal alone. */
export class Sight {
  now = 0
  readonly nodes = new Map<string, NodeState>()
  readonly records = new Map<string, RecordState>()
  /** By place. */
  readonly #tables = new Map<string, Map<string, Route>>()
  /** Tables whose routes are in force later than they are there, and what is in force there, by destination. */
  readonly #inForce = new Map<string, ReadonlyMap<string, string>>()
  /** Of the cluster, and since when. */
  readonly clusterTables = new Map<string, number>()
  readonly #holds = new Map<string, Holds>()
  /** By provider ID. */
  readonly machines = new Map<string, { readonly targets: Targets; readonly state: string }>()
  /** What packets followed, by table and destination: `target`, or several with `+` between. */
  readonly #routesPast = new Map<string, Past<string>[]>()
  /** `table destination` of all that controllers ever made, and nobody made them forget. */
  readonly #made = new Set<string>()
  readonly #recordsPast = new Map<string, Past<RecordState>[]>()
  /** By process and uid: Nodes that it was ever told of. */
  readonly #heardOf = new Set<string>()
  readonly #told = new Map<string, { readonly at: number; readonly revision: number }[]>()
  /** Whether foreign routes that match become podway's. */
  readonly adopts: boolean

  constructor(adopts = false) {
    this.adopts = adopts
  }

  /** Takes in what an entry has changed. */
  take(entry: Entry): void {
    this.now = entry.at
    switch (entry.kind) {
      case 'route':
        this.#takeChange(entry.by, entry.change)
        return
      case 'in-force':
        this.#takeForce(entry.table, entry.routes)
        return
      case 'machine':
        this.machines.set(entry.providerID, { targets: entry.targets, state: entry.state })
        return
      case 'tables': {
        const before = new Map(this.clusterTables)
        this.clusterTables.clear()
        for (const table of entry.tables) this.clusterTables.set(table, before.get(table) ?? entry.at)
        for (const [table, holds] of Object.entries(entry.holds ?? {})) this.#holds.set(table, holds)
        return
      }
      case 'told':
        this.#tell(entry.by, entry)
        return
      case 'node':
        if (entry.before !== undefined) this.nodes.delete(entry.before.name)
        if (entry.node !== undefined) this.nodes.set(entry.node.name, entry.node)
        return
      case 'record': {
        const destination = (entry.record ?? entry.before)?.destination ?? ''
        if (entry.record === undefined) this.records.delete(destination)
        else this.records.set(destination, entry.record)
        // With the record goes what it said of where the route was seen.
        if (entry.by === people && entry.record?.isDeleting !== false)
          for (const made of this.#made)
            if (made.endsWith(` ${canonical(destination)}`)) this.#made.delete(made)
        remember(this.#recordsPast, destination, entry.record, entry.at)
        for (const route of this.adoptedBy(entry)) this.#put({ ...route, by: entry.by, isAdopted: true })
        this.#disown(destination, entry.record?.tables ?? [])
        return
      }
      case 'cloud-call':
      case 'room':
      case 'table-edit':
      case 'kube-write':
      case 'lease':
      case 'crash':
        return
    }
  }

  /** Those of the cluster that the destination is for, and since when the cluster has them. */
  tablesFor(destination: string): readonly (readonly [table: string, since: number])[] {
    const wanted = parseCidr(destination)
    return [...this.clusterTables].filter(([table]) => {
      const holds = this.#holds.get(table)
      if (holds === undefined) return true
      const isWithin = holds.ranges.some((range) => containsCidr(parseCidr(range), wanted))
      return isWithin === (holds.which === 'inside')
    })
  }

  /** Whether the table's ranges are delegated: no two meet, and one that moves is taken away before it is given. */
  delegates(table: string): boolean {
    return this.#holds.get(table)?.which === 'inside'
  }

  /** Whose, by the ledger, is to be what a delete there takes from somebody else: half of a move. Undefined if it is none. */
  heirOf(change: Pick<RouteChange, 'table' | 'destination' | 'name'>): string | undefined {
    const target = this.records.get(canonical(change.destination))?.target
    return this.delegates(change.table) && target !== this.at(change)?.target ? target : undefined
  }

  /** The route that a change is about. */
  at(change: Pick<RouteChange, 'table' | 'destination' | 'name'>): Route | undefined {
    return this.#tables.get(change.table)?.get(placeOf(change))
  }

  routesTo(table: string, destination: string): readonly Route[] {
    const wanted = canonical(destination)
    return this.routes(table).filter((route) => route.destination === wanted)
  }

  /** The foreign routes that a new state of a record makes podway's: each leads where its Node's route has to lead. */
  adoptedBy({ before, by, record }: Extract<Entry, { kind: 'record' }>): readonly Route[] {
    if (!this.adopts || by === people || record === undefined) return []
    const isNodes = [...this.nodes.values()].some(
      (node) =>
        node.podCIDRs.map(canonical).includes(canonical(record.destination)) &&
        this.targetOf(node, record.destination) === record.target,
    )
    if (!isNodes) return []
    return record.tables
      .filter((table) => before?.tables.includes(table) !== true)
      .flatMap((table) => this.routesTo(table, record.destination))
      .filter((route) => route.by === people && route.target === record.target)
  }

  /** Of the routes to the destination, those that packets follow; none where there is none. */
  carriers(table: string, destination: string): readonly Route[] {
    const all = this.routesTo(table, destination)
    const best = Math.min(...all.map(({ priority }) => priority))
    return all.filter(({ priority }) => priority === best)
  }

  /** By destination, as text; undefined where what is in a table is in force at once. */
  inForce(table: string): ReadonlyMap<string, string> | undefined {
    return this.#inForce.get(table)
  }

  routes(table: string): readonly Route[] {
    return [...(this.#tables.get(table)?.values() ?? [])]
  }

  /** Targets to which the table led packets to the destination at some time since then. */
  targetsSince(table: string, destination: string, since: number): readonly string[] {
    const past = this.#routesPast.get(`${table} ${canonical(destination)}`) ?? []
    return past.filter(({ until }) => until >= since).map(({ value }) => value)
  }

  /** Whether a controller has made a route to the destination there, and its ledger says so. */
  wasMade(table: string, destination: string): boolean {
    return this.#made.has(`${table} ${canonical(destination)}`)
  }

  /** What the record of the destination said at some time since then. */
  recordsSince(destination: string, since: number): readonly RecordState[] {
    const past = this.#recordsPast.get(canonical(destination)) ?? []
    return past.filter(({ until }) => until >= since).map(({ value }) => value)
  }

  /** What a route to the destination points at if it leads to the node's machine. */
  targetOf(node: NodeState, destination: string): string | undefined {
    return this.machines.get(node.providerID)?.targets[destination.includes(':') ? 'v6' : 'v4']
  }

  /** Of the machine behind it; of several that had it, of the one that runs. */
  stateOf(target: string): string | undefined {
    const states = [...this.machines.values()]
      .filter(({ targets }) => targets.v4 === target || targets.v6 === target)
      .map(({ state }) => state)
    return states.find((state) => state === 'running') ?? states.at(-1)
  }

  /** Whether the process had heard of this state of the Node at that time. */
  knew(process: string, { revision, uid }: NodeState, at: number): boolean {
    if (!this.#heardOf.has(`${process} ${uid}`)) return false
    return (this.#told.get(process) ?? []).some((told) => told.at <= at && told.revision >= revision)
  }

  #takeChange(by: string, change: RouteChange): void {
    const { op, priority = 0, table, target = '' } = change
    const destination = canonical(change.destination)
    const routes = this.#tables.get(table) ?? new Map<string, Route>()
    this.#tables.set(table, routes)
    const name = change.name === undefined ? {} : { name: change.name }
    if (op === 'delete') routes.delete(placeOf(change))
    else routes.set(placeOf(change), { table, destination, target, by, since: this.now, priority, ...name })
    if (op === 'create' && by !== people) this.#made.add(`${table} ${destination}`)
    if (this.#inForce.has(table)) return
    const targets = this.carriers(table, destination).map((route) => route.target)
    remember(this.#routesPast, `${table} ${destination}`, inText(targets), this.now)
  }

  #put(route: Route): void {
    this.#tables.get(route.table)?.set(placeOf(route), route)
  }

  /** What was adopted in other tables than these is people's again. */
  #disown(destination: string, tables: readonly string[]): void {
    for (const table of this.#tables.keys())
      for (const route of this.routesTo(table, destination))
        if (route.isAdopted === true && !tables.includes(table)) {
          const { isAdopted: _, ...rest } = route
          this.#put({ ...rest, by: people })
        }
  }

  #takeForce(table: string, routes: Extract<Entry, { kind: 'in-force' }>['routes']): void {
    const before = this.#inForce.get(table) ?? new Map<string, string>()
    const now = new Map(routes.map(({ destination, target }) => [canonical(destination), target]))
    this.#inForce.set(table, now)
    for (const destination of new Set([...before.keys(), ...now.keys()]))
      if (before.get(destination) !== now.get(destination))
        remember(this.#routesPast, `${table} ${destination}`, now.get(destination), this.now)
  }

  #tell(process: string, { revision, uids }: Extract<Entry, { kind: 'told' }>): void {
    for (const uid of uids) this.#heardOf.add(`${process} ${uid}`)
    const told = this.#told.get(process) ?? []
    this.#told.set(process, told)
    if ((told.at(-1)?.revision ?? 0) < revision) told.push({ at: this.now, revision })
  }
}

/** Which of a table's routes a change is about, or a route is. */
export const placeOf = ({ destination, name }: Pick<RouteChange, 'destination' | 'name'>): string =>
  name ?? canonical(destination)

const inText = (targets: readonly string[]): string | undefined =>
  targets.length === 0 ? undefined : [...new Set(targets)].sort().join('+')

export const canonical = (cidr: string): string => formatCidr(parseCidr(cidr))

function remember<T>(past: Map<string, Past<T>[]>, key: string, value: T | undefined, at: number): void {
  const known = past.get(key) ?? []
  past.set(key, known)
  const last = known.pop()
  if (last !== undefined) known.push(last.until === Infinity ? { ...last, until: at } : last)
  if (value !== undefined) known.push({ value, since: at, until: Infinity })
}
