import { PayloadWriter, readAttributes } from '../netlink/attribute.ts'
import { decodeText } from '../text.ts'
import { type Expression, readExpressions, writeExpressions } from './expression.ts'
import { openPayload, requireStructure, structureLength } from './message.ts'

/** NFTA_RULE_*. */
const Attribute = { table: 1, chain: 2, expressions: 4 } as const

/** A rule: its expressions, one after another. */
export type Rule = readonly Expression[]

/** Adds a rule behind those that the chain has. */
export function encodeNewRule(table: string, chain: string, rule: Rule): Uint8Array {
  const writer = openPayload().attributeText(Attribute.table, table).attributeText(Attribute.chain, chain)
  return writer.nested(Attribute.expressions, () => writeExpressions(writer, rule)).finish()
}

/** Of a message that deletes: all rules of the chain. */
export const encodeAllRules = (table: string, chain: string): Uint8Array =>
  openPayload().attributeText(Attribute.table, table).attributeText(Attribute.chain, chain).finish()

/** Asks for all rules of a table, chain by chain, each in its order. */
export const encodeListRules = (table: string): Uint8Array =>
  openPayload().attributeText(Attribute.table, table).finish()

/** A rule that is there; undefined if it can't be one of ours. */
export interface FoundRule {
  readonly table: string
  readonly chain: string
  readonly rule: Rule | undefined
}

/** @throws NetlinkFormatError */
export function decodeRule(payload: Uint8Array): FoundRule {
  requireStructure('a rule', payload)
  let [table, chain] = ['', '']
  let rule: Rule | undefined = []
  const types = Object.values(Attribute)
  readAttributes(payload, { offset: structureLength, types }, (type, value) => {
    if (type === Attribute.table) table = decodeText(value)
    else if (type === Attribute.chain) chain = decodeText(value)
    else rule = readExpressions(value)
  })
  return { table, chain, rule }
}

/** Whether both do the same, in the same steps. */
export function equalRules(a: Rule, b: Rule): boolean {
  if (a.length !== b.length) return false
  const [left, right] = [bytesOf(a), bytesOf(b)]
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}

function bytesOf(rule: Rule): Uint8Array {
  const writer = new PayloadWriter()
  writeExpressions(writer, rule)
  return writer.finish()
}
