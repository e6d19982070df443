import type { Request } from '../netlink/connection.ts'
import { Flag } from '../netlink/message.ts'
import { type Chain, encodeNamedChain, encodeNewChain } from './chain.ts'
import { encodeNamedElements } from './element.ts'
import { NftMessage } from './message.ts'
import { tableName } from './nftables.ts'
import { type Rule, encodeAllRules, encodeNewRule } from './rule.ts'
import { type AddressSet, encodeNamedSet, encodeNewSet } from './set.ts'
import { encodeNamedTable, encodeNewTable } from './table.ts'

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

export const deleteAllElements = (set: string): Request => ({
  operation: `delete all elements of set ${set}`,
  type: NftMessage.deleteElements,
  payload: encodeNamedElements(tableName, set),
})

/** For `Nftables.has`. */
export const askForChain = (name: string): Request => ({
  operation: `look up chain ${name}`,
  type: NftMessage.getChain,
  payload: encodeNamedChain(tableName, name),
})

/** For `Nftables.has`. */
export const askForSet = (name: string): Request => ({
  operation: `look up set ${name}`,
  type: NftMessage.getSet,
  payload: encodeNamedSet(tableName, name),
})
