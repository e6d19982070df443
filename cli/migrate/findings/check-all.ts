import { someOf } from '../../../providers/finding.ts'
import type { Context } from '../context.ts'
import { checkControlPlane } from './control-plane.ts'
import { checkKarpenter } from './karpenter.ts'
import { checkProxy } from './kube-proxy.ts'
import { type MigrateFinding, found } from './migrate-findings.ts'
import { checkNetworks, checkRouteTables, checkUnread } from './networks.ts'
import { checkPolicies } from './policies.ts'

/** Everything that has to be known before and during a migration. */
export function checkAll(context: Context): readonly MigrateFinding[] {
  const findings = [
    ...checkControlPlane(context),
    ...checkNetworks(context),
    ...checkRouteTables(context),
    ...checkProxy(context),
    ...checkPolicies(context),
    ...checkKarpenter(context.facts),
    ...checkUnread(context),
  ]
  if (findings.length > 0) return findings
  const names = context.facts.nodes.map(({ metadata }) => metadata.name)
  const what = names.length === 0 ? 'a cluster without Nodes' : someOf('Node', names)
  return [
    found('NothingInTheWay', {
      object: { kind: 'cluster', name: context.from },
      message: `Nothing that has to be known before was found at ${what}.`,
    }),
  ]
}
