import type { ClusterFacts, NodePool } from '../cluster-facts.ts'
import { valueOr } from '../cluster-facts.ts'
import { type MigrateFinding, found } from './migrate-findings.ts'

/** The taint that the condition NetworkUnavailable stands for: the node lifecycle controller sets and clears it. */
const networkUnavailable = 'node.kubernetes.io/network-unavailable'

/** Taints that only one network takes away, and the DaemonSet of that network. */
const networksOwn: readonly { readonly key: string; readonly daemon: string; readonly network: string }[] = [
  // https://docs.cilium.io/en/stable/installation/taints/
  { key: 'node.cilium.io/agent-not-ready', daemon: 'cilium', network: 'Cilium' },
]

/** Karpenter counts a Node as coming while it has startupTaints only, and starts another for its pods otherwise. */
export function checkKarpenter({
  daemonSets,
  nodePools,
}: Pick<ClusterFacts, 'daemonSets' | 'nodePools'>): readonly MigrateFinding[] {
  const daemons = new Set(valueOr(daemonSets, []).map(({ metadata }) => metadata.name))
  return valueOr(nodePools, []).flatMap((pool) => {
    const object = { kind: 'NodePool', name: pool.metadata.name }
    const keys = new Set(taintsOf(pool).map(({ key }) => key))
    const stays = networksOwn.filter(({ daemon, key }) => keys.has(key) && !daemons.has(daemon))
    return [
      ...(keys.has(networkUnavailable)
        ? []
        : [
            found('KarpenterStartupTaint', {
              object,
              message: `NodePool ${pool.metadata.name} has no startupTaint ${networkUnavailable}.`,
            }),
          ]),
      ...stays.map(({ key, network }) =>
        found('KarpenterTaintStays', {
          object,
          message: `NodePool ${pool.metadata.name} has the startupTaint ${key}, which only ${network} takes away, and there is no ${network} here.`,
        }),
      ),
    ]
  })
}

const taintsOf = ({
  spec,
}: NodePool): NonNullable<
  NonNullable<NonNullable<NodePool['spec']>['template']>['spec']
>['startupTaints'] & {} => spec?.template?.spec?.startupTaints ?? []
