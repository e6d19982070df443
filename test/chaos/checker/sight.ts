import { formatCidr, parseCidr } from '../../../net/cidr.ts'
import type { Entry, NodeState, RecordState } from '../journal.ts'

/** A route as it stands, or stood, in a table. */
export interface Route {
  readonly table: string
  readonly destination: string
  readonly target: string
  /** Who wrote it, or wrote over it last. */
  readonly by: string
  readonly since: number
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
  readonly #tables = new Map<string, Map<string, Route>>()
  /** Of the cluster, and since when. */
  readonly clusterTables = new Map<string, number>()
  /** By provider ID. */
  readonly machines = new Map<string, { readonly target: string; readonly state: string }>()
  readonly #routesPast = new Map<string, Past<string>[]>()
  readonly #recordsPast = new Map<string, Past<RecordState>[]>()
  readonly #told = new Map<string, { readonly at: number; readonly revision: number }[]>()

  /** Takes in what an entry has changed. */
  take(entry: Entry): void {
    this.now = entry.at
    switch (entry.kind) {
      case 'cloud-call':
        if (entry.done && entry.change !== undefined) this.#takeChange(entry.by, entry.change)
        return
      case 'machine':
        this.machines.set(entry.providerID, { target: entry.target, state: entry.state })
        return
      case 'tables': {
        const before = new Map(this.clusterTables)
        this.clusterTables.clear()
        for (const table of entry.tables) this.clusterTables.set(table, before.get(table) ?? entry.at)
        return
      }
      case 'told':
        this.#tell(entry.by, entry.revision)
        return
      case 'node':
        if (entry.before !== undefined) this.nodes.delete(entry.before.name)
        if (entry.node !== undefined) this.nodes.set(entry.node.name, entry.node)
        return
      case 'record': {
        const destination = (entry.record ?? entry.before)?.destination ?? ''
        if (entry.record === undefined) this.records.delete(destination)
        else this.records.set(destination, entry.record)
        remember(this.#recordsPast, destination, entry.record, entry.at)
        return
      }
      case 'kube-write':
      case 'lease':
      case 'crash':
        return
    }
  }

  route(table: string, destination: string): Route | undefined {
    return this.#tables.get(table)?.get(canonical(destination))
  }

  routes(table: string): readonly Route[] {
    return [...(this.#tables.get(table)?.values() ?? [])]
  }

  /** Targets that the table had for the destination at some time since then. */
  targetsSince(table: string, destination: string, since: number): readonly string[] {
    const past = this.#routesPast.get(`${table} ${canonical(destination)}`) ?? []
    return past.filter(({ until }) => until >= since).map(({ value }) => value)
  }

  /** What the record of the destination said at some time since then. */
  recordsSince(destination: string, since: number): readonly RecordState[] {
    const past = this.#recordsPast.get(canonical(destination)) ?? []
    return past.filter(({ until }) => until >= since).map(({ value }) => value)
  }

  /** What the node's machine is reached by. */
  targetOf(node: NodeState): string | undefined {
    return this.machines.get(node.providerID)?.target
  }

  stateOf(target: string): string | undefined {
    return [...this.machines.values()].find((machine) => machine.target === target)?.state
  }

  /** Whether the process had heard of this state of the Node at that time. */
  knew(process: string, { revision }: NodeState, at: number): boolean {
    return (this.#told.get(process) ?? []).some((told) => told.at <= at && told.revision >= revision)
  }

  #takeChange(by: string, change: { op: string; table: string; destination: string; target?: string }): void {
    const { op, table, target = '' } = change
    const destination = canonical(change.destination)
    const routes = this.#tables.get(table) ?? new Map<string, Route>()
    this.#tables.set(table, routes)
    if (op === 'delete') routes.delete(destination)
    else routes.set(destination, { table, destination, target, by, since: this.now })
    remember(this.#routesPast, `${table} ${destination}`, op === 'delete' ? undefined : target, this.now)
  }

  #tell(process: string, revision: number): void {
    const told = this.#told.get(process) ?? []
    this.#told.set(process, told)
    if ((told.at(-1)?.revision ?? 0) < revision) told.push({ at: this.now, revision })
  }
}

export const canonical = (cidr: string): string => formatCidr(parseCidr(cidr))

function remember<T>(past: Map<string, Past<T>[]>, key: string, value: T | undefined, at: number): void {
  const known = past.get(key) ?? []
  past.set(key, known)
  const last = known.pop()
  if (last !== undefined) known.push(last.until === Infinity ? { ...last, until: at } : last)
  if (value !== undefined) known.push({ value, since: at, until: Infinity })
}
