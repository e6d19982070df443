import { systemClock } from '../../kube/clock.ts'
import { ApiBudget } from '../../providers/budget.ts'

/** A budget that no test ever waits for: not more than a millisecond even after a refusal. */
export const ampleBudget = (): ApiBudget =>
  new ApiBudget({
    clock: systemClock,
    limits: { byAction: {}, others: { burst: 1_000_000, perSecond: 1_000_000 } },
    share: 1,
  })
