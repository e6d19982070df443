import { Connection, type Request } from '../netlink/connection.ts'
import { dump } from '../netlink/dump.ts'
import { isOpError } from '../netlink/error.ts'
import { Flag } from '../netlink/message.ts'
import { Errno, type Handle, type System } from '../sys.ts'
import { beginBatch, endBatch } from './batch.ts'
import { type Chain, encodeNamedChain, encodeNewChain } from './chain.ts'
import { type Element, decodeElements, encodeElements, encodeNamedElements } from './element.ts'
import { decodeGeneration } from './generation.ts'
import { Family, NETLINK_NETFILTER, NftMessage, openPayload } from './message.ts'
import { type Rule, encodeAllRules, encodeNewRule } from './rule.ts'
import { type AddressSet, encodeNamedSet, encodeNewSet } from './set.ts'
import { encodeNamedTable, encodeNewTable } from './table.ts'

/** Our table, of the family `inet`. Others' tables are nothing to us. */
export const tableName = 'podway'

/** The packet filter of one network namespace, by its socket. Every refusal of the kernel is an OpError that says of what. */
export class Nftables {
  /** For what is not done in every ADD, and has files of its own. */
  readonly connection: Connection
  /** Lets go of the socket: for programs that stay. */
  readonly close: () => void

  /** Opens a socket, in the namespace if one is given. */
  constructor(system: System, namespace?: Handle) {
    const [a = 0, b = 0, c = 0] = system.random(3)
    const socket = system.netlink.open(NETLINK_NETFILTER, namespace)
    this.connection = new Connection(system.netlink, socket, (a << 16) | (b << 8) | c)
    this.close = () => system.files.close(socket)
  }

  /** Another number after each change of any rule in the namespace, whoever made it. */
  generation(): number {
    const payload = openPayload(Family.unspecified).finish()
    const request = { operation: 'read the generation of rules', type: NftMessage.getGeneration, payload }
    return decodeGeneration(this.connection.query(request))
  }

  /** The elements of a set of our table, in no order; undefined if there is no such set, or no table. */
  elements(set: string): readonly Element[] | undefined {
    const operation = `list the elements of ${set}`
    const payload = encodeNamedElements(tableName, set)
    try {
      return dump(this.connection, { operation, type: NftMessage.getElements, payload }).flatMap(
        decodeElements,
      )
    } catch (error) {
      if (isOpError(error, Errno.ENOENT)) return undefined
      throw error
    }
  }

  /**
   * Makes all changes at once, or none.
   * @param generation - if given, only as long as that is the namespace's: else ERESTART
   * @throws OpError of the first change that the kernel refuses
   */
  commit(changes: readonly Request[], generation?: number): void {
    this.connection.transact(beginBatch(generation), changes, endBatch)
  }
}

// Changes for `Nftables.commit`. Each is about our table. What is made may be there already, unless it is said otherwise.

export const createTable: Request = {
  operation: `create table ${tableName}`,
  type: NftMessage.newTable,
  flags: Flag.create,
  payload: encodeNewTable(tableName),
}

/** With all that is in it. */
export const deleteTable: Request = {
  operation: `delete table ${tableName}`,
  type: NftMessage.deleteTable,
  payload: encodeNamedTable(tableName),
}

/** EEXIST if it is there. */
export const createChain = (chain: Chain): Request => ({
  operation: `create chain ${chain.name}`,
  type: NftMessage.newChain,
  flags: Flag.create | Flag.exclusive,
  payload: encodeNewChain(tableName, chain),
})

/** With its rules. EBUSY if something leads to it. */
export const deleteChain = (name: string): Request => ({
  operation: `delete chain ${name}`,
  type: NftMessage.deleteChain,
  payload: encodeNamedChain(tableName, name),
})

/** Behind the rules that the chain has. */
export const addRule = (chain: string, rule: Rule): Request => ({
  operation: `add a rule to chain ${chain}`,
  type: NftMessage.newRule,
  flags: Flag.create | Flag.append,
  payload: encodeNewRule(tableName, chain, rule),
})

export const deleteRules = (chain: string): Request => ({
  operation: `delete the rules of chain ${chain}`,
  type: NftMessage.deleteRule,
  payload: encodeAllRules(tableName, chain),
})

/** `id`: another one for each set of a transaction. */
export const createSet = (set: AddressSet, id: number): Request => ({
  operation: `create set ${set.name}`,
  type: NftMessage.newSet,
  flags: Flag.create,
  payload: encodeNewSet(tableName, set, id),
})

/** EBUSY if a rule asks it. */
export const deleteSet = (name: string): Request => ({
  operation: `delete set ${name}`,
  type: NftMessage.deleteSet,
  payload: encodeNamedSet(tableName, name),
})

/** EEXIST if one of them is there. */
export const addElements = (set: string, elements: readonly Element[]): readonly Request[] =>
  inPortions(elements).map((portion) => ({
    operation: `add ${portion.length} elements to set ${set}`,
    type: NftMessage.newElements,
    flags: Flag.create | Flag.exclusive,
    payload: encodeElements(tableName, set, portion),
  }))

/** ENOENT if one of them is not there. */
export const deleteElements = (set: string, elements: readonly Element[]): readonly Request[] =>
  inPortions(elements).map((portion) => ({
    operation: `delete ${portion.length} elements of set ${set}`,
    type: NftMessage.deleteElements,
    payload: encodeElements(tableName, set, portion),
  }))

export const deleteAllElements = (set: string): Request => ({
  operation: `delete all elements of set ${set}`,
  type: NftMessage.deleteElements,
  payload: encodeNamedElements(tableName, set),
})

/** An element has at most about 350 bytes, and the length of a list 16 bits. */
const portionLength = 150

function inPortions(elements: readonly Element[]): readonly (readonly Element[])[] {
  const portions: (readonly Element[])[] = []
  for (let at = 0; at < elements.length; at += portionLength)
    portions.push(elements.slice(at, at + portionLength))
  return portions
}
