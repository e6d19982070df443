import { type Family, formatAddress } from '../net/address.ts'
import {
  type NodeView,
  type PrepareOutcome,
  type RouteProvider,
  type TargetKey,
  type TargetProblem,
  type TargetQuery,
  isTargetProblem,
  targetKey,
} from '../providers/provider.ts'
import { type Target, formatTarget } from '../providers/route.ts'
import { FailureLog } from '../kube/failure-log.ts'
import type { Logger } from '../kube/log.ts'
import { Coalescer } from './apply/coalesce.ts'

/** What one look-up may ask for; DescribeInstances of AWS is slow beyond it. */
export const maxBatch = 200

/**
 * Which target each node has, remembered until the node changes or {@link Targets.refresh} looks again. Look-ups of nodes
 * that come at the same time travel in one call.
 */
export class Targets {
  readonly #known = new Map<TargetKey, { readonly of: string; readonly answer: Target | TargetProblem }>()
  /** Known answers that a look at the cloud has to confirm. */
  readonly #doubted = new Set<TargetKey>()
  /** What became of the last attempt to make each target forward. */
  readonly #prepared = new Map<string, PrepareOutcome>()
  /** Those whose last attempt failed. */
  readonly #heldUp = new Set<string>()
  readonly #lookups: Coalescer<TargetQuery, Target | TargetProblem>
  readonly #preparations: Coalescer<Target, PrepareOutcome>
  readonly #running: Coalescer<Target, boolean>
  /** What is being asked now: whoever needs it too waits for the same answer. */
  readonly #asking = new Map<string, Promise<Target | TargetProblem>>()
  readonly #preparing = new Map<string, Promise<PrepareOutcome>>()
  readonly #log: Logger
  /** By target. */
  readonly #failures: FailureLog<string>
  readonly #mayPrepare: boolean

  /** @param mayPrepare whether targets may be made to forward, or only looked at */
  constructor(provider: RouteProvider, log: Logger, signal: AbortSignal, mayPrepare = true) {
    this.#log = log
    this.#failures = new FailureLog(log)
    this.#mayPrepare = mayPrepare
    this.#lookups = new Coalescer(
      async (_lane, queries) => {
        const answers = await provider.targets(queries, signal)
        return queries.map(
          (query): Target | TargetProblem =>
            answers.get(targetKey(query)) ?? {
              problem: 'waiting',
              message: `${provider.name} does not know ${query.node.name}`,
            },
        )
      },
      { max: maxBatch },
    )
    this.#running = new Coalescer(
      async (_lane, targets) => provider.running?.(targets, signal) ?? targets.map(() => true),
      { max: maxBatch },
    )
    this.#preparations = new Coalescer(
      async (_lane, targets) =>
        provider.prepare === undefined
          ? targets.map((): PrepareOutcome => ({ result: 'done', changed: false }))
          : provider.prepare(targets, signal),
      { max: maxBatch },
    )
  }

  /** The node's target; asks the cloud unless it has answered for the node as it is. A problem is asked about again. */
  async resolve(node: NodeView, family: Family): Promise<Target | TargetProblem> {
    const known = this.cached(node, family)
    if (known !== undefined && !isTargetProblem(known) && !this.#doubted.has(targetKey({ node, family })))
      return known
    return this.#ask(node, family)
  }

  /** What the cloud last answered for the node as it is now. */
  cached(node: NodeView, family: Family): Target | TargetProblem | undefined {
    const known = this.#known.get(targetKey({ node, family }))
    return known?.of === identity(node) ? known.answer : undefined
  }

  /**
   * Asks again for these, and makes sure again that they forward. True for each whose answer differs from what was
   * known, or whose target could not be made to forward.
   */
  async refresh(queries: readonly TargetQuery[]): Promise<readonly boolean[]> {
    return Promise.all(
      queries.map(async ({ node, family }) => {
        const before = JSON.stringify(this.cached(node, family))
        const answer = await this.#ask(node, family)
        const forwards =
          !this.#mayPrepare || isTargetProblem(answer) || (await this.#prepare(answer)).result === 'done'
        return !forwards || JSON.stringify(answer) !== before
      }),
    )
  }

  /**
   * Whether a running machine stands behind the target. False only where the cloud itself says that it is terminated or
   * gone; true of a cloud that can't tell.
   */
  running(target: Target): Promise<boolean> {
    return this.#running.submit('', target)
  }

  /** The cloud says that something about the node's target is not there: the next {@link resolve} asks again. */
  doubt(name: string): void {
    for (const family of [4, 6] as const) {
      const key = targetKey({ node: { name }, family })
      if (this.#known.has(key)) this.#doubted.add(key)
    }
  }

  /** Forgets the node, so that a later one of its name is looked up afresh. */
  forget(name: string): void {
    for (const family of [4, 6] as const) {
      this.#known.delete(targetKey({ node: { name }, family }))
      this.#doubted.delete(targetKey({ node: { name }, family }))
    }
  }

  /** Makes the target forward packets that are not its own; asks the cloud once until the next {@link refresh}. */
  async prepare(target: Target): Promise<PrepareOutcome> {
    return this.prepared(target) ? { result: 'done', changed: false } : this.#prepare(target)
  }

  prepared(target: Target): boolean {
    return this.preparation(target)?.result === 'done'
  }

  /** What became of the last attempt to make the target forward; undefined before the first. */
  preparation(target: Target): PrepareOutcome | undefined {
    return this.#prepared.get(formatTarget(target))
  }

  /** Whether a target of the node, as far as one is known, could not be made to forward. */
  isHeldUp(node: NodeView): boolean {
    if (this.#heldUp.size === 0) return false
    return ([4, 6] as const).some((family) => {
      const known = this.cached(node, family)
      return known !== undefined && !isTargetProblem(known) && this.#heldUp.has(formatTarget(known))
    })
  }

  #prepare(target: Target): Promise<PrepareOutcome> {
    return shared(this.#preparing, formatTarget(target), () => this.#prepareNow(target))
  }

  async #prepareNow(target: Target): Promise<PrepareOutcome> {
    const outcome = await this.#preparations.submit('', target)
    const name = formatTarget(target)
    this.#prepared.set(name, outcome)
    if (outcome.result === 'failed') {
      this.#heldUp.add(name)
      const { class: errorClass, code, requestId, message } = outcome.error
      this.#failures.tell(name, {
        level: 'warn',
        what: `${errorClass} ${code}`,
        fields: { target: name, class: errorClass, code, requestId },
        message,
      })
      return outcome
    }
    this.#heldUp.delete(name)
    this.#failures.over(name)
    if (outcome.changed) this.#log.info({ target: name }, 'target made to forward')
    return outcome
  }

  #ask(node: NodeView, family: Family): Promise<Target | TargetProblem> {
    const question = `${targetKey({ node, family })} ${identity(node)}`
    return shared(this.#asking, question, () => this.#askNow(node, family))
  }

  async #askNow(node: NodeView, family: Family): Promise<Target | TargetProblem> {
    const answer = await this.#lookups.submit('', { node, family })
    this.#known.set(targetKey({ node, family }), { of: identity(node), answer })
    this.#doubted.delete(targetKey({ node, family }))
    return answer
  }
}

/** All that an answer depends on. */
const identity = (node: NodeView): string =>
  JSON.stringify([node.providerID, node.addresses.map((address) => formatAddress(address))])

/** The answer that is under way for the key, or a new one. */
function shared<Answer>(
  underWay: Map<string, Promise<Answer>>,
  key: string,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const known = underWay.get(key)
  if (known !== undefined) return known
  const asked = ask().finally(() => underWay.delete(key))
  underWay.set(key, asked)
  return asked
}
