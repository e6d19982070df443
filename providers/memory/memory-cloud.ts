import { type Address, formatAddress } from '../../net/address.ts'
import { type Cidr, containsCidr, formatCidr } from '../../net/cidr.ts'
import type { ApiBudget } from '../budget.ts'
import { type ErrorClass, ProviderError } from '../errors.ts'
import type { Change, NodePool, NodeView, ServedRange, TargetQuery } from '../provider.ts'
import { type ObservedRoute, type Table, type Target, formatTarget } from '../route.ts'

/** One call of the provider, in the order of arrival, failed ones too. */
export type MemoryCall =
  | { readonly method: 'tables' }
  | { readonly method: 'list'; readonly table: string }
  | { readonly method: 'targets'; readonly wanted: readonly TargetQuery[] }
  | { readonly method: 'pools'; readonly nodes: readonly NodeView[] }
  | { readonly method: 'apply'; readonly table: string; readonly changes: readonly Change[] }
  | { readonly method: 'prepare'; readonly targets: readonly Target[] }
  | { readonly method: 'running'; readonly targets: readonly Target[] }
  | { readonly method: 'servedRanges' }

/** One write that changed something, made through the provider. */
export type MemoryWrite =
  | {
      readonly op: 'create' | 'replace'
      readonly table: string
      readonly destination: Cidr
      readonly target: Target
    }
  | { readonly op: 'delete'; readonly table: string; readonly destination: Cidr }
  | { readonly op: 'prepare'; readonly target: Target }

/** Where a fault strikes: a whole call, or one change of a batch. */
export type FaultPoint =
  'tables' | 'list' | 'targets' | 'pools' | 'prepare' | 'running' | 'servedRanges' | Change['op']

export interface MemoryFault {
  readonly at: FaultPoint
  readonly class: ErrorClass
  /** How many times it strikes; 1 unless told. */
  readonly times?: number
  /** Only in that table (list and changes). */
  readonly table?: string
  /** Only for that destination (changes). */
  readonly destination?: Cidr
  /** The change is made, and only the answer is a failure: what `unknown-outcome` may mean. */
  readonly carriedOut?: boolean
  readonly retryAfterMs?: number
}

export interface MemoryInstance {
  readonly providerID: string
  readonly addresses: readonly Address[]
  readonly target: Target
}

export interface MemoryCloudOptions {
  /** Waited for before each call does anything: lets a test order, delay or hang what runs at the same time. */
  readonly before?: (call: MemoryCall, signal: AbortSignal) => Promise<void>
  /**
   * What the API may be asked, by actions that are named as in {@link FaultPoint}; each change of a batch is a call of its
   * own. As much as one likes unless told.
   */
  readonly budget?: ApiBudget
  /** What the network delegates to targets, by a table of its own; nothing unless told. */
  readonly delegation?: MemoryDelegation
}

export interface MemoryDelegation extends Pick<NodePool, 'family' | 'prefixLength'> {
  readonly table: string
  /** Of the network itself: what lies in them is nowhere else. */
  readonly ranges: readonly Cidr[]
  /** The parts of it from which targets get blocks; changed by whoever likes. */
  reserved: readonly Cidr[]
}

interface TableState {
  readonly table: Table
  readonly routeLimit: number
  readonly routes: Map<string, ObservedRoute>
}

interface InstanceState extends MemoryInstance {
  running: boolean
  forwards: boolean
}

/**
 * A cloud in memory: its state, and what everybody but podway does to it. The provider on top of it is made by
 * {@link memoryProvider}. Everything takes effect at once.
 */
export class MemoryCloud {
  readonly calls: MemoryCall[] = []
  readonly writes: MemoryWrite[] = []
  /** The faults that struck so far, once for each time. */
  readonly struck: MemoryFault[] = []
  readonly before: NonNullable<MemoryCloudOptions['before']>
  readonly budget: ApiBudget | undefined
  readonly delegation: MemoryDelegation | undefined
  readonly #tables = new Map<string, TableState>()
  readonly #instances: InstanceState[] = []
  readonly #subnets = new Map<string, ServedRange>()
  #faults: { readonly fault: MemoryFault; left: number }[] = []

  constructor(options: MemoryCloudOptions = {}) {
    this.before = options.before ?? (() => Promise.resolve())
    this.budget = options.budget
    this.delegation = options.delegation
    if (options.delegation !== undefined) this.addTable(options.delegation.table)
  }

  /** `routeLimit`: routes of one family that the table takes; no limit unless told. */
  addTable(id: string, options: { readonly name?: string; readonly routeLimit?: number } = {}): Table {
    const table: Table = {
      id,
      ...(options.name !== undefined && { name: options.name }),
      ...(this.delegation !== undefined && {
        holds: {
          which: id === this.delegation.table ? 'inside' : 'outside',
          ranges: this.delegation.ranges,
        },
      }),
    }
    this.#tables.set(id, { table, routeLimit: options.routeLimit ?? Infinity, routes: new Map() })
    return table
  }

  removeTable(id: string): void {
    this.#tables.delete(id)
  }

  /** From now on the range's packets follow that table. */
  serve(range: Cidr, table: string): void {
    this.#subnets.set(formatCidr(range), { range, table })
  }

  servedRanges(): readonly ServedRange[] {
    return [...this.#subnets.values()]
  }

  /** A running instance whose target does not forward yet. Provider ID and target follow from the name. */
  addInstance(name: string, addresses: readonly Address[] = []): MemoryInstance {
    const instance: InstanceState = {
      providerID: `memory:///${name}`,
      addresses,
      target: { kind: 'instance', id: name },
      running: true,
      forwards: false,
    }
    this.#instances.push(instance)
    return instance
  }

  /** The instance is gone for good: routes to it turn to black holes, and what was delegated to it is free. */
  terminate(name: string): void {
    for (const instance of this.#instances) {
      if (instance.target.id !== name) continue
      instance.running = false
      for (const { routes, table } of this.#tables.values()) {
        for (const [key, route] of routes) {
          if (route.target.id !== name) continue
          if (table.id === this.delegation?.table) routes.delete(key)
          else routes.set(key, { ...route, state: 'blackhole' })
        }
      }
    }
  }

  /** Writes a route as someone else would, over what is there. */
  putRoute(
    table: string,
    route: Pick<ObservedRoute, 'destination' | 'target'> & Partial<ObservedRoute>,
  ): ObservedRoute {
    const whole: ObservedRoute = { state: 'active', origin: 'static', ...route }
    this.#state(table).routes.set(formatCidr(route.destination), whole)
    return whole
  }

  /** Removes a route as someone else would. */
  removeRoute(table: string, destination: Cidr): void {
    this.#state(table).routes.delete(formatCidr(destination))
  }

  /** From now on that fault strikes, before those added later, until its times are used up. */
  fail(fault: MemoryFault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 })
  }

  /** What is in the table now. Not a call. */
  routes(table: string): readonly ObservedRoute[] {
    return [...this.#state(table).routes.values()]
  }

  /** How many routes of one family the table takes; undefined if there is no limit, or no table. */
  routeLimit(table: string): number | undefined {
    const limit = this.#tables.get(table)?.routeLimit
    return limit === Infinity ? undefined : limit
  }

  /** Whether packets that are not addressed to the target pass through it. */
  forwards(target: Target): boolean {
    return this.#instances.some((i) => i.target.id === target.id && i.forwards)
  }

  /** Whether an instance of the target runs. */
  runs(target: Target): boolean {
    return this.#instances.some((i) => i.target.id === target.id && i.running)
  }

  tables(): readonly Table[] {
    return [...this.#tables.values()].map((state) => state.table)
  }

  /** By provider ID, else by an address that it shares with the node. */
  instanceOf(node: NodeView): { readonly target: Target; readonly running: boolean } | undefined {
    if (node.providerID !== undefined) return this.#instances.find((i) => i.providerID === node.providerID)
    const wanted = new Set(node.addresses.map(formatAddress))
    return this.#instances.find((i) => i.running && i.addresses.some((a) => wanted.has(formatAddress(a))))
  }

  /**
   * The failure to answer with once the call is carried out, if a fault strikes here that says so.
   * @throws ProviderError if a fault strikes here that does not
   */
  strike(at: FaultPoint, table?: string, destination?: Cidr): ProviderError | undefined {
    const hit = this.#faults.find(
      ({ fault }) =>
        fault.at === at &&
        (fault.table === undefined || fault.table === table) &&
        (fault.destination === undefined ||
          (destination !== undefined && formatCidr(fault.destination) === formatCidr(destination))),
    )
    if (hit === undefined) return undefined
    hit.left--
    this.struck.push(hit.fault)
    this.#faults = this.#faults.filter(({ left }) => left > 0)
    const { fault } = hit
    const error = new ProviderError(fault.class, `the test made ${at} fail (${fault.class})`, {
      code: 'InjectedFault',
      action: at,
      ...(fault.retryAfterMs !== undefined && { retryAfterMs: fault.retryAfterMs }),
    })
    if (fault.carriedOut !== true) throw error
    return error
  }

  /** Whether something had to change. @throws ProviderError `quota`, `changed`, `not-found` */
  write(table: string, change: Change): boolean {
    const { routes, routeLimit } = this.#state(table)
    const { op, destination } = change
    const key = formatCidr(destination)
    const there = routes.get(key)
    if (op !== 'delete') this.#refuseMisplaced(table, destination)
    switch (op) {
      case 'create':
        if (there !== undefined) {
          if (there.target.kind === change.target.kind && there.target.id === change.target.id) return false
          throw changed(op, key, there)
        }
        if (
          [...routes.values()].filter((r) => r.destination.family === destination.family).length >= routeLimit
        ) {
          const message = `table ${table} holds ${routeLimit} IPv${destination.family} routes and takes no more`
          throw new ProviderError('quota', message, { code: 'RouteLimitExceeded', action: op })
        }
        break
      case 'replace':
        if (there?.target.id === change.target.id && there.target.kind === change.target.kind) return false
        if (!holds(there, change.from)) throw changed(op, key, there)
        break
      case 'delete':
        if (there === undefined) return false
        if (!holds(there, change.from)) throw changed(op, key, there)
        routes.delete(key)
        this.writes.push({ op, table, destination })
        return true
    }
    const { target } = change
    const dead = this.#instances.some((i) => i.target.id === target.id && !i.running)
    routes.set(key, { destination, target, origin: 'static', state: dead ? 'blackhole' : 'active' })
    this.writes.push({ op, table, destination, target })
    return true
  }

  /** Whether something had to change. @throws ProviderError `not-found` */
  letForward(target: Target): boolean {
    const instance = this.#instances.find((i) => i.running && i.target.id === target.id)
    if (instance === undefined)
      throw new ProviderError('not-found', `there is no ${formatTarget(target)}`, { code: 'NotFound' })
    if (instance.forwards) return false
    instance.forwards = true
    this.writes.push({ op: 'prepare', target })
    return true
  }

  #refuseMisplaced(table: string, destination: Cidr): void {
    if (this.delegation === undefined) return
    const isInside = this.delegation.ranges.some((range) => containsCidr(range, destination))
    if (isInside === (table === this.delegation.table)) return
    throw new ProviderError('invalid', `${formatCidr(destination)} can't be in ${table}`, {
      code: 'Misplaced',
    })
  }

  #state(id: string): TableState {
    const state = this.#tables.get(id)
    if (state === undefined)
      throw new ProviderError('not-found', `there is no table ${id}`, { code: 'NotFound' })
    return state
  }
}

const holds = (there: ObservedRoute | undefined, target: Target): boolean =>
  there?.origin === 'static' && there.target.kind === target.kind && there.target.id === target.id

const changed = (op: string, key: string, there: ObservedRoute | undefined): ProviderError =>
  new ProviderError(
    'changed',
    `${key} ${there === undefined ? 'has no route' : `leads to ${formatTarget(there.target)}`} now`,
    { code: 'Changed', action: op },
  )
