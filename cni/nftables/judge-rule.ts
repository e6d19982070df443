import { type Address, addressToBytes } from '../../net/address.ts'
import { decodeText } from '../text.ts'
import { type Decision, type ForeignRule, type Step, dataOf, decisionOf, numberOf } from './foreign-rule.ts'
import { Family } from './message.ts'

/** A packet at one hook, as far as it is known. */
export interface JudgedPacket {
  readonly source: Address
  readonly destination: Address
  /** Undefined where the hook does not know it. */
  readonly entry: JudgedLink | undefined
  readonly exit: JudgedLink | undefined
  /** It belongs to a connection that has been seen. */
  readonly isReply: boolean
  /** Whether the source is routed by the interface of entry. */
  readonly isRoutedBack: boolean
  /** What the routing table calls the destination: RTN_*. */
  readonly destinationType: number
}

export interface JudgedLink {
  readonly name: string
  readonly index: number
  readonly group: number
}

/** What a set says of a key; `decides` for a map of verdicts. Undefined where nobody can say. */
export type AskSet = (
  set: string,
  key: Uint8Array,
) => { readonly holds: boolean; readonly decides?: Decision | undefined } | undefined

/** Whether the packet matches for certain, and what the rule then does; undefined if it does not match, or nothing. */
export interface Judgement {
  readonly isCertain: boolean
  readonly decision: Decision
}

/** Attributes of the expressions, by their names in linux/netfilter/nf_tables.h. */
const Load = { dreg: 1, key: 2 } as const
const Payload = { dreg: 1, base: 2, offset: 3, length: 4 } as const
const Bitwise = { sreg: 1, dreg: 2, mask: 4, xor: 5, op: 6 } as const
const Compare = { sreg: 1, op: 2, data: 3 } as const
const Range = { sreg: 1, op: 2, from: 3, to: 4 } as const
const Fib = { dreg: 1, result: 2, flags: 3 } as const
const Lookup = { set: 1, sreg: 2, dreg: 3, flags: 5 } as const
const Immediate = { dreg: 1, data: 2 } as const
const NatType = 1

/** Steps that neither match nor change anything that is asked for here. */
const harmless = new Set(['counter', 'log', 'notrack', 'last', 'comment'])
/** Steps that may end a rule, which nobody can say beforehand. */
const chancy = new Set(['limit', 'quota', 'connlimit', 'match', 'objref', 'dynset'])
/** Steps that take the packet away, or do to it what is not looked at. */
const endings = new Set(['queue', 'tproxy', 'fwd', 'dup', 'target', 'synproxy', 'flow_offload'])

/**
 * Goes through the rule as the kernel does, with what is known: three answers instead of two, so that "drops" and "passes"
 * are only said of what is certain. Pure but for the sets, which the kernel is asked about.
 */
export function judgeRule({ steps }: ForeignRule, packet: JudgedPacket, ask: AskSet): Judgement | undefined {
  const registers = new Map<number, Uint8Array>()
  let isCertain = true
  for (const step of steps) {
    const met = judgeStep(step, packet, registers, ask)
    if (met === 'no') return undefined
    if (met === 'maybe') isCertain = false
    else if (met !== 'yes') return { isCertain, decision: met }
  }
  return undefined
}

type Met = 'yes' | 'no' | 'maybe' | Decision

function judgeStep(step: Step, packet: JudgedPacket, registers: Map<number, Uint8Array>, ask: AskSet): Met {
  const load = (value: Uint8Array | undefined): 'yes' => {
    const register = numberOf(step, 1)
    if (register === undefined) return 'yes'
    if (value === undefined) registers.delete(register)
    else registers.set(register, value)
    return 'yes'
  }
  switch (step.name) {
    case 'meta':
      return load(metaValue(numberOf(step, Load.key), packet))
    case 'payload':
      return load(headerPart(step, packet))
    case 'ct':
      return load(numberOf(step, Load.key) === 0 ? native32(packet.isReply ? 2 : 8) : undefined)
    case 'fib':
      return load(fibValue(step, packet))
    case 'bitwise':
      return mask(step, registers)
    case 'cmp':
      return compare(step, registers)
    case 'range':
      return inRange(step, registers)
    case 'lookup':
      return lookUp(step, registers, ask)
    case 'immediate': {
      const datum = step.attributes.get(Immediate.data)
      const decision = datum === undefined ? undefined : decisionOf(datum)
      return decision ?? load(dataOf(step, Immediate.data))
    }
    case 'reject':
      return { does: 'drop' }
    case 'masq':
      return { does: 'masquerade' }
    case 'nat':
    case 'redir':
      return { does: numberOf(step, NatType) === undefined ? 'unclear' : 'translate' }
    default:
      if (harmless.has(step.name)) return 'yes'
      if (endings.has(step.name)) return { does: 'unclear' }
      // What others load, and where, is not known: nothing that was there counts any more.
      registers.clear()
      return chancy.has(step.name) ? 'maybe' : 'yes'
  }
}

/** NFT_META_*. */
function metaValue(key: number | undefined, packet: JudgedPacket): Uint8Array | undefined {
  const { destination, entry, exit } = packet
  const isIpv4 = destination.family === 4
  switch (key) {
    case 1:
      return isIpv4 ? Uint8Array.of(0x08, 0x00) : Uint8Array.of(0x86, 0xdd)
    case 4:
      return native32(entry?.index ?? 0)
    case 5:
      return native32(exit?.index ?? 0)
    case 6:
      return nameBytes(entry)
    case 7:
      return nameBytes(exit)
    case 15:
      return Uint8Array.of(isIpv4 ? Family.ipv4 : Family.ipv6)
    case 21:
      return entry && native32(entry.group)
    case 22:
      return exit && native32(exit.group)
    case undefined:
    default:
      return undefined
  }
}

/** IFNAMSIZ; empty where the hook knows of no interface. */
const nameBytes = (link: JudgedLink | undefined): Uint8Array =>
  Uint8Array.from({ length: 16 }, (_, at) => link?.name.codePointAt(at) ?? 0)

/** Of the network header only the addresses are known. */
function headerPart(step: Step, { destination, source }: JudgedPacket): Uint8Array | undefined {
  const [base, offset, length] = [Payload.base, Payload.offset, Payload.length].map((type) =>
    numberOf(step, type),
  )
  if (base !== 1 || offset === undefined || length === undefined) return undefined
  const bytes = [...addressToBytes(source), ...addressToBytes(destination)]
  const from = offset - (source.family === 4 ? 12 : 8)
  if (from < 0 || from + length > bytes.length) return undefined
  return Uint8Array.from(bytes.slice(from, from + length))
}

/** Which interface the source is routed by, seen from that of entry; or of what type the destination is. */
function fibValue(step: Step, packet: JudgedPacket): Uint8Array | undefined {
  const [result, flags] = [numberOf(step, Fib.result), numberOf(step, Fib.flags)]
  const [sourceByEntry, present, destinationOnly] = [0x1 | 0x8, 0x20, 0x2]
  if (result === 1 && (flags === sourceByEntry || flags === (sourceByEntry | present))) {
    if (!packet.isRoutedBack || packet.entry === undefined) return native32(0)
    return native32(flags & present ? 1 : packet.entry.index)
  }
  return result === 3 && flags === destinationOnly ? native32(packet.destinationType) : undefined
}

function mask(step: Step, registers: Map<number, Uint8Array>): 'yes' {
  const value = registers.get(numberOf(step, Bitwise.sreg) ?? 0)
  const to = numberOf(step, Bitwise.dreg) ?? 0
  const [and, xor] = [dataOf(step, Bitwise.mask), dataOf(step, Bitwise.xor)]
  const isMask = (numberOf(step, Bitwise.op) ?? 0) === 0
  if (value === undefined || and === undefined || !isMask) registers.delete(to)
  else
    registers.set(
      to,
      value.map((byte, at) => (byte & (and[at] ?? 0)) ^ (xor?.[at] ?? 0)),
    )
  return 'yes'
}

function compare(step: Step, registers: ReadonlyMap<number, Uint8Array>): Met {
  const value = registers.get(numberOf(step, Compare.sreg) ?? 0)
  const data = dataOf(step, Compare.data)
  if (value === undefined || data === undefined) return 'maybe'
  const order = orderOf(value, data)
  const met = [order === 0, order !== 0, order < 0, order <= 0, order > 0, order >= 0][
    numberOf(step, Compare.op) ?? 0
  ]
  return met === undefined ? 'maybe' : met ? 'yes' : 'no'
}

function inRange(step: Step, registers: ReadonlyMap<number, Uint8Array>): Met {
  const value = registers.get(numberOf(step, Range.sreg) ?? 0)
  const [from, to] = [dataOf(step, Range.from), dataOf(step, Range.to)]
  if (value === undefined || from === undefined || to === undefined) return 'maybe'
  const isInside = orderOf(value, from) >= 0 && orderOf(value, to) <= 0
  return isInside === ((numberOf(step, Range.op) ?? 0) === 0) ? 'yes' : 'no'
}

function lookUp(step: Step, registers: ReadonlyMap<number, Uint8Array>, ask: AskSet): Met {
  const value = registers.get(numberOf(step, Lookup.sreg) ?? 0)
  const set = step.attributes.get(Lookup.set)
  const isMap = step.attributes.has(Lookup.dreg)
  const found = value === undefined || set === undefined ? undefined : ask(decodeText(set), value)
  if (found === undefined) return isMap ? { does: 'unclear' } : 'maybe'
  const isInverted = ((numberOf(step, Lookup.flags) ?? 0) & 1) !== 0
  if (!isMap) return found.holds === isInverted ? 'no' : 'yes'
  // A map of anything else than verdicts only loads.
  return found.holds ? (found.decides ?? 'maybe') : 'no'
}

/** As memcmp has it, over the second one's length. */
function orderOf(value: Uint8Array, data: Uint8Array): number {
  for (const [at, byte] of data.entries()) {
    const difference = (value[at] ?? 0) - byte
    if (difference !== 0) return difference
  }
  return 0
}

/** A number as the processor has it: little-endian, as all machines that we build for are. */
const native32 = (value: number): Uint8Array => Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24)
