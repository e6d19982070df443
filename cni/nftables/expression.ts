import { type PayloadWriter, readAttributes } from '../netlink/attribute.ts'
import { decodeText } from '../text.ts'
import { readBe32 } from './message.ts'
import { type Verdict, readVerdict, writeVerdict } from './verdict.ts'

/**
 * One step of a rule. The first that a packet does not match ends the rule. What is read from the packet goes to the first
 * register, and what compares looks there. Only the parts of a key that has several go to those behind it (`to`), as do
 * those of an answer.
 */
export type Expression =
  | { readonly step: 'meta'; readonly key: number; readonly to?: number }
  | {
      readonly step: 'payload'
      readonly base: number
      readonly offset: number
      readonly length: number
      readonly to?: number
    }
  /** What conntrack knows of the packet's connection as a whole. */
  | { readonly step: 'connection'; readonly key: number }
  | { readonly step: 'mask'; readonly mask: Uint8Array }
  | { readonly step: 'compare'; readonly equal: boolean; readonly value: Uint8Array }
  | { readonly step: 'fib'; readonly result: number; readonly flags: number }
  | {
      readonly step: 'lookup'
      readonly set: string
      readonly inverted: boolean
      /** Its answer is a verdict. */
      readonly decides: boolean
      /** Its answer goes to the registers, from the first on. */
      readonly answers?: true
    }
  /** To the address in the first register, and the port in the one behind it. */
  | { readonly step: 'translate-destination'; readonly family: number; readonly portFrom: number }
  | { readonly step: 'masquerade'; readonly flags: number }
  | { readonly step: 'verdict'; readonly verdict: Verdict }
  | { readonly step: 'counter' }

/** What the kernel calls them. */
const names = {
  meta: 'meta',
  payload: 'payload',
  connection: 'ct',
  mask: 'bitwise',
  compare: 'cmp',
  fib: 'fib',
  lookup: 'lookup',
  'translate-destination': 'nat',
  masquerade: 'masq',
  verdict: 'immediate',
  counter: 'counter',
} as const satisfies Readonly<Record<Expression['step'], string>>

/** NFTA_LIST_ELEM; NFTA_EXPR_*; NFTA_DATA_VALUE. */
const oneOfList = 1
const ExpressionAttribute = { name: 1, data: 2 } as const
const dataValue = 1

/** NFT_REG_1, and the one that verdicts go to. */
const [register, verdictRegister] = [1, 0]

// Attributes of each expression (NFTA_META_*, NFTA_PAYLOAD_* …), by their names there.
const Meta = { dreg: 1, key: 2 } as const
const Payload = { dreg: 1, base: 2, offset: 3, length: 4 } as const
const Connection = { dreg: 1, key: 2, direction: 3 } as const
const Bitwise = { sreg: 1, dreg: 2, length: 3, mask: 4, xor: 5, op: 6 } as const
const Compare = { sreg: 1, op: 2, data: 3 } as const
const Fib = { dreg: 1, result: 2, flags: 3 } as const
const Lookup = { set: 1, sreg: 2, dreg: 3, flags: 5 } as const
const Nat = {
  type: 1,
  family: 2,
  firstAddress: 3,
  lastAddress: 4,
  firstPort: 5,
  lastPort: 6,
  flags: 7,
} as const
/** NFT_NAT_DNAT. NF_NAT_RANGE_MAP_IPS and _PROTO_SPECIFIED, which the kernel says of its own. */
const [destinationType, addressAndPort] = [1, 3]
const Masquerade = { flags: 1, firstPort: 2 } as const
const Immediate = { dreg: 1, data: 2 } as const
/** NFT_LOOKUP_F_INV; NFT_CMP_*. */
const inverted = 1
const [equal, notEqual] = [0, 1]

/** The list of a rule's expressions. */
export function writeExpressions(writer: PayloadWriter, expressions: readonly Expression[]): void {
  for (const expression of expressions) {
    writer.nested(oneOfList, () => {
      writer.attributeText(ExpressionAttribute.name, names[expression.step])
      writer.nested(ExpressionAttribute.data, () => writeExpression(writer, expression))
    })
  }
}

function writeExpression(writer: PayloadWriter, expression: Expression): void {
  const number = (type: number, value: number): void => void writer.attributeBe32(type, value)
  const data = (type: number, value: Uint8Array): void =>
    void writer.nested(type, () => writer.attributeBytes(dataValue, value))
  switch (expression.step) {
    case 'meta':
      number(Meta.key, expression.key)
      number(Meta.dreg, expression.to ?? register)
      break
    case 'payload':
      number(Payload.dreg, expression.to ?? register)
      number(Payload.base, expression.base)
      number(Payload.offset, expression.offset)
      number(Payload.length, expression.length)
      break
    case 'connection':
      number(Connection.key, expression.key)
      number(Connection.dreg, register)
      break
    case 'mask':
      number(Bitwise.sreg, register)
      number(Bitwise.dreg, register)
      number(Bitwise.length, expression.mask.length)
      data(Bitwise.mask, expression.mask)
      data(Bitwise.xor, new Uint8Array(expression.mask.length))
      break
    case 'compare':
      number(Compare.sreg, register)
      number(Compare.op, expression.equal ? equal : notEqual)
      data(Compare.data, expression.value)
      break
    case 'fib':
      number(Fib.flags, expression.flags)
      number(Fib.result, expression.result)
      number(Fib.dreg, register)
      break
    case 'lookup':
      number(Lookup.sreg, register)
      if (expression.decides) number(Lookup.dreg, verdictRegister)
      else if (expression.answers) number(Lookup.dreg, register)
      writer.attributeText(Lookup.set, expression.set)
      if (expression.inverted) number(Lookup.flags, inverted)
      break
    case 'translate-destination':
      number(Nat.type, destinationType)
      number(Nat.family, expression.family)
      number(Nat.firstAddress, register)
      number(Nat.firstPort, expression.portFrom)
      break
    case 'masquerade':
      if (expression.flags !== 0) number(Masquerade.flags, expression.flags)
      break
    case 'verdict':
      number(Immediate.dreg, verdictRegister)
      writer.nested(Immediate.data, () => writeVerdict(writer, expression.verdict))
      break
    case 'counter':
      break
  }
}

/**
 * Undefined if one of them is none that we write: such a rule is not ours.
 * @throws NetlinkFormatError
 */
export function readExpressions(bytes: Uint8Array): readonly Expression[] | undefined {
  const expressions: (Expression | undefined)[] = []
  readAttributes(bytes, { offset: 0, types: [oneOfList] }, (_, one) => {
    let name = ''
    let data: Uint8Array = new Uint8Array()
    readAttributes(one, { offset: 0, types: Object.values(ExpressionAttribute) }, (type, value) => {
      if (type === ExpressionAttribute.name) name = decodeText(value)
      else data = value
    })
    expressions.push(readExpression(name, new Parts(data)))
  })
  return expressions.includes(undefined) ? undefined : (expressions as Expression[])
}

function readExpression(name: string, parts: Parts): Expression | undefined {
  switch (name) {
    case names.meta:
      return ours(parts.has(Meta.dreg), {
        step: 'meta',
        key: parts.number(Meta.key),
        ...placeOf(parts.number(Meta.dreg)),
      })
    case names.payload:
      return ours(parts.has(Payload.dreg), {
        step: 'payload',
        base: parts.number(Payload.base),
        offset: parts.number(Payload.offset),
        length: parts.number(Payload.length),
        ...placeOf(parts.number(Payload.dreg)),
      })
    case names.connection:
      return ours(parts.number(Connection.dreg) === register && !parts.has(Connection.direction), {
        step: 'connection',
        key: parts.number(Connection.key),
      })
    case names.mask: {
      const isOurs =
        parts.number(Bitwise.sreg) === register &&
        parts.number(Bitwise.dreg) === register &&
        parts.number(Bitwise.op) === 0 &&
        parts.data(Bitwise.xor).every((byte) => byte === 0)
      return ours(isOurs, { step: 'mask', mask: parts.data(Bitwise.mask) })
    }
    case names.compare: {
      const op = parts.number(Compare.op)
      const isOurs = parts.number(Compare.sreg) === register && (op === equal || op === notEqual)
      return ours(isOurs, { step: 'compare', equal: op === equal, value: parts.data(Compare.data) })
    }
    case names.fib:
      return ours(parts.number(Fib.dreg) === register, {
        step: 'fib',
        result: parts.number(Fib.result),
        flags: parts.number(Fib.flags),
      })
    case names.lookup:
      return ours(parts.number(Lookup.sreg) === register, {
        step: 'lookup',
        set: parts.text(Lookup.set),
        inverted: (parts.number(Lookup.flags) & inverted) !== 0,
        decides: parts.has(Lookup.dreg) && parts.number(Lookup.dreg) === verdictRegister,
        ...(parts.number(Lookup.dreg) === register ? { answers: true } : {}),
      })
    case names['translate-destination']: {
      const isOurs =
        parts.number(Nat.type) === destinationType &&
        parts.number(Nat.firstAddress) === register &&
        [0, register].includes(parts.number(Nat.lastAddress)) &&
        [0, parts.number(Nat.firstPort)].includes(parts.number(Nat.lastPort)) &&
        (!parts.has(Nat.flags) || parts.number(Nat.flags) === addressAndPort)
      const family = parts.number(Nat.family)
      return ours(isOurs, { step: 'translate-destination', family, portFrom: parts.number(Nat.firstPort) })
    }
    case names.masquerade:
      return ours(!parts.has(Masquerade.firstPort), {
        step: 'masquerade',
        flags: parts.number(Masquerade.flags),
      })
    case names.verdict: {
      const verdict = readVerdict(parts.bytes(Immediate.data))
      return verdict && { step: 'verdict', verdict }
    }
    case names.counter:
      return { step: 'counter' }
    default:
      return undefined
  }
}

/** The first register goes without saying. */
const placeOf = (to: number): { readonly to?: number } => (to === register ? {} : { to })

const ours = (isOurs: boolean, expression: Expression): Expression | undefined =>
  isOurs ? expression : undefined

/** An expression's attributes by their numbers, all below eight. What is not there is zero, or empty. */
class Parts {
  readonly #values = new Map<number, Uint8Array>()

  constructor(bytes: Uint8Array) {
    readAttributes(bytes, { offset: 0, types: [1, 2, 3, 4, 5, 6, 7] }, (type, value) => {
      this.#values.set(type, value)
    })
  }

  has(type: number): boolean {
    return this.#values.has(type)
  }

  bytes(type: number): Uint8Array {
    return this.#values.get(type) ?? new Uint8Array()
  }

  number(type: number): number {
    const value = this.#values.get(type)
    return value === undefined ? 0 : readBe32(value)
  }

  text(type: number): string {
    return decodeText(this.bytes(type))
  }

  data(type: number): Uint8Array {
    let data = new Uint8Array()
    readAttributes(this.bytes(type), { offset: 0, types: [dataValue] }, (_, value) => (data = value.slice()))
    return data
  }
}
