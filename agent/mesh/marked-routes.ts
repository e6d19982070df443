import { formatAddress } from '../../net/address.ts'
import type { ObservedRoute, Target } from '../../providers/route.ts'
import { mainTable } from '../../providers/linux/linux-provider.ts'
import type { LedgerRecord, NodeRef } from '../../reconciler/ledger/record.ts'
import type { RoutedNode } from '../../reconciler/plan/claims.ts'

const nobody: NodeRef = { name: '', uid: '' }

/** What our route at that destination leads to, if there is one. */
export function markedTarget(observed: ObservedRoute | undefined): Target | undefined {
  if (observed === undefined) return undefined
  if (observed.isForeign !== true) return observed.target
  return observed.surplus?.find(({ isMarked }) => isMarked)?.target
}

/**
 * The ledger's record of a destination, as the kernel's own table keeps it: the mark is in the route. So no agent writes
 * anything to the cluster, and nothing has to be found again after a restart. Whose the destination is, the gateway says.
 *
 * A route that is hidden by a foreign one is ours, and the foreign one is not: to what is observed then, we have no claim.
 */
export function recordOf(
  observed: ObservedRoute | undefined,
  claimants: readonly RoutedNode[],
): LedgerRecord | undefined {
  const target = markedTarget(observed)
  if (observed === undefined || target === undefined) return undefined
  const holder = claimants.find(({ addresses }) => addresses.some((one) => formatAddress(one) === target.id))
  const isInUse = observed.isForeign !== true
  return {
    destination: observed.destination,
    node: holder === undefined ? nobody : { name: holder.name, uid: holder.uid },
    target,
    previousTargets: [],
    tables: [mainTable.id],
    states: new Map([
      [
        mainTable.id,
        {
          state: isInUse ? 'Programmed' : 'Disputed',
          reason: isInUse ? 'Programmed' : 'ForeignRoute',
          message: '',
          since: '',
          written: isInUse,
        },
      ],
    ]),
  }
}
