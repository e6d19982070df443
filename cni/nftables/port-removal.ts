import { isOpError } from '../netlink/error.ts'
import { Errno } from '../sys.ts'
import { deleteElements } from './element-changes.ts'
import { type MappedPort, readMappedPort } from './mapped-port.ts'
import { NftMessage } from './message.ts'
import { type Nftables, tableName } from './nftables.ts'
import { isOfPorts, rangeSetPrefix, suffixOf } from './port-names.ts'
import type { tidyPorts } from './port-tidying.ts'
import { decodeSet, encodeListSets } from './set.ts'
import { dump } from '../netlink/dump.ts'

/** An element that is gone. */
export interface Removed {
  readonly comment: string
  /** Undefined for what is about no port. */
  readonly port: MappedPort | undefined
}

/**
 * Ends the port mappings of all pods whose comments the function knows, by the comments alone, as removePods does. It
 * holds only for what was read: a port that another pod has got meanwhile stays that one's.
 *
 * @param tidy - takes along what only mappings needed when none is left; without it that stays for the next one who does
 * @returns what was removed, and where it led
 */
export function removePorts(
  nftables: Nftables,
  isGone: (comment: string) => boolean,
  tidy?: typeof tidyPorts,
): readonly Removed[] {
  return nftables.undisturbed(() => {
    const generation = nftables.generation()
    const sets = mappingSets(nftables)
    if (sets.length === 0) return []
    const found = sets.map((set) => {
      const elements = nftables.elements(set) ?? []
      const gone = elements.filter(({ comment }) => comment !== undefined && isGone(comment))
      return { set, gone, isEmpty: gone.length === elements.length }
    })
    const gone = found.flatMap((one) => one.gone)
    const used = new Set(found.flatMap(({ set, isEmpty }) => (isEmpty ? [] : [suffixOf(set) ?? ''])))
    const isLast = used.size === 0
    const isTidy = found.every(({ set }) => used.has(suffixOf(set) ?? ''))
    if (gone.length === 0 && (tidy === undefined || isTidy)) return []
    const changes = found.flatMap((one) =>
      deleteElements(
        one.set,
        one.gone.map(({ key, isEnd }) => ({ key, isEnd })),
      ),
    )
    if (!isTidy && tidy !== undefined)
      changes.push(...tidy(nftables, isLast ? undefined : new Set([...used, ''])))
    nftables.commit(changes, generation)
    return gone.map((element) => ({ comment: element.comment ?? '', port: readMappedPort(element) }))
  })
}

/** The sets that are there of which elements are pods'. */
function mappingSets({ connection }: Nftables): readonly string[] {
  const request = { operation: 'list sets', type: NftMessage.getSet, payload: encodeListSets(tableName) }
  try {
    return dump(connection, request)
      .map((payload) => decodeSet(payload).name)
      .filter((name) => isOfPorts(name) && !name.startsWith(rangeSetPrefix))
  } catch (error) {
    if (isOpError(error, Errno.ENOENT)) return []
    throw error
  }
}
