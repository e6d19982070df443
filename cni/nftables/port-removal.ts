import { deleteElements } from './element-changes.ts'
import { type MappedPort, readMappedPort } from './mapped-port.ts'
import { families } from './names.ts'
import { encodeElements } from './element.ts'
import { NftMessage } from './message.ts'
import { type Nftables, tableName } from './nftables.ts'
import { ownerElement } from './pod-ports.ts'
import { addressPortMap, hairpinSet, ownerSet, portMap } from './port-names.ts'
import type { tidyPorts } from './port-tidying.ts'

const mappingSets = [portMap, addressPortMap, hairpinSet].flatMap((nameOf) => families.map(nameOf))

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
    const owners = nftables.elements(ownerSet)
    // All sets are made at once.
    if (owners === undefined) return []
    const found = [ownerSet, ...mappingSets].map((set) => {
      const elements = set === ownerSet ? owners : (nftables.elements(set) ?? [])
      const gone = elements.filter(({ comment }) => comment !== undefined && isGone(comment))
      return { set, gone, isEmpty: gone.length === elements.length }
    })
    const gone = found.flatMap((one) => one.gone)
    const isLast = found.every(({ isEmpty }) => isEmpty)
    if (gone.length === 0 && (tidy === undefined || !isLast)) return []
    const changes = found.flatMap((one) =>
      deleteElements(
        one.set,
        one.gone.map(({ key, isEnd }) => ({ key, isEnd })),
      ),
    )
    if (isLast && tidy !== undefined) changes.push(...tidy(nftables))
    nftables.commit(changes, generation)
    return gone.map((element) => ({ comment: element.comment ?? '', port: readMappedPort(element) }))
  })
}

/** Whether whoever has that comment has mappings. It may be somebody else, by chance: then there is nothing to find. */
export function hasMappings(nftables: Nftables, comment: string): boolean {
  const { set, element } = ownerElement(comment)
  const payload = encodeElements(tableName, set, [{ key: element.key, isEnd: false }])
  return nftables.has({ operation: `look into ${set}`, type: NftMessage.getElements, payload })
}
