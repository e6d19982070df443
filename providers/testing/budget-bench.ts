import { expect } from 'vitest'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { ApiBudget, type ApiLimits } from '../budget.ts'
import type { BudgetObserver } from '../budget-lane.ts'
import { type ErrorClass, ProviderError } from '../errors.ts'

/** CreateRoute as EC2 has it, DeleteRoute small enough to count by hand. */
const limits: ApiLimits = {
  byAction: { CreateRoute: { burst: 50, perSecond: 5 }, DeleteRoute: { burst: 2, perSecond: 1 } },
  others: { burst: 10, perSecond: 10 },
}
export const never = new AbortController().signal
/** Of that class, and no more. */
export const failure = (errorClass: ErrorClass, retryAfterMs?: number): ProviderError =>
  new ProviderError(errorClass, errorClass, {
    code: errorClass,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })

/** A budget on a clock of its own, and what was called through it. */
export class BudgetBench {
  readonly clock = new ManualClock()
  readonly budget: ApiBudget
  /** `12.5s name`, in the order of the calls. */
  readonly started: string[] = []

  constructor(options: { readonly share?: number; readonly observe?: BudgetObserver } = {}) {
    this.budget = new ApiBudget({ clock: this.clock, limits, share: 1, ...options })
  }

  /** A call that is answered at once: well, or with that failure. */
  async ask(name: string, action = 'DeleteRoute', answer?: ProviderError): Promise<void> {
    await this.budget.run(action, never, () => this.#begin(name, answer))
  }

  async #begin(name: string, answer?: ProviderError): Promise<void> {
    this.started.push(`${this.clock.monotonic() / 1000}s ${name}`)
    await Promise.resolve()
    if (answer !== undefined) throw answer
  }

  /** Asks for so many, all at once, and does not wait. */
  askAll(count: number, action?: string): void {
    for (let i = 0; i < count; i++) void this.ask(String(i), action)
  }

  async refused(action: string, retryAfterMs?: number): Promise<void> {
    const answer = failure('throttled', retryAfterMs)
    await expect(this.ask('refused', action, answer)).rejects.toBe(answer)
  }
}
