import { formatAddress } from '../../net/address.ts'
import { isOpError } from '../netlink/error.ts'
import { Errno } from '../sys.ts'
import { askForChain, askForSet } from './changes.ts'
import { type Difference, difference } from './difference.ts'
import { addElements, deleteElements } from './element-changes.ts'
import type { Nftables } from './nftables.ts'
import { podMap } from './names.ts'
import { type MasqueradedAddress, podElement, podRuleset } from './pod-masquerade.ts'
import { reconcile } from './reconciliation.ts'
import { type FoundRuleset, noRuleset } from './ruleset.ts'

/**
 * Masquerades the addresses, until {@link removePods} says otherwise. Where the network's chain is there already, that is
 * one look and one change for each family, and nothing is listed.
 *
 * What stands there for one of the addresses is of a pod that is gone, since addresses are reserved: it is replaced.
 */
export function addPod(nftables: Nftables, addresses: readonly MasqueradedAddress[], comment: string): void {
  nftables.inTurn(() => {
    try {
      // Of the first pod of the network, or of the node, the transaction would be refused.
      if (chainsOf(addresses).every((chain) => nftables.has(askForChain(chain)))) {
        nftables.commit(additions(addresses, comment))
        return
      }
      // The maps of both families come with the first pod of the node, and go with the last: then nothing has to be listed.
      if (!nftables.has(askForSet(podMap(4)))) {
        nftables.commit(podDifference(noRuleset, addresses, comment).changes)
        return
      }
    } catch (error) {
      // There is something to replace; or somebody has taken a map away.
      if (!isOpError(error, Errno.ENOENT, Errno.EEXIST)) throw error
    }
    reconcile(nftables, (found) => podDifference(found, addresses, comment))
  })
}

/** What is missing for the addresses. Nothing of others is ours to change. */
export function podDifference(
  found: FoundRuleset,
  addresses: readonly MasqueradedAddress[],
  comment: string,
): Difference {
  const { changes, words } = difference(podRuleset(addresses), found, () => false)
  const missing = addresses.filter((address) => !isThere(found, address, comment))
  const stale = missing.filter((address) => elementThere(found, address) !== undefined)
  return {
    changes: [
      ...changes,
      ...stale.flatMap((address) => {
        const { key, isEnd } = podElement(address, comment)
        return deleteElements(podMap(address.address.family), [{ key, isEnd }])
      }),
      ...additions(missing, comment),
    ],
    words: [...words, ...missing.map(({ address }) => `address ${formatAddress(address)}: added`)],
  }
}

const chainsOf = (addresses: readonly MasqueradedAddress[]): readonly string[] =>
  addresses.flatMap((address) => {
    const { verdict } = podElement(address, '')
    return verdict?.verdict === 'goto' ? [verdict.chain] : []
  })

const additions = (
  addresses: readonly MasqueradedAddress[],
  comment: string,
): ReturnType<typeof addElements> =>
  addresses.flatMap((address) => addElements(podMap(address.address.family), [podElement(address, comment)]))

function isThere(found: FoundRuleset, address: MasqueradedAddress, comment: string): boolean {
  const wanted = podElement(address, comment)
  const there = elementThere(found, address)
  return (
    there?.comment === wanted.comment &&
    there?.verdict?.verdict === 'goto' &&
    wanted.verdict?.verdict === 'goto' &&
    there.verdict.chain === wanted.verdict.chain
  )
}

function elementThere(
  { sets }: FoundRuleset,
  address: MasqueradedAddress,
): FoundRuleset['sets'][number]['elements'][number] | undefined {
  const { key } = podElement(address, '')
  const map = sets.find(({ name }) => name === podMap(address.address.family))
  return map?.elements.find((element) => element.key.join() === key.join())
}
