import { type Entry, type Happening, type NodeState, type RouteChange, people } from '../../journal.ts'
import { Checker } from '../checker.ts'
import type { Violation } from '../invariant.ts'

export const cidr = '10.244.1.0/24'

interface RecordOptions {
  readonly by?: string
  readonly tables?: readonly string[]
  readonly isReleased?: boolean
  readonly isDeleting?: boolean
}

/** A journal that never happened, and what the checker says of it. */
export class MadeUp {
  readonly #checker: Checker
  #at = 0
  #revision = 0

  /** Table `t1`; controller `a1` leads. */
  constructor({ adopts = false, isConditional = false } = {}) {
    this.#checker = new Checker({
      renewDeadlineMs: 10_000,
      bucket: () => ({ name: 'calls', capacity: 10, refill: 1 }),
      adopts,
      isConditional,
      share: 0.5,
    })
    this.add(people, { kind: 'tables', tables: ['t1'] })
    this.lead()
  }

  get violations(): readonly Violation[] {
    this.#checker.end()
    return this.#checker.violations
  }

  get broken(): readonly string[] {
    return [...new Set(this.violations.map(({ invariant }) => invariant))]
  }

  get sight(): Checker['sight'] {
    return this.#checker.sight
  }

  pass(ms: number): this {
    this.#at += ms
    return this
  }

  add(by: string, happening: Happening): this {
    const entry: Entry = { at: this.#at, by, ...happening }
    this.#checker.see(entry)
    return this
  }

  lead(holder = 'a1'): this {
    return this.add(holder, { kind: 'lease', sentAt: this.#at, holder })
  }

  machine(name: string, state: 'running' | 'stopped' | 'terminated' = 'running'): this {
    const target = `eni-${name}`
    return this.add(people, {
      kind: 'machine',
      providerID: `id-${name}`,
      targets: { v4: target, v6: target },
      state,
    })
  }

  /** A Node as it is from now on, and its machine's. */
  node(name: string, state: Partial<NodeState> = {}, by = people): this {
    const before = this.sight.nodes.get(name)
    const node: NodeState = {
      name,
      revision: ++this.#revision,
      uid: name,
      providerID: `id-${name}`,
      podCIDRs: [],
      unavailable: undefined,
      rest: '',
      ...before,
      ...state,
    }
    return this.add(by, { kind: 'node', node, before })
  }

  leave(name: string): this {
    return this.add(people, { kind: 'node', node: undefined, before: this.sight.nodes.get(name) })
  }

  /** The process has heard of all that is, or of these Nodes alone. */
  tell(by = 'a1', uids: readonly string[] = ['n1', 'n2']): this {
    return this.add(by, { kind: 'told', revision: this.#revision, uids })
  }

  record(
    destination: string,
    target: string,
    { by = 'a1', isDeleting = false, isReleased = false, tables = ['t1'] }: RecordOptions = {},
  ): this {
    const before = this.sight.records.get(destination)
    const record = { destination, target, tables, isReleased, isDeleting }
    return this.add(by, { kind: 'record', record, before })
  }

  forget(destination: string): this {
    const before = this.sight.records.get(destination)
    return this.add('a1', { kind: 'record', record: undefined, before })
  }

  change(
    by: string,
    change: Omit<RouteChange, 'table'> & { readonly table?: string },
    sentAt = this.#at,
  ): this {
    const action = { create: 'CreateRoute', replace: 'ReplaceRoute', delete: 'DeleteRoute' }[change.op]
    const whole = { table: 't1', ...change }
    return this.add(by, { kind: 'cloud-call', sentAt, action, isWrite: true, asks: [whole] }).add(by, {
      kind: 'route',
      sentAt,
      change: whole,
    })
  }

  /** As podway does it: the record first. */
  create(destination: string, target: string): this {
    return this.record(destination, target).change('a1', { op: 'create', destination, target })
  }

  write(resource: string, by = 'a1', sentAt = this.#at): this {
    return this.add(by, { kind: 'kube-write', sentAt, verb: 'patch', resource, name: 'x', done: true })
  }
}
