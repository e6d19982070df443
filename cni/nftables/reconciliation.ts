import type { Difference } from './difference.ts'
import type { Nftables } from './nftables.ts'
import { readRuleset } from './reading.ts'
import type { FoundRuleset } from './ruleset.ts'

/**
 * Makes the changes that our table needs, in one transaction: each packet meets the rules from before, or those from after
 * it. Nothing is written where nothing has to change. Returns what was done, in words for a log.
 *
 * The transaction holds only if no rule of the namespace has changed since the table was read, whoever's; else all of it
 * begins again.
 *
 * @throws OpError if the kernel refuses
 * @throws DumpInterruptedError if the rules never stand still
 */
export function reconcile(
  nftables: Nftables,
  differenceOf: (found: FoundRuleset) => Difference,
): readonly string[] {
  return nftables.undisturbed(() => {
    const found = readRuleset(nftables)
    const { changes, words } = differenceOf(found)
    if (changes.length === 0) return []
    nftables.commit(changes, found.generation)
    return words
  })
}
