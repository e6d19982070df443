import { type Cidr, formatCidr } from '../../net/cidr.ts'
import { ProviderError } from '../errors.ts'
import type { Change, Outcome } from '../provider.ts'
import { type Target, formatTarget, sameTarget } from '../route.ts'
import { routeName } from './route-names.ts'
import { destinationOf, hasFailed, nextHop, targetOf } from './routes.ts'
import type { WireRoute, WireTable } from './wire.ts'

export interface Edit {
  /** What to write; undefined if nothing has to be. */
  readonly table: WireTable | undefined
  /** Of each change, in order: what became of it without a write, or `written` if the write decides. */
  readonly outcomes: readonly (Outcome | 'written')[]
  /** Names of the routes that it adds, or adds again, in lower case. */
  readonly added: readonly string[]
}

/**
 * Puts changes into a table as it was read. Whatever they do not touch stays as it is: other routes, their order, tags,
 * and what a newer version of the API has added. A destination that changes hands keeps its route, which then leads
 * elsewhere: two of one prefix are refused even for a moment
 * (https://github.com/kubernetes-sigs/cloud-provider-azure/issues/657), and so is none of it missing for one.
 *
 * Pure. What is removed makes room for what is added, whatever their order.
 * @param leftovers names of failed routes that are left out, unless a change is about them
 */
export function editTable(
  table: WireTable,
  changes: readonly Change[],
  routesPerTable: number,
  leftovers: ReadonlySet<string> = new Set(),
): Edit {
  const meant = new Set(changes.map(({ destination }) => formatCidr(destination)))
  const routes = withoutLeftovers(table, leftovers, meant).properties?.routes ?? []
  const editor = new Editor(routes, routesPerTable)
  const outcomes = new Map<number, Outcome | 'written'>()
  const inOrder = [...changes.entries()].sort(([, a], [, b]) => rank(a) - rank(b))
  for (const [index, change] of inOrder) {
    try {
      outcomes.set(index, editor.make(change))
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      outcomes.set(index, { result: 'failed', error })
    }
  }
  const isWritten = [...outcomes.values()].includes('written')
  return {
    table: isWritten ? { ...table, properties: { ...table.properties, routes: editor.routes } } : undefined,
    outcomes: changes.map((_, index) => outcomes.get(index) ?? done),
    added: editor.added,
  }
}

/** The table without failed routes of these names, in lower case, but for those whose destination is `meant`. Pure. */
export function withoutLeftovers(
  table: WireTable,
  leftovers: ReadonlySet<string>,
  meant: ReadonlySet<string> = new Set(),
): WireTable {
  const isLeftOver = (route: WireRoute): boolean => {
    const destination = destinationOf(route)
    const isMeant = destination !== undefined && meant.has(formatCidr(destination))
    return hasFailed(route) && leftovers.has(nameOf(route)) && !isMeant
  }
  const routes = (table.properties?.routes ?? []).filter((route) => !isLeftOver(route))
  return { ...table, properties: { ...table.properties, routes } }
}

const done: Outcome = { result: 'done' }
const nameOf = ({ name = '' }: WireRoute): string => name.toLowerCase()
const rank = ({ op }: Change): number => (op === 'delete' ? 0 : 1)

class Editor {
  readonly added: string[] = []
  #routes: readonly WireRoute[]
  readonly #limit: number

  constructor(routes: readonly WireRoute[], limit: number) {
    this.#routes = routes
    this.#limit = limit
  }

  get routes(): readonly WireRoute[] {
    return this.#routes
  }

  make(change: Change): Outcome | 'written' {
    const there = this.#at(change.destination)
    switch (change.op) {
      case 'create':
        if (there === undefined) return this.#add(change.destination, change.target)
        if (!sameTarget(targetOf(there), change.target)) throw changed(change, there)
        if (!hasFailed(there)) return { result: 'done', existed: true }
        // Azure failed to put it into force: to write it again may.
        this.added.push(nameOf(there))
        return 'written'
      case 'replace':
        if (there !== undefined && sameTarget(targetOf(there), change.target))
          return hasFailed(there) ? 'written' : done
        if (there === undefined || !sameTarget(targetOf(there), change.from)) throw changed(change, there)
        return this.#lead(there, change.destination, change.target)
      case 'delete':
        if (there === undefined) return done
        if (!sameTarget(targetOf(there), change.from)) throw changed(change, there)
        this.#routes = this.#routes.filter((route) => route !== there)
        return 'written'
    }
  }

  #at(destination: Cidr): WireRoute | undefined {
    const key = formatCidr(destination)
    return this.#routes.find((route) => {
      const range = destinationOf(route)
      return range !== undefined && formatCidr(range) === key
    })
  }

  #add(destination: Cidr, target: Target): 'written' {
    const hop = nextHop(destination, target)
    if (this.#routes.length >= this.#limit)
      throw new ProviderError(
        'quota',
        `the route table is full: it holds ${this.#routes.length} routes, and takes ${this.#limit}`,
        { code: 'RoutesPerTable', action: 'RouteTables_CreateOrUpdate' },
      )
    const name = routeName(destination, new Set(this.#routes.map(nameOf)))
    this.added.push(name.toLowerCase())
    this.#routes = [...this.#routes, { name, properties: { addressPrefix: formatCidr(destination), ...hop } }]
    return 'written'
  }

  #lead(there: WireRoute, destination: Cidr, target: Target): 'written' {
    const led = { ...there, properties: { ...there.properties, ...nextHop(destination, target) } }
    this.#routes = this.#routes.map((route) => (route === there ? led : route))
    return 'written'
  }
}

function changed({ destination, op }: Change, there: WireRoute | undefined): ProviderError {
  const now = there === undefined ? 'has no route' : `leads to ${formatTarget(targetOf(there))}`
  return new ProviderError('changed', `${formatCidr(destination)} ${now} now: nothing was written`, {
    code: 'RouteChanged',
    action: op,
  })
}
