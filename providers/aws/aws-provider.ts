import type { ApiBudget } from '../budget.ts'
import type { Ec2 } from './call.ts'
import { NodePlaces } from '../node-places.ts'
import type { RouteProvider } from '../provider.ts'
import { RememberedRanges } from '../remembered-ranges.ts'
import { applyChanges } from './changes.ts'
import { applyDelegations, readDelegations } from './delegations.ts'
import { DescribedChecks } from './described-checks.ts'
import type { Ec2Api } from './ec2-api.ts'
import { defaultRoutesPerTable } from './limits.ts'
import type { AwsMode } from './mode.ts'
import { NodeInstances } from './node-instances.ts'
import { PrefixMode, isVpc } from './prefix-mode.ts'
import { quotaOf } from './quota.ts'
import { readyInMs } from './readiness.ts'
import { areRunning } from './running.ts'
import { servedRanges } from './served-ranges.ts'
import { Sightings, defaultSettleMs } from './sightings.ts'
import { disableSourceDestCheck } from './source-dest-check.ts'
import { type TableSelection, followsNodes } from './table-selection.ts'
import { ClusterTables } from './tables.ts'
import type { TargetInterface } from './target-interface.ts'
import { type TargetFinder, findTargets } from './targets.ts'

export interface AwsProviderOptions extends TableSelection {
  readonly ec2: Ec2Api
  /** Of the client's account and region. */
  readonly budget: ApiBudget
  /** How long one call that writes may take; as long as any unless told. */
  readonly writeTimeoutMs?: number
  readonly clock: { monotonic(): number }
  /** `routes` unless told. */
  readonly mode?: AwsMode
  /** The quota of the account: how many routes of each family a table takes. 500 unless told, as AWS has it. */
  readonly routesPerTable?: number
  /** The primary one unless told. */
  readonly targetInterface?: TargetInterface
  /**
   * Whether a Node without provider ID of whose addresses no instance has one may be found by its name. No, unless told:
   * names are chosen freely, and two may be equal (https://github.com/kubernetes/cloud-provider-aws/issues/318).
   */
  readonly matchNodeNames?: boolean
  /** How long what EC2 does not know may just be new, in milliseconds. A minute unless told. */
  readonly settleMs?: number
}

/** VPC route tables; nodes are reached by their network interfaces. */
export function awsProvider(options: AwsProviderOptions): RouteProvider {
  const { ec2: api, budget, clock, routesPerTable = defaultRoutesPerTable } = options
  const { targetInterface = { by: 'primary' }, matchNodeNames = false, settleMs = defaultSettleMs } = options
  const ec2: Ec2 = { api, budget, writeTimeoutMs: options.writeTimeoutMs }
  const sightings = new Sightings({ clock, settleMs })
  const described = new DescribedChecks(clock)
  const ranges = new RememberedRanges(clock)
  const places = new NodePlaces()
  const tables = new ClusterTables(ec2, options, places)
  const vpcs = (signal: AbortSignal): Promise<readonly string[]> => tables.vpcs(signal)
  const instances = new NodeInstances({ ec2, sightings, described, matchNodeNames, vpcs })
  const finder: TargetFinder = { ec2, instances, places, targetInterface }
  const prefixes = options.mode === 'ipv6-prefix' ? new PrefixMode({ finder, places, clock }) : undefined

  return {
    name: 'aws',
    capabilities: { families: [4, 6], replace: 'atomic', batch: { scope: 'change', max: 1 } },
    async tables(signal, nodes) {
      // No instance ever moves: whoever is known need not be looked up.
      if (nodes !== undefined && (followsNodes(options) || prefixes !== undefined))
        await places.complete(nodes, (queries) => findTargets(finder, queries, signal))
      else if (nodes !== undefined) places.keep(nodes)
      const found = await tables.find(signal)
      return prefixes === undefined ? found : prefixes.tables(found, tables.knownVpcs, signal)
    },
    tablesOutdated: () => tables.outdated || prefixes?.outdated === true,
    // By its id alone, whatever the mode: what was delegated in another one can be looked at, and taken back.
    list: async ({ id }, signal) => ({
      routes: isVpc({ id })
        ? await readDelegations({ ec2, vpcId: id }, signal)
        : await tables.list(id, signal),
    }),
    targets: (wanted, signal) => findTargets(finder, wanted, signal),
    // EC2 stores the canonical CIDR, which is the only form ours have, and lists the interface that it was given.
    canonical: (route) => route,
    apply: ({ id }, { changes }, signal) =>
      isVpc({ id })
        ? applyDelegations({ ec2, sightings, vpcId: id }, changes, signal)
        : applyChanges(
            {
              ec2,
              sightings,
              table: id,
              look: (signal) => tables.look(id, signal),
              rangesOfVpc: tables.rangesOfVpc(id),
            },
            changes,
            signal,
          ),
    ...(prefixes === undefined ? {} : { pools: (nodes, signal) => prefixes.pools(nodes, signal) }),
    running: (targets, signal) => areRunning(ec2, targets, signal),
    prepare: (targets, signal) => disableSourceDestCheck({ ec2, sightings, described }, targets, signal),
    readyInMs: (op, ahead, delegates) => readyInMs(budget, op, ahead, delegates),
    quota: (table, snapshot) => (isVpc(table) ? undefined : quotaOf(snapshot, routesPerTable)),
    servedRanges(ours, signal) {
      const users = tables.users(ours)
      const of = [users.tables, users.associated && [...users.associated].sort()]
      return ranges.get(of, () => servedRanges(ec2, users, signal))
    },
  }
}
