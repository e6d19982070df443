import type { Chain, FoundChain } from './chain.ts'
import type { Element } from './element.ts'
import type { Interval } from './intervals.ts'
import type { Rule } from './rule.ts'
import type { AddressSet } from './set.ts'
import type { Table } from './table.ts'

/** What shall be in our table. */
export interface Ruleset {
  readonly chains: readonly WholeChain[]
  readonly sets: readonly WholeSet[]
}

export interface WholeChain extends Chain {
  readonly rules: readonly Rule[]
}

export interface WholeSet extends AddressSet {
  /** No two of them share an address. Undefined: what is in it is others' affair. */
  readonly intervals: readonly Interval[] | undefined
}

/** What is in our table. */
export interface FoundRuleset {
  /** Of the namespace, when it was read. */
  readonly generation: number
  /** Undefined if there is no such table. */
  readonly table: Table | undefined
  readonly chains: readonly FoundWholeChain[]
  readonly sets: readonly FoundWholeSet[]
}

export interface FoundWholeChain extends FoundChain {
  /** A rule is undefined if it can't be one of ours. */
  readonly rules: readonly (Rule | undefined)[]
}

export interface FoundWholeSet {
  readonly name: string
  /** Undefined if it can't be one of ours. */
  readonly set: AddressSet | undefined
  readonly elements: readonly Element[]
}

/**
 * Whose chains and sets are which: those whose names begin so belong to single pods, and come and go with them; all others
 * are the node's.
 */
export const isOfPods = (name: string): boolean => name.startsWith('pod-')

export const isOfNode = (name: string): boolean => !isOfPods(name)
