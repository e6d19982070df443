import { dump } from '../netlink/dump.ts'
import { DumpInterruptedError, isOpError } from '../netlink/error.ts'
import { Errno } from '../sys.ts'
import { decodeChain, encodeListChains } from './chain.ts'
import { NftMessage } from './message.ts'
import { type Nftables, tableName } from './nftables.ts'
import { decodeRule, encodeListRules } from './rule.ts'
import type { FoundRuleset } from './ruleset.ts'
import { decodeSet, encodeListSets } from './set.ts'
import { type Table, decodeTable, encodeNamedTable } from './table.ts'

/** How often the table is read again because something changed meanwhile. */
const attempts = 10

/**
 * All that is in our table, as it was at one moment: of one generation.
 * @throws DumpInterruptedError if the rules of the namespace never stand still
 */
export function readRuleset(nftables: Nftables): FoundRuleset {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const generation = nftables.generation()
    try {
      const found = readParts(nftables)
      if (nftables.generation() === generation) return { generation, ...found }
    } catch (error) {
      // What was listed a moment ago is gone.
      if (!isOpError(error, Errno.ENOENT) || nftables.generation() === generation) throw error
    }
  }
  throw new DumpInterruptedError('read the packet filter')
}

function readParts(nftables: Nftables): Omit<FoundRuleset, 'generation'> {
  const { connection } = nftables
  const table = readTable(nftables)
  if (table === undefined) return { table, chains: [], sets: [] }
  const list = (what: string, type: number, payload: Uint8Array): readonly Uint8Array[] =>
    dump(connection, { operation: `list ${what}`, type, payload })
  const rules = list('rules', NftMessage.getRule, encodeListRules(tableName)).map(decodeRule)
  const chains = list('chains', NftMessage.getChain, encodeListChains()).map(decodeChain)
  const sets = list('sets', NftMessage.getSet, encodeListSets(tableName)).map(decodeSet)
  return {
    table,
    chains: chains
      .filter((chain) => chain.table === tableName)
      .map((chain) => ({
        ...chain,
        rules: rules
          .filter((rule) => rule.table === tableName && rule.chain === chain.name)
          .map(({ rule }) => rule),
      })),
    sets: sets.map(({ name, set }) => ({ name, set, elements: nftables.elements(name) ?? [] })),
  }
}

function readTable({ connection }: Nftables): Table | undefined {
  try {
    const operation = `look up table ${tableName}`
    const payload = encodeNamedTable(tableName)
    return decodeTable(connection.query({ operation, type: NftMessage.getTable, payload }))
  } catch (error) {
    if (isOpError(error, Errno.ENOENT)) return undefined
    throw error
  }
}
