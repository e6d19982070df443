import { ProviderError } from './errors.ts'
import type { Change, Outcome } from './provider.ts'

/** Carries out the changes one after the other, for an API that has no batch: one that fails is an outcome, and stops none. */
export async function oneByOne(
  changes: readonly Change[],
  carryOut: (change: Change) => Promise<Outcome>,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const change of changes) {
    try {
      outcomes.push(await carryOut(change))
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      outcomes.push({ result: 'failed', error })
    }
  }
  return outcomes
}
