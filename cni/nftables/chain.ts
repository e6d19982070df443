import { readAttributes } from '../netlink/attribute.ts'
import { decodeText } from '../text.ts'
import { openPayload, readBe32, requireStructure, structureLength } from './message.ts'

/** NFTA_CHAIN_*. */
const Attribute = { table: 1, name: 3, hook: 4, policy: 5, type: 7 } as const
/** NFTA_HOOK_*. */
const HookAttribute = { number: 1, priority: 2 } as const
/** NF_ACCEPT: what no rule of a base chain decides goes on. */
const accept = 1

/** Where packets come by (NF_INET_*). */
export const HookNumber = { prerouting: 0, forward: 2, output: 3, postrouting: 4 } as const

/** What makes a base chain of a chain: packets come to it by themselves. */
export interface Hook {
  readonly type: 'filter' | 'nat'
  readonly number: number
  /** Lower ones come first. */
  readonly priority: number
}

export interface Chain {
  readonly name: string
  readonly hook?: Hook | undefined
}

/** A chain that is there. */
export interface FoundChain extends Chain {
  readonly table: string
  /** `drop` is another policy than ours, which all accept. */
  readonly policy: 'accept' | 'drop'
}

export function encodeNewChain(table: string, { name, hook }: Chain): Uint8Array {
  const writer = openPayload().attributeText(Attribute.table, table).attributeText(Attribute.name, name)
  if (hook !== undefined) {
    writer.attributeText(Attribute.type, hook.type).attributeBe32(Attribute.policy, accept)
    writer.nested(Attribute.hook, () =>
      writer
        .attributeBe32(HookAttribute.number, hook.number)
        .attributeBe32(HookAttribute.priority, hook.priority),
    )
  }
  return writer.finish()
}

export const encodeNamedChain = (table: string, name: string): Uint8Array =>
  openPayload().attributeText(Attribute.table, table).attributeText(Attribute.name, name).finish()

/** Asks for all chains of the family, whatever their table: older kernels don't know how to ask for one table's. */
export const encodeListChains = (): Uint8Array => openPayload().finish()

/** @throws NetlinkFormatError */
export function decodeChain(payload: Uint8Array): FoundChain {
  requireStructure('a chain', payload)
  let [table, name, kind] = ['', '', '']
  let policy = accept
  let place: { number: number; priority: number } | undefined
  const types = Object.values(Attribute)
  readAttributes(payload, { offset: structureLength, types }, (type, value) => {
    switch (type) {
      case Attribute.table:
        table = decodeText(value)
        break
      case Attribute.name:
        name = decodeText(value)
        break
      case Attribute.type:
        kind = decodeText(value)
        break
      case Attribute.policy:
        policy = readBe32(value)
        break
      default:
        place = decodeHook(value)
    }
  })
  const hook = place && { type: kind as Hook['type'], ...place }
  return { table, name, hook, policy: policy === accept ? 'accept' : 'drop' }
}

function decodeHook(bytes: Uint8Array): { number: number; priority: number } {
  const hook = { number: 0, priority: 0 }
  readAttributes(bytes, { offset: 0, types: Object.values(HookAttribute) }, (type, value) => {
    if (type === HookAttribute.number) hook.number = readBe32(value)
    else hook.priority = readBe32(value) | 0
  })
  return hook
}
