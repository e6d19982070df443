import type { Node } from '../kube/objects.ts'
import type { Brake } from './guard/brake.ts'
import type { Ledger } from './ledger/ledger.ts'
import { type DestinationKey, destinationKey } from './ledger/record.ts'
import { isOursToChange } from './report/condition-reason.ts'

/** Takes up what an earlier run held, and let pass. */
export function restoreBrakes(
  {
    brake,
    ledger,
    nodeBrake,
  }: {
    readonly brake: Brake<DestinationKey>
    readonly ledger: Ledger
    readonly nodeBrake: Brake<string>
  },
  nodes: readonly Node[],
): void {
  const wasRouted = new Set<string>()
  for (const { destination, node, states } of ledger.all()) {
    if ([...states.values()].some(({ reason }) => reason === 'DeleteBrake'))
      brake.restore(destinationKey(destination))
    if ([...states.values()].some(({ written }) => written)) wasRouted.add(node.uid)
  }
  // A restart must not let as many go again as are gone already.
  const lost = nodes.filter(({ metadata, status }) => {
    const condition = status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')
    return condition?.status === 'True' && isOursToChange(condition.reason) && wasRouted.has(metadata.uid)
  })
  nodeBrake.restorePassed(lost.length)
}
