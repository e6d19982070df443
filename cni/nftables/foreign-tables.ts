import { readAttributes } from '../netlink/attribute.ts'
import { isOpError } from '../netlink/error.ts'
import { Control, Flag } from '../netlink/message.ts'
import { Errno, type System } from '../sys.ts'
import { type FoundChain, decodeChain } from './chain.ts'
import { type Decision, type ForeignRule, decisionOf, decodeForeignRule } from './foreign-rule.ts'
import type { JudgedTable } from './judge-chain.ts'
import { Family, NftMessage, openPayload } from './message.ts'
import { Nftables } from './nftables.ts'

/** So many rules are looked at for one packet, wherever they are: more would take this process's memory, and its time. */
const mostRules = 2_000
/** Chains of a machine: kube-proxy makes one for each Service and endpoint. */
const mostChains = 20_000

/** A base chain of any family and table. */
export interface ForeignChain extends FoundChain {
  /** NFPROTO_* */
  readonly family: number
  readonly hook: NonNullable<FoundChain['hook']>
}

/** What others have in the packet filter, and we too: read, never written. It is of several moments. */
export class ForeignTables {
  readonly #system: System
  #left = mostRules

  constructor(system: System) {
    this.#system = system
  }

  /** All base chains; undefined where there is no nf_tables, or are too many chains. */
  baseChains(): readonly ForeignChain[] | undefined {
    const payload = openPayload(Family.unspecified).finish()
    const found = this.#dump('list chains', NftMessage.getChain, payload, mostChains)
    return found?.flatMap((message) => {
      const { hook, ...chain } = decodeChain(message)
      return hook === undefined ? [] : [{ ...chain, hook, family: message[0] ?? 0 }]
    })
  }

  /** What is in a table, for whoever goes through its chains. */
  table(family: number, table: string): JudgedTable {
    const known = new Map<string, readonly ForeignRule[]>()
    return {
      rules: (chain) => {
        const rules = known.get(chain) ?? this.#rules(family, table, chain)
        if (rules !== undefined) known.set(chain, rules)
        // Also those that are gone through again, by another way.
        this.#left -= rules?.length ?? 0
        return this.#left < 0 ? undefined : rules
      },
      ask: (set, key) => this.#ask(family, table, set, key),
    }
  }

  #rules(family: number, table: string, chain: string): readonly ForeignRule[] | undefined {
    const [tableAttribute, chainAttribute] = [1, 2]
    const payload = openPayload(family)
      .attributeText(tableAttribute, table)
      .attributeText(chainAttribute, chain)
      .finish()
    return this.#dump(`list the rules of ${chain}`, NftMessage.getRule, payload, this.#left)?.map(
      decodeForeignRule,
    )
  }

  /** The kernel looks the key up itself, ranges too. */
  #ask(
    family: number,
    table: string,
    set: string,
    key: Uint8Array,
  ): { readonly holds: boolean; readonly decides?: Decision | undefined } | undefined {
    const [tableAttribute, setAttribute, elements, one, keyAttribute, value] = [1, 2, 3, 1, 1, 1]
    const writer = openPayload(family).attributeText(tableAttribute, table).attributeText(setAttribute, set)
    writer.nested(elements, () =>
      writer.nested(one, () => writer.nested(keyAttribute, () => writer.attributeBytes(value, key))),
    )
    const nftables = new Nftables(this.#system)
    try {
      const operation = `look up an element of ${set}`
      const payload = writer.finish()
      const answer = nftables.connection.query({ operation, type: NftMessage.getElements, payload })
      return { holds: true, decides: decisionOfElement(answer) }
    } catch (error) {
      if (isOpError(error, Errno.ENOENT)) return { holds: false }
      // A key of another length, or a kind of set that does not tell.
      if (isOpError(error, Errno.EINVAL, notSupported)) return undefined
      throw error
    } finally {
      nftables.close()
    }
  }

  /** Undefined where there are more than that, or no nf_tables. */
  #dump(
    operation: string,
    type: number,
    payload: Uint8Array,
    most: number,
  ): readonly Uint8Array[] | undefined {
    const nftables = new Nftables(this.#system)
    try {
      return nftables.connection
        .exchange({ operation, type, payload }, Flag.dump, most)
        .filter((message) => message.type !== Control.done)
        .map((message) => message.payload)
    } catch (error) {
      if (error instanceof RangeError || isOpError(error, Errno.ENOENT, Errno.EINVAL, notSupported))
        return undefined
      throw error
    } finally {
      nftables.close()
    }
  }
}

/** EOPNOTSUPP */
const notSupported = 95

/** Of a map of verdicts. */
function decisionOfElement(payload: Uint8Array): Decision | undefined {
  const [elements, one, data] = [3, 1, 2]
  let decision: Decision | undefined
  readAttributes(payload, { offset: 4, types: [elements] }, (_, list) => {
    readAttributes(list, { offset: 0, types: [one] }, (_one, element) => {
      readAttributes(element, { offset: 0, types: [data] }, (_data, datum) => {
        decision = decisionOf(datum)
      })
    })
  })
  return decision
}
