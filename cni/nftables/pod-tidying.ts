import type { Request } from '../netlink/connection.ts'
import { difference } from './difference.ts'
import { exceptionSet, families } from './names.ts'
import type { Nftables } from './nftables.ts'
import { isOfPorts } from './port-names.ts'
import { readRuleset } from './reading.ts'
import { type FoundRuleset, isOfPods } from './ruleset.ts'

/**
 * The changes that take away what only pods needed that are gone: the chain of their network, everything with the last
 * one. What they are about belongs to the generation that is read, so they hold for the caller's if it is the same.
 *
 * @param networks - the chains that addresses still lead to
 */
export function tidyPods(nftables: Nftables, networks: ReadonlySet<string>): readonly Request[] {
  const found = readRuleset(nftables)
  return difference({ chains: [], sets: [] }, found, unneeded(found, networks)).changes
}

/** Which chains and sets nobody needs any more when only those networks are left. */
function unneeded({ chains }: FoundRuleset, networks: ReadonlySet<string>): (name: string) => boolean {
  if (networks.size > 0) {
    const needed = new Set([...networks].map((chain) => chain.replace('pod-network-', '')))
    return (name) =>
      ['pod-network-', 'pod-exceptions-'].some(
        (prefix) => name.startsWith(prefix) && !needed.has(name.slice(prefix.length)),
      )
  }
  const nodeMasquerades = chains.some(({ name }) => name === 'node-masquerade')
  const shared: readonly string[] = nodeMasquerades ? [] : families.map(exceptionSet)
  return (name) => (isOfPods(name) && !isOfPorts(name)) || shared.includes(name)
}
