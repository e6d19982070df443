import type { Workload } from '../../doctor/cluster.ts'
import { type ClusterFacts, valueOr } from '../cluster-facts.ts'
import type { Predecessor } from '../predecessor.ts'

/** What the DaemonSets of a predecessor are called, by its own manifests; the two others have none. */
const names: Readonly<Partial<Record<Predecessor, RegExp>>> = {
  flannel: /^kube-flannel/,
  kindnet: /^kindnet/,
}

/** The DaemonSets that go with the predecessor. */
export const predecessorDaemons = (
  { daemonSets }: Pick<ClusterFacts, 'daemonSets'>,
  from: Predecessor,
): readonly Workload[] =>
  valueOr(daemonSets, []).filter(({ metadata }) => names[from]?.test(metadata.name) === true)
