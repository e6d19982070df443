import type { ForeignRule } from './foreign-rule.ts'
import { type AskSet, type JudgedPacket, type Judgement, judgeRule } from './judge-rule.ts'

/** A table's chains and sets, as they are read when they are needed. */
export interface JudgedTable {
  /** In their order; undefined if they are too many to look at. */
  readonly rules: (chain: string) => readonly ForeignRule[] | undefined
  readonly ask: AskSet
}

/** What becomes of a packet in a base chain, and by which rule: the policy where there is none. */
export interface ChainVerdict {
  readonly verdict: 'accept' | 'drop' | 'masquerade' | 'translate' | 'unclear'
  readonly rule?: { readonly chain: string; readonly handle: number } | undefined
}

/** Chains may lead to chains; the kernel allows 16 such steps. */
const deepest = 16

/** Goes through a base chain. Pure but for what the table tells. */
export function judgeChain(
  table: JudgedTable,
  chain: string,
  policy: 'accept' | 'drop',
  packet: JudgedPacket,
): ChainVerdict {
  const possible: ChainVerdict[] = []
  const certain = walk(table, chain, packet, possible, 0) ?? { verdict: policy }
  // What may decide before, and otherwise, leaves the end open.
  const other = possible.find(({ verdict }) => verdict !== certain.verdict)
  return other === undefined ? certain : { verdict: 'unclear', rule: other.rule }
}

/** Undefined if the chain decides nothing for certain. What it may decide before that is added to `possible`. */
function walk(
  table: JudgedTable,
  chain: string,
  packet: JudgedPacket,
  possible: ChainVerdict[],
  depth: number,
): ChainVerdict | undefined {
  const rules = depth > deepest ? undefined : table.rules(chain)
  if (rules === undefined) return { verdict: 'unclear' }
  for (const rule of rules) {
    const judged = judgeRule(rule, packet, table.ask)
    if (judged === undefined) continue
    const end = follow(table, { chain, handle: rule.handle }, judged, packet, possible, depth)
    if (end !== 'on') return end
  }
  return undefined
}

/** `on`: the next rule is looked at. */
function follow(
  table: JudgedTable,
  rule: NonNullable<ChainVerdict['rule']>,
  { decision, isCertain }: Judgement,
  packet: JudgedPacket,
  possible: ChainVerdict[],
  depth: number,
): ChainVerdict | undefined | 'on' {
  switch (decision.does) {
    case 'return':
      // What may end the chain here leaves open what the rest of it says.
      if (!isCertain) possible.push({ verdict: 'unclear', rule })
      return isCertain ? undefined : 'on'
    case 'jump':
    case 'goto': {
      const before = possible.length
      const verdict = walk(table, decision.chain, packet, possible, depth + 1)
      if (isCertain) return verdict ?? (decision.does === 'jump' ? 'on' : undefined)
      if (verdict !== undefined) possible.push(verdict)
      else if (decision.does === 'goto' && possible.length === before)
        possible.push({ verdict: 'unclear', rule })
      return 'on'
    }
    case 'accept':
    case 'drop':
    case 'masquerade':
    case 'translate':
    case 'unclear': {
      const verdict = { verdict: decision.does, rule }
      if (isCertain) return verdict
      possible.push(verdict)
      return 'on'
    }
  }
}
