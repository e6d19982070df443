import { formatAddress } from '../../net/address.ts'
import { isOpError } from '../netlink/error.ts'
import { Errno } from '../sys.ts'
import { askForChain, askForSet } from './changes.ts'
import { creation, foundation } from './creation.ts'
import { type Difference, difference } from './difference.ts'
import type { Element } from './element.ts'
import { addElements, deleteElements } from './element-changes.ts'
import type { Nftables } from './nftables.ts'
import { podMap } from './names.ts'
import {
  type MasqueradedAddress,
  type PodPlan,
  baseRuleset,
  networkRuleset,
  planPod,
} from './pod-masquerade.ts'
import { reconcile } from './reconciliation.ts'
import type { FoundRuleset } from './ruleset.ts'

/**
 * Masquerades the addresses, until {@link removePods} says otherwise. Where the network's chain is there already, that is
 * one look and one change for each family, and nothing is listed.
 *
 * What stands there for one of the addresses is of a pod that is gone, since addresses are reserved: it is replaced.
 */
export function addPod(nftables: Nftables, addresses: readonly MasqueradedAddress[], comment: string): void {
  const plans = addresses.map((address) => planPod(address, comment))
  nftables.inTurn(() => {
    try {
      // Of the first pod of the network, or of the node, the transaction would be refused.
      if (plans.every(({ chain }) => nftables.has(askForChain(chain.name)))) {
        nftables.commit(additions(plans))
        return
      }
      // The maps of both families come with the first pod of the node, and go with the last: then nothing has to be listed.
      if (!nftables.has(askForSet(podMap(4)))) {
        const base = foundation(baseRuleset)
        nftables.commit([...base, ...creation(networkRuleset(plans), base.length), ...additions(plans)])
        return
      }
    } catch (error) {
      // There is something to replace; or somebody has taken a map away.
      if (!isOpError(error, Errno.ENOENT, Errno.EEXIST)) throw error
    }
    reconcile(nftables, (found) => planDifference(found, plans))
  })
}

/** What is missing for the addresses. Nothing of others is ours to change. */
export const podDifference = (
  found: FoundRuleset,
  addresses: readonly MasqueradedAddress[],
  comment: string,
): Difference =>
  planDifference(
    found,
    addresses.map((address) => planPod(address, comment)),
  )

function planDifference(found: FoundRuleset, plans: readonly PodPlan[]): Difference {
  const networks = networkRuleset(plans)
  const wanted = {
    sets: [...baseRuleset.sets, ...networks.sets],
    chains: [...networks.chains, ...baseRuleset.chains],
  }
  const { changes, words } = difference(wanted, found, () => false)
  const missing = plans.filter((plan) => !isThere(found, plan))
  const stale = missing.filter((plan) => elementThere(found, plan) !== undefined)
  return {
    changes: [
      ...changes,
      ...stale.flatMap(({ address, element: { key, isEnd } }) =>
        deleteElements(podMap(address.family), [{ key, isEnd }]),
      ),
      ...additions(missing),
    ],
    words: [...words, ...missing.map(({ address }) => `address ${formatAddress(address)}: added`)],
  }
}

const additions = (plans: readonly PodPlan[]): ReturnType<typeof addElements> =>
  plans.flatMap(({ address, element }) => addElements(podMap(address.family), [element]))

function isThere(found: FoundRuleset, plan: PodPlan): boolean {
  const wanted = plan.element
  const there = elementThere(found, plan)
  return (
    there?.comment === wanted.comment &&
    there?.verdict?.verdict === 'goto' &&
    wanted.verdict?.verdict === 'goto' &&
    there.verdict.chain === wanted.verdict.chain
  )
}

function elementThere({ sets }: FoundRuleset, { address, element }: PodPlan): Element | undefined {
  const map = sets.find(({ name }) => name === podMap(address.family))
  return map?.elements.find(({ key }) => key.join() === element.key.join())
}
