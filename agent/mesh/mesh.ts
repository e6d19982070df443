import { backoffMs } from '../../kube/backoff.ts'
import { type Clock, delay } from '../../kube/clock.ts'
import { FailureLog } from '../../kube/failure-log.ts'
import type { Logger } from '../../kube/log.ts'
import { ProviderError } from '../../providers/errors.ts'
import type { Change, Outcome } from '../../providers/provider.ts'
import type { KernelRoutes } from '../../providers/linux/kernel-routes.ts'
import { linuxProvider, mainTable } from '../../providers/linux/linux-provider.ts'
import { Applier } from '../../reconciler/apply/apply.ts'
import { guard } from '../../reconciler/guard/guard.ts'
import type { Policy } from '../../reconciler/guard/policy.ts'
import type { DestinationKey } from '../../reconciler/ledger/record.ts'
import { Claims } from '../../reconciler/plan/claims.ts'
import { isRouted } from '../../reconciler/plan/plan.ts'
import { Bell } from '../bell.ts'
import type { MeshNode, MeshNodes, NodeChange } from './mesh-nodes.ts'
import type { MeshStatus, PeerProblem } from './mesh-status.ts'
import { type MeshItem, planMesh } from './plan-mesh.ts'
import { Removals } from './removals.ts'
import { RouteFailures } from './route-failures.ts'
import { type MeshPermission, unsuitable } from './suitable.ts'

export interface MeshOptions {
  /** Name of this node. */
  readonly self: string
  readonly nodes: MeshNodes
  readonly kernel: KernelRoutes
  /** The number by which our routes are known. */
  readonly protocol: number
  readonly permission: MeshPermission
  readonly policy: Policy
  readonly clock: Clock
  /** A number from 0 to below 1. */
  readonly random: () => number
  readonly log: Logger
  /** What of this machine takes our routes away, in sentences for people. Asked at the start, and from time to time. */
  readonly hazards: (signal: AbortSignal) => Promise<readonly string[]>
  /** Whether a person has said that the routes which the brake holds may go. */
  readonly isReleased: () => boolean
  readonly observe: MeshObserver
}

export interface MeshObserver {
  /** Called whenever it changes. */
  status(status: MeshStatus): void
  /** A change was made, or not. `repair`: it was there before, and somebody took it away. */
  change(op: Change['op'], result: 'done' | ProviderError['class'], repair: boolean): void
  /** The table was looked at and brought to what it should be: so long that took, in milliseconds. */
  pass(ms: number): void
}

/** News come in flocks: so long the rest of a flock is waited for. Repairs are to take less than a second. */
const settleMs = 20
/** Without any news the table is looked at so often: news can be lost. */
const driftMs = 300_000
const hazardsMs = 600_000
const listBackoff = { baseMs: 200, maxMs: 10_000 } as const

/**
 * A full mesh of static routes: for each podCIDR of every other node one route in this node's kernel, over that node's
 * internal address of the family. It needs nothing but a segment on which all nodes are.
 *
 * ```
 * Nodes ──watch──▶ claims ──┐
 *                           ├─▶ plan ──▶ guard ──▶ apply ──▶ status
 * kernel ──list──▶ table ───┘
 *        ──news──▶ look again
 * ```
 *
 * The kernel's table is small and near: whatever happens, all of it is read and compared. What is ours the table itself
 * says, so a restart loses nothing, and what somebody takes away is back as soon as the kernel has told of it.
 *
 * Runs until the signal aborts.
 */
export async function runMesh(options: MeshOptions, signal: AbortSignal): Promise<void> {
  await new Mesh(options, signal).run()
}

class Mesh {
  readonly #options: MeshOptions
  readonly #signal: AbortSignal
  readonly #claims = new Claims()
  readonly #bell: Bell
  readonly #applier: Applier
  readonly #removals: Removals
  readonly #failures: RouteFailures
  readonly #log: FailureLog<'list' | 'hazards' | 'refused'>
  /** Destinations that were seen to be routed by us, and still shall be. */
  readonly #programmed = new Set<DestinationKey>()
  #hazards: readonly string[] = []
  #hazardsAt = -Infinity
  #status = ''
  #awaitsCloud = false

  constructor(options: MeshOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
    this.#applier = new Applier(linuxProvider(options), signal)
    this.#removals = new Removals(options)
    this.#failures = new RouteFailures(options)
    this.#log = new FailureLog(options.log)
    this.#bell = new Bell(options.clock)
  }

  async run(): Promise<void> {
    const { clock, kernel, nodes } = this.#options
    const signal = this.#signal
    this.#tell({ state: 'waiting', reason: 'Starting', message: 'the Nodes are not known yet' })
    nodes.onChange((change) => this.#take(change))
    await Promise.race([nodes.synced.catch(() => undefined), aborted(signal)])
    if (this.#isOver()) return
    for (const node of nodes.list()) this.#take({ type: 'present', node })
    kernel.watch(() => this.#bell.ring(), signal)
    for (let failures = 0; !signal.aborted;) {
      const start = clock.monotonic()
      let next: number
      try {
        next = await this.#pass()
        failures = 0
        this.#log.over('list')
      } catch (error) {
        if (this.#isOver()) return
        if (!(error instanceof ProviderError)) throw error
        next = backoffMs(++failures, listBackoff, this.#options.random)
        this.#lost(error)
      }
      // Half of the time at most is spent on looking, whatever happens around us.
      const took = clock.monotonic() - start
      await delay(clock, took, signal)
      await this.#bell.wait(next, signal)
      await delay(clock, settleMs, signal)
    }
  }

  #isOver(): boolean {
    return this.#signal.aborted
  }

  #take(change: NodeChange): void {
    const { name } = change.node
    const touched = change.type === 'present' ? this.#claims.upsert(change.node) : this.#claims.remove(name)
    for (const key of touched) {
      if (this.#claims.claimants(key).length > 0) this.#removals.drop(key)
      else if (change.type === 'present' || change.evidence === 'watch') this.#removals.certain(key)
    }
    if (name === this.#options.self && change.type === 'present') {
      this.#awaitsCloud = change.node.awaitsCloud === true
      this.#bell.ring()
    }
    if (touched.length > 0) this.#bell.ring()
  }

  /** Looks at the table, and brings it to what it should be. Returns in how many milliseconds to come again by itself. */
  async #pass(): Promise<number> {
    const { clock, kernel, observe, permission, protocol, self } = this.#options
    const start = clock.monotonic()
    const unsuitableHere = this.#whyNot()
    if (unsuitableHere !== undefined) {
      this.#tell(unsuitableHere)
      return driftMs
    }
    await this.#lookForHazards()
    const table = await kernel.list(this.#signal)
    const { items, ours } = planMesh({
      claims: this.#claims,
      self,
      table,
      protocol,
      unsuitable: (node) => unsuitable(node, permission),
    })
    const keys = new Set(items.map(({ key }) => key))
    this.#removals.keepOnly(keys)
    this.#failures.keepOnly(keys)
    const orphans = items.filter(({ holder, item }) => holder === undefined && item.op === 'delete')
    await this.#removals.confirm(
      orphans.map(({ key }) => key),
      this.#signal,
    )
    const judged = items.map((item) => this.#judge(item, ours))
    const outcomes = await this.#write(judged)
    const problems = judged.flatMap((one) => this.#problemOf(one, outcomes.get(one.item.key)))
    const peers = items.filter(({ holder }) => holder !== undefined && holder.name !== self)
    const routed = peers.filter(({ item, key }) => isRouted(item) || outcomes.get(key)?.result === 'done')
    this.#tell({
      state: 'running',
      wanted: peers.length,
      programmed: routed.length,
      problems,
      held: this.#removals.held,
      hazards: this.#hazards,
    })
    observe.pass(clock.monotonic() - start)
    const waits = judged.flatMap(({ waitMs }) => waitMs ?? [])
    return Math.min(driftMs, ...waits, this.#failures.nextMs())
  }

  /** Why nothing is written on this node at all. */
  #whyNot(): MeshStatus | undefined {
    const { permission, self } = this.#options
    const node: Pick<MeshNode, 'name' | 'providerID'> = this.#claims.node(self) ?? { name: self }
    if (this.#awaitsCloud && !permission.force) {
      const message = `node ${self} has no providerID yet, and a cloud's controller is to set it: only then it is known whether routes between nodes can work here`
      return { state: 'waiting', reason: 'NoProviderID', message }
    }
    const refusal = unsuitable(node, permission)
    if (refusal === undefined) {
      this.#log.over('refused')
      return undefined
    }
    const { message, reason } = refusal
    this.#log.tell('refused', { level: 'error', what: message, fields: { reason }, message })
    return { state: 'refused', reason, message }
  }

  /** Whether the change of an item may be made now, and if not, when to ask again. */
  #judge(item: MeshItem, ours: number): Judged {
    const { key } = item
    const plan = item.item
    if (!('change' in plan)) {
      this.#removals.drop(key)
      this.#failures.over(key)
      if (plan.reason === 'Programmed') this.#programmed.add(key)
      return { item }
    }
    // Its own podCIDR a node never routes elsewhere: that needs no evidence.
    const isOrphan = plan.op === 'delete' && item.holder === undefined
    const removal = isOrphan ? this.#removals.ask(key, ours) : undefined
    if (removal?.answer === 'wait') return { item, waitMs: removal.ms }
    const braked = removal?.answer === 'held'
    const hold = guard({ item: plan, policy: this.#options.policy, tableFull: false, braked })
    if (hold !== undefined) {
      this.#failures.over(key)
      return { item, hold }
    }
    const waitMs = this.#failures.waitMs(key, plan.change)
    return waitMs > 0 ? { item, waitMs } : { item, change: plan.change }
  }

  async #write(judged: readonly Judged[]): Promise<ReadonlyMap<DestinationKey, Outcome>> {
    const { log, observe } = this.#options
    const outcomes = new Map<DestinationKey, Outcome>()
    await Promise.all(
      judged.map(async ({ change, item: { holder, key } }) => {
        if (change === undefined) return
        const outcome = await this.#applier.submit(mainTable, change)
        outcomes.set(key, outcome)
        const node = holder?.name
        const fields = { destination: key, ...(node === undefined ? {} : { node }) }
        const repair = change.op !== 'delete' && this.#programmed.delete(key)
        if (outcome.result === 'failed') {
          observe.change(change.op, outcome.error.class, repair)
          this.#failures.failed(key, change, outcome.error, fields)
          return
        }
        observe.change(change.op, 'done', repair)
        this.#failures.over(key)
        if (change.op === 'delete') this.#removals.drop(key)
        else if (outcome.existed !== true) this.#programmed.add(key)
        const level = repair ? 'warn' : 'debug'
        log[level](
          { ...fields, op: change.op },
          repair ? 'route repaired: somebody took it away' : 'route written',
        )
      }),
    )
    return outcomes
  }

  #problemOf({ change, hold, item }: Judged, outcome: Outcome | undefined): readonly PeerProblem[] {
    const where = { node: item.holder?.name ?? '', destination: item.key }
    if (item.problem !== undefined) return [{ ...where, ...item.problem }]
    if (hold !== undefined && hold.reason !== 'RouteTableFull')
      return [{ ...where, reason: hold.reason, message: hold.message }]
    if (outcome?.result === 'failed')
      return [{ ...where, reason: 'WriteFailed', message: outcome.error.message }]
    const failure = change === undefined ? this.#failures.messageOf(item.key) : undefined
    return failure === undefined ? [] : [{ ...where, reason: 'WriteFailed', message: failure }]
  }

  async #lookForHazards(): Promise<void> {
    const { clock, hazards, log } = this.#options
    if (clock.monotonic() - this.#hazardsAt < hazardsMs) return
    this.#hazardsAt = clock.monotonic()
    try {
      const found = await hazards(this.#signal)
      for (const hazard of found) if (!this.#hazards.includes(hazard)) log.warn({}, hazard)
      this.#hazards = found
      this.#log.over('hazards')
    } catch (error) {
      if (this.#signal.aborted) throw error
      const message = 'what endangers routes on this machine is not known'
      this.#log.tell('hazards', { level: 'warn', what: String(error), fields: { err: error }, message })
    }
  }

  #lost(error: ProviderError): void {
    const { class: what, code, message } = error
    const text = "the kernel's table can't be read: trying again"
    this.#log.tell('list', { level: 'warn', what: `${what} ${code}`, fields: { err: error }, message: text })
    this.#tell({ state: 'waiting', reason: 'KernelUnavailable', message })
  }

  #tell(status: MeshStatus): void {
    const text = JSON.stringify(status)
    if (text === this.#status) return
    this.#status = text
    this.#options.observe.status(status)
  }
}

interface Judged {
  readonly item: MeshItem
  /** What is to be written now. */
  readonly change?: Change
  readonly hold?: {
    readonly reason: Exclude<PeerProblem['reason'], 'WriteFailed'> | 'RouteTableFull'
    readonly message: string
  }
  /** When to look at it again. */
  readonly waitMs?: number
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
