import { readAttributes } from '../netlink/attribute.ts'
import { decodeText } from '../text.ts'
import { readBe32, requireStructure, structureLength } from './message.ts'

/** NFTA_RULE_*, NFTA_LIST_ELEM, NFTA_EXPR_*. */
const Attribute = { handle: 3, expressions: 4 } as const
const oneOfList = 1
const ExpressionAttribute = { name: 1, data: 2 } as const

/** A rule that anybody may have made, to be looked at and never written. */
export interface ForeignRule {
  /** By which `nft -a` shows it. */
  readonly handle: number
  readonly steps: readonly Step[]
}

/** One expression: its name, and its attributes by their numbers. */
export interface Step {
  readonly name: string
  readonly attributes: ReadonlyMap<number, Uint8Array>
}

/** @throws NetlinkFormatError */
export function decodeForeignRule(payload: Uint8Array): ForeignRule {
  requireStructure('a rule', payload)
  let handle = 0
  const steps: Step[] = []
  const types = Object.values(Attribute)
  readAttributes(payload, { offset: structureLength, types }, (type, value) => {
    if (type === Attribute.handle) handle = value.length === 8 ? readBe32(value.subarray(4)) : 0
    else readAttributes(value, { offset: 0, types: [oneOfList] }, (_, one) => steps.push(readStep(one)))
  })
  return { handle, steps }
}

function readStep(bytes: Uint8Array): Step {
  let name = ''
  const attributes = new Map<number, Uint8Array>()
  readAttributes(bytes, { offset: 0, types: Object.values(ExpressionAttribute) }, (type, value) => {
    if (type === ExpressionAttribute.name) name = decodeText(value)
    else readAttributes(value, { offset: 0, types: firstTen }, (number, part) => attributes.set(number, part))
  })
  return { name, attributes }
}

/** No expression that is looked at has more attributes than these. */
const firstTen = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

/** A number of a step; undefined where it has none. */
export function numberOf({ attributes }: Step, type: number): number | undefined {
  const value = attributes.get(type)
  return value === undefined ? undefined : readBe32(value)
}

/** The bytes of a step's datum (NFTA_DATA_VALUE); undefined where it has none. */
export function dataOf({ attributes }: Step, type: number): Uint8Array | undefined {
  const nested = attributes.get(type)
  let data: Uint8Array | undefined
  if (nested !== undefined) {
    readAttributes(nested, { offset: 0, types: [1] }, (_, value) => {
      data = value
    })
  }
  return data
}

/** What a rule says of a packet, in the end. */
export type Decision =
  | { readonly does: 'accept' | 'drop' | 'return' | 'masquerade' | 'translate' | 'unclear' }
  | { readonly does: 'jump' | 'goto'; readonly chain: string }

/** NFTA_DATA_VERDICT; NFTA_VERDICT_*; NF_*, NFT_*. */
const verdictAttribute = 2
const VerdictAttribute = { code: 1, chain: 2 } as const
const decisions: Readonly<Record<number, 'accept' | 'drop' | 'return' | undefined>> = {
  0: 'drop',
  1: 'accept',
  [-5 >>> 0]: 'return',
}
const [jump, goto] = [-3 >>> 0, -4 >>> 0]

/** The decision in a datum; undefined if it holds none. */
export function decisionOf(datum: Uint8Array): Decision | undefined {
  let code: number | undefined
  let chain = ''
  readAttributes(datum, { offset: 0, types: [verdictAttribute] }, (_, content) => {
    readAttributes(content, { offset: 0, types: Object.values(VerdictAttribute) }, (type, value) => {
      if (type === VerdictAttribute.code) code = readBe32(value)
      else chain = decodeText(value)
    })
  })
  if (code === undefined) return undefined
  if (code === jump || code === goto) return { does: code === jump ? 'jump' : 'goto', chain }
  return { does: decisions[code] ?? 'unclear' }
}
