import { someOf } from '../../../providers/finding.ts'
import { flagOf, runs } from '../../doctor/command-line.ts'
import type { Running } from '../../doctor/running.ts'
import { valueOr } from '../cluster-facts.ts'
import type { Context } from '../context.ts'
import { predecessorDaemons } from '../from/predecessor-daemons.ts'
import { type MigrateFinding, found } from './migrate-findings.ts'

interface Enforcer {
  readonly name: string
  readonly is: (running: Running) => boolean
}

const daemon =
  (name: RegExp) =>
  ({ object, name: of }: Running): boolean =>
    object.kind === 'DaemonSet' && name.test(of)

/** What is known to enforce NetworkPolicies, by what runs. */
const enforcers: readonly Enforcer[] = [
  {
    name: 'kube-network-policies',
    // Beside flannel it is a container of flannel's own DaemonSet (its chart, netpol.enabled), with the command /bin/netpol.
    is: ({ container }) => runs(container, 'kube-network-policies') || runs(container, 'netpol'),
  },
  { name: 'Calico', is: daemon(/^calico-node$|^canal$/) },
  { name: 'Cilium', is: daemon(/^cilium$/) },
  { name: 'Antrea', is: daemon(/^antrea-agent$/) },
  {
    name: 'kube-router',
    is: (one) => daemon(/^kube-router$/)(one) && flagOf(one.container, 'run-firewall') !== 'false',
  },
  {
    name: 'kindnet',
    // kind's since v0.24, and that of kops unless it is turned off.
    is: (one) => daemon(/^kindnet/)(one) && flagOf(one.container, 'network-policy') !== 'false',
  },
]

export interface Enforcement {
  /** `namespace/name`, sorted. */
  readonly policies: readonly string[]
  /** Who enforces them now, and when the predecessor is gone. */
  readonly now: readonly string[]
  readonly later: readonly string[]
}

export function enforcementOf({ facts, from, running }: Context): Enforcement {
  const policies = valueOr(facts.policies, [])
    .map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`)
    .sort()
  const leaving = new Set(predecessorDaemons(facts, from).map(({ metadata }) => metadata.uid))
  const stays = running.filter(({ uid }) => !leaving.has(uid))
  const namesIn = (those: readonly Running[]): readonly string[] =>
    enforcers.filter(({ is }) => those.some(is)).map(({ name }) => name)
  return { policies, now: namesIn(running), later: namesIn(stays) }
}

/** Whether somebody enforces NetworkPolicies when the predecessor is gone. */
export function checkPolicies(context: Context): readonly MigrateFinding[] {
  const { later, now, policies } = enforcementOf(context)
  const [first] = policies
  if (first === undefined || later.length > 0) return []
  const object = { kind: 'NetworkPolicy', name: first }
  const what = someOf('NetworkPolicy', policies).replace('NetworkPolicys', 'NetworkPolicies')
  const verb = policies.length === 1 ? 'is' : 'are'
  if (now.length === 0)
    return [
      found('PoliciesUnenforced', { object, message: `${what} ${verb} enforced by nothing that is seen.` }),
    ]
  return [
    found('PoliciesLoseEnforcer', {
      object,
      message: `${what} ${verb} enforced by ${now.join(', ')} today, and by nothing when that is gone.`,
    }),
  ]
}
