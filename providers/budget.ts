import { type BudgetClock, BudgetLane, type BudgetObserver, type Permit } from './budget-lane.ts'
import type { BucketLimits } from './token-bucket.ts'

/** What a cloud documents of its API's token buckets, for one account in one region. */
export interface ApiLimits {
  readonly byAction: Readonly<Record<string, BucketLimits>>
  /** Of an action without a line of its own; each has its own bucket of that size. */
  readonly others: BucketLimits
}

/** Nobody's rates are raised further: more would be a percentage by mistake. */
export const maxBudgetShare = 100

export interface ApiBudgetOptions {
  readonly clock: BudgetClock
  readonly limits: ApiLimits
  /**
   * Which part of the limits, bursts and refill, is ours to use: more than 0, at most {@link maxBudgetShare}. Others share
   * the account; more than 1 is for one whose rates were raised.
   */
  readonly share: number
  readonly observe?: BudgetObserver
  /** Asked immediately before each call: what it throws is the call's failure, and nothing is sent (a leader's term is over). */
  readonly gate?: () => void
}

/**
 * Keeps the calls to one account in one region within its API's limits: a token bucket for each action, so that none
 * waits for another. It never repeats a call.
 *
 * The documented limits are the most that it gives, not what there is: others use the account too. So it learns. A call
 * that ends with a ProviderError of class `throttled` says that the bucket is empty; then that action is given less,
 * half of what it was given, and more again with time, until all of our share is back after a minute or two. The calls
 * under way at the first refusal know nothing of it yet: whatever becomes of them is one decrease together. `retryAfterMs`
 * is waited for, five minutes at most.
 */
export class ApiBudget {
  readonly #options: ApiBudgetOptions
  readonly #lanes = new Map<string, BudgetLane>()

  /** @throws RangeError if the share is none */
  constructor(options: ApiBudgetOptions) {
    if (!(options.share > 0 && options.share <= maxBudgetShare))
      throw new RangeError(`a share is more than 0 and at most ${maxBudgetShare}, not ${options.share}`)
    this.#options = options
  }

  /** Waits for its turn, in the order of arrival, then makes the call. Rejects as the call does, or with the signal's reason. */
  async run<T>(action: string, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    using permit = await this.reserve(action, signal)
    return await permit.run(call)
  }

  /**
   * As {@link run}, for a caller that has something to look at between its turn and its call, and may not want to make
   * it then. Rejects with the signal's reason; whoever aborts leaves the line.
   */
  reserve(action: string, signal: AbortSignal): Promise<Permit> {
    return this.#lane(action).turn(signal)
  }

  /**
   * In how many milliseconds a call that is asked for now could start, behind all that wait already. At 0 it starts at
   * once, if nobody comes in between. `ahead`: so many others are going to be asked for before it.
   */
  readyInMs(action: string, ahead = 0): number {
    return this.#lane(action).readyInMs(ahead)
  }

  #lane(action: string): BudgetLane {
    const known = this.#lanes.get(action)
    if (known !== undefined) return known
    const { clock, gate, limits, share, observe } = this.#options
    const { burst, perSecond } = limits.byAction[action] ?? limits.others
    const ours = { burst: Math.max(1, burst * share), perSecond: perSecond * share }
    const lane = new BudgetLane({ action, limits: ours, clock, observe, gate })
    this.#lanes.set(action, lane)
    return lane
  }
}
