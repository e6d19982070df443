import { isOpError } from '../netlink/error.ts'
import { Errno } from '../sys.ts'
import { difference } from './difference.ts'
import type { Element } from './element.ts'
import { exceptionSet, families } from './node-ruleset.ts'
import { type Nftables, deleteElements } from './nftables.ts'
import { podMap } from './pod-masquerade.ts'
import { readRuleset } from './reading.ts'
import { type FoundRuleset, isOfNode, isOfPods } from './ruleset.ts'

/** How often it begins again because others changed rules at the same time. */
const attempts = 10

/**
 * Ends the masquerading of all addresses whose comments the function knows: by the comments alone, so that no namespace,
 * no address and no configuration has to be known (https://github.com/containernetworking/plugins/issues/810). What only
 * they needed goes with them, in the same transaction: the chain of their network, everything with the last pod.
 *
 * It holds only for what was read: an address that another pod has got meanwhile stays that one's.
 *
 * @returns the comments of what was removed
 */
export function removePods(nftables: Nftables, isGone: (comment: string) => boolean): readonly string[] {
  // Both maps are made at once. Most pods are never masqueraded.
  if (nftables.elements(podMap(4)) === undefined) return []
  for (let attempt = 1; ; attempt++) {
    const generation = nftables.generation()
    const maps = families.map((family) => {
      const elements = nftables.elements(podMap(family)) ?? []
      const gone = elements.filter(({ comment }) => comment !== undefined && isGone(comment))
      return { map: podMap(family), gone, rest: elements.filter((element) => !gone.includes(element)) }
    })
    const comments = maps.flatMap(({ gone }) => gone.map(({ comment }) => comment ?? ''))
    if (comments.length === 0) return []
    const stillUsed = new Set(maps.flatMap(({ rest }) => rest.map(chainOf)))
    const isLast = maps.some(({ gone }) => gone.some((element) => !stillUsed.has(chainOf(element))))
    const changes = maps.flatMap(({ map, gone }) =>
      deleteElements(
        map,
        gone.map(({ key, isEnd }) => ({ key, isEnd })),
      ),
    )
    try {
      if (isLast) {
        const found = readRuleset(nftables)
        changes.push(...difference({ chains: [], sets: [] }, found, unneeded(found, stillUsed)).changes)
      }
      nftables.commit(changes, generation)
      return comments
    } catch (error) {
      if (!isOpError(error, Errno.ERESTART) || attempt === attempts) throw error
    }
  }
}

const chainOf = ({ verdict }: Element): string => (verdict?.verdict === 'goto' ? verdict.chain : '')

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
  return (name) => isOfPods(name) || (isOfNode(name) && shared.includes(name))
}
