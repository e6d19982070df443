import type { Request } from '../netlink/connection.ts'
import type { Hook } from './chain.ts'
import { toElements } from './intervals.ts'
import {
  addRule,
  createChain,
  createSet,
  createTable,
  deleteAllElements,
  deleteChain,
  deleteRules,
  deleteSet,
  deleteTable,
} from './changes.ts'
import { addElements, deleteElements } from './element-changes.ts'
import { type Rule, equalRules } from './rule.ts'
import {
  type FoundRuleset,
  type FoundWholeChain,
  type FoundWholeSet,
  type Ruleset,
  type WholeChain,
  type WholeSet,
} from './ruleset.ts'
import { setDifference } from './set-difference.ts'

/** What makes of what is there what shall be. */
export interface Difference {
  /** For one transaction, in their order. Empty if it is so already. */
  readonly changes: readonly Request[]
  /** The same in words for a log. */
  readonly words: readonly string[]
}

/**
 * The changes by which there is what is wanted. What is not wanted, but ours to keep in order, goes; what belongs to others
 * stays. A table in which nothing would be left is deleted.
 *
 * Sets change by single ranges, and one that stays is not touched. To empty a set and fill it anew in one transaction
 * would look as good, but most kernels look through the ranges that count and those that do not count yet in one tree, and
 * can lose their way where one of these lies within one of those: then a packet finds neither (mended in 2026). So where
 * a range that comes overlaps one that goes, another set of the same name takes the place of the whole, and the rules
 * that ask it are made anew: those of before ask the set of before.
 *
 * A chain with a rule that differs gets all of its rules anew; its counters begin at zero then.
 */
export function difference(
  wanted: Ruleset,
  found: FoundRuleset,
  isOurs: (name: string) => boolean,
): Difference {
  const { table } = found
  const isEmpty = wanted.chains.length === 0 && wanted.sets.length === 0
  if (isEmpty) {
    if (table === undefined) return { changes: [], words: [] }
    if ([...found.chains, ...found.sets].every(({ name }) => isOurs(name)))
      return { changes: [deleteTable], words: ['all rules: deleted'] }
  }

  const chains = compare(wanted.chains, found.chains, sameKindOfChain, isOurs)
  const sets = compare(wanted.sets, found.sets, sameKindOfSet, isOurs)
  const words: string[] = []
  const say = (what: string, name: string, done: string): void => void words.push(`${what} ${name}: ${done}`)

  const changed = sets.stay.flatMap(([is, { intervals, ...set }]) =>
    intervals === undefined ? [] : [{ set, intervals, ...setDifference(is, intervals) }],
  )
  const gone = new Set(chains.go.map(({ name }) => name))
  const remaining = found.chains.filter(({ name }) => !gone.has(name))
  const replaced = changed.filter(({ inPlace }) => !inPlace && remaining.every(isReadable))
  const askers = remaining.filter((chain) => replaced.some(({ set }) => asks(chain, set.name)))

  const differing = chains.stay.filter(([is, shall]) => !equalLists(is, shall)).map(([, shall]) => shall)
  const rewritten = new Map<string, readonly Rule[]>()
  for (const { name, rules } of askers)
    rewritten.set(
      name,
      rules.filter((rule) => rule !== undefined),
    )
  for (const { name, rules } of differing) rewritten.set(name, rules)

  const emptied = [...gone, ...rewritten.keys()].map((name) => deleteRules(name))
  const deletedChains = [...gone].map((name) => deleteChain(name))
  const deletedSets = [...sets.go, ...replaced.map(({ set }) => set)].map(({ name }) => deleteSet(name))
  const createdSets = [...sets.come, ...replaced.map(({ set }) => set)].map((set, index) =>
    createSet(set, index + 1),
  )
  const createdChains = chains.come.map((chain) => createChain(chain))
  const rules = [
    ...chains.come.map(({ name, rules }) => [name, rules] as const),
    ...rewritten.entries(),
  ].flatMap(([name, rules]) => rules.map((rule) => addRule(name, rule)))
  const elements: Request[] = []
  for (const { name, intervals = [] } of sets.come) elements.push(...addElements(name, toElements(intervals)))
  for (const change of changed) {
    const { set, gone, added } = change
    const { name } = set
    if (replaced.includes(change)) elements.push(...addElements(name, toElements(change.intervals)))
    else
      elements.push(
        ...(gone === 'all' ? [deleteAllElements(name)] : deleteElements(name, toElements(gone))),
        ...addElements(name, toElements(added)),
      )
    if (gone.length > 0 || added.length > 0)
      say('set', name, `${added.length} ranges added, ${gone === 'all' ? gone : gone.length} deleted`)
  }

  for (const { name } of chains.go) say('chain', name, 'deleted')
  for (const { name } of sets.go) say('set', name, 'deleted')
  for (const { name, intervals = [] } of sets.come) say('set', name, `made, with ${intervals.length} ranges`)
  for (const { name } of chains.come) say('chain', name, 'made')
  for (const { name } of differing) say('chain', name, 'its rules were others')

  const changes = [
    ...emptied,
    ...deletedChains,
    ...deletedSets,
    ...createdSets,
    ...elements,
    ...createdChains,
    ...rules,
  ]
  const isAwake = table !== undefined && (table.flags & dormant) === 0
  if (!isAwake && !isEmpty) {
    changes.unshift(createTable)
    if (table !== undefined) words.unshift('the table: was dormant')
  }
  return { changes, words }
}

/** NFT_TABLE_F_DORMANT. */
const dormant = 1

interface Compared<Wanted, Found> {
  readonly come: readonly Wanted[]
  readonly go: readonly Found[]
  readonly stay: readonly (readonly [is: Found, shall: Wanted])[]
}

/** By their names. What is of another kind than it shall be goes, and comes anew. */
function compare<Wanted extends { readonly name: string }, Found extends { readonly name: string }>(
  wanted: readonly Wanted[],
  found: readonly Found[],
  sameKind: (wanted: Wanted, found: Found) => boolean,
  isOurs: (name: string) => boolean,
): Compared<Wanted, Found> {
  const [come, stay]: [Wanted[], (readonly [Found, Wanted])[]] = [[], []]
  for (const shall of wanted) {
    const is = found.find(({ name }) => name === shall.name)
    if (is !== undefined && sameKind(shall, is)) stay.push([is, shall])
    else come.push(shall)
  }
  const isWanted = (name: string): boolean => wanted.some((shall) => shall.name === name)
  const go = found.filter(
    (is) => (isOurs(is.name) || isWanted(is.name)) && !stay.some(([kept]) => kept === is),
  )
  return { come, go, stay }
}

const sameKindOfChain = ({ hook }: WholeChain, found: FoundWholeChain): boolean =>
  sameHook(hook, found.hook) && found.policy === 'accept'

const sameHook = (a: Hook | undefined, b: Hook | undefined): boolean =>
  a?.type === b?.type && a?.number === b?.number && a?.priority === b?.priority

const sameKindOfSet = ({ family, kind }: WholeSet, { set }: FoundWholeSet): boolean =>
  set?.family === family && set.kind === kind

/** Whether we could write its rules as they are. */
const isReadable = ({ rules }: FoundWholeChain): boolean => rules.every((rule) => rule !== undefined)

const asks = ({ rules }: FoundWholeChain, set: string): boolean =>
  rules.some((rule) => rule?.some((expression) => expression.step === 'lookup' && expression.set === set))

const equalLists = ({ rules: is }: FoundWholeChain, { rules: shall }: WholeChain): boolean =>
  is.length === shall.length &&
  shall.every((rule, index) => {
    const there = is[index]
    return there !== undefined && equalRules(rule, there)
  })
