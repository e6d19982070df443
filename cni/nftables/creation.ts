import type { Request } from '../netlink/connection.ts'
import { addRule, createChain, createSet, createTable } from './changes.ts'
import { addElements } from './element-changes.ts'
import { toElements } from './intervals.ts'
import type { Ruleset } from './ruleset.ts'

/**
 * The changes that make of nothing what is wanted, in one transaction: the same as the difference from nothing, but nothing
 * is compared. EEXIST if a chain is there already.
 *
 * @param firstId of the sets: others than those of the transaction's other sets
 */
export const creation = ({ sets, chains }: Ruleset, firstId = 1): readonly Request[] => [
  createTable,
  ...sets.map((set, index) => createSet(set, firstId + index)),
  ...sets.flatMap(({ name, intervals = [] }) => addElements(name, toElements(intervals))),
  ...chains.map((chain) => createChain(chain)),
  ...chains.flatMap(({ name, rules }) => rules.map((rule) => addRule(name, rule))),
]

const made = new Map<Ruleset, readonly Request[]>()

/**
 * The creation of a ruleset that is always the same, which all pods of a kind need. To write it takes longer than all else
 * that an ADD's scripts do: so it is kept, and a module of the memory image asks for it when it is evaluated.
 */
export function foundation(ruleset: Ruleset): readonly Request[] {
  const requests = made.get(ruleset) ?? creation(ruleset)
  made.set(ruleset, requests)
  return requests
}
