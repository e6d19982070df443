import type { Element } from './element.ts'
import { families, podMap } from './names.ts'
import { deleteElements } from './element-changes.ts'
import type { Nftables } from './nftables.ts'
import type { tidyPods } from './pod-tidying.ts'

/**
 * Ends the masquerading of all addresses whose comments the function knows: by the comments alone, so that no namespace,
 * no address and no configuration has to be known (https://github.com/containernetworking/plugins/issues/810).
 *
 * It holds only for what was read: an address that another pod has got meanwhile stays that one's.
 *
 * @param tidy - takes what only they needed along, in the same transaction; without it that stays for the next one who does
 * @returns the comments of what was removed
 */
export function removePods(
  nftables: Nftables,
  isGone: (comment: string) => boolean,
  tidy?: typeof tidyPods,
): readonly string[] {
  // Both maps are made at once. Most pods are never masqueraded.
  if (nftables.elements(podMap(4)) === undefined) return []
  return nftables.undisturbed(() => {
    const generation = nftables.generation()
    const maps = families.map((family) => {
      const elements = nftables.elements(podMap(family)) ?? []
      const gone = elements.filter(({ comment }) => comment !== undefined && isGone(comment))
      return { map: podMap(family), gone, rest: elements.filter((element) => !gone.includes(element)) }
    })
    const comments = maps.flatMap(({ gone }) => gone.map(({ comment }) => comment ?? ''))
    const stillUsed = new Set(maps.flatMap(({ rest }) => rest.map(chainOf)))
    if (comments.length === 0 && (tidy === undefined || stillUsed.size > 0)) return []
    // Nothing is left at all, perhaps since the removal of somebody who did not tidy.
    const isLast =
      stillUsed.size === 0 ||
      maps.some(({ gone }) => gone.some((element) => !stillUsed.has(chainOf(element))))
    const changes = maps.flatMap(({ map, gone }) =>
      deleteElements(
        map,
        gone.map(({ key, isEnd }) => ({ key, isEnd })),
      ),
    )
    if (isLast && tidy !== undefined) changes.push(...tidy(nftables, stillUsed))
    nftables.commit(changes, generation)
    return comments
  })
}

const chainOf = ({ verdict }: Element): string => (verdict?.verdict === 'goto' ? verdict.chain : '')
