import { formatCidr } from '../../net/cidr.ts'
import type { ApiBudget } from '../budget.ts'
import type { RouteProvider, Snapshot } from '../provider.ts'
import { RememberedRanges } from '../remembered-ranges.ts'
import { applyAliases } from './alias-changes.ts'
import { AliasMode } from './alias-mode.ts'
import { readAliasRoutes } from './alias-ranges.ts'
import { networkOfAliasTable } from './alias-table.ts'
import type { Gce, GceClock } from './call.ts'
import { applyChanges } from './changes.ts'
import { foldRoutes } from './fold-routes.ts'
import type { GceApi, WireQuotaInfo } from './gce-api.ts'
import { defaultPriority } from './gce-route.ts'
import { mayBeLive } from './instances.ts'
import { checkIpForwarding, refuseUnlessForwarding } from './ip-forwarding.ts'
import type { GcpMode } from './mode.ts'
import { describeNetwork, named, routesOfNetwork } from './network-routes.ts'
import { ClusterNetworks } from './networks.ts'
import { type RouteLimits, RouteQuota, countRoutes } from './quota.ts'
import { readyInMs } from './readiness.ts'
import type { ResourcePath } from './resource-names.ts'
import { servedRanges } from './served-ranges.ts'
import { UnderWay } from './under-way.ts'
import { type TargetFinder, findTargets, instancesBehind } from './targets.ts'

export interface GcpProviderOptions extends RouteLimits {
  readonly gce: GceApi
  /** Of the project that the networks are in. */
  readonly budget: ApiBudget
  /** How long one call that writes may take; as long as any unless told. */
  readonly writeTimeoutMs?: number
  readonly clock: GceClock
  readonly clusterName: string
  /** `projects/p/global/networks/n` each; the project may be a number. */
  readonly networks: readonly ResourcePath[]
  /** Where the nodes' instances are: of a shared VPC another project than the networks'. */
  readonly instanceProject: string
  /** Of the routes that are written, from 1 to 65535; 1000 unless told. One less is for moves. */
  readonly priority?: number
  /** Network tags of the instances that the routes are for; they are for all unless told. */
  readonly tags?: readonly string[]
  /** `routes` unless told. */
  readonly mode?: GcpMode
  /** In the mode of alias ranges: see {@link AliasPoolOptions}. */
  readonly podRanges?: readonly string[]
  /** 24 unless told. */
  readonly nodePrefixLength?: number
}

/** Static routes of VPC networks; nodes are reached by their instances. */
export function gcpProvider(options: GcpProviderOptions): RouteProvider {
  const { gce: api, budget, clock, clusterName, instanceProject } = options
  const { priority = defaultPriority, tags = [] } = options
  const gce: Gce = { api, budget, clock, writeTimeoutMs: options.writeTimeoutMs }
  const { mode = 'routes', nodePrefixLength = 24, podRanges = [] } = options
  const quota = new RouteQuota(options)
  const networks = new ClusterNetworks(gce, options.networks, quota)
  const finder: TargetFinder = { gce, instanceProject, networks: (signal) => networks.paths(signal) }
  const underWay = new UnderWay(finder, clusterName)
  /** How many routes there were when a snapshot was taken, which shows one a destination. */
  const counts = new WeakMap<Snapshot, number>()
  const aliases = new AliasMode(finder)
  const ranges = new RememberedRanges(clock)

  return {
    name: 'gcp',
    capabilities: {
      families: [4, 6],
      ...(mode === 'routes'
        ? { replace: 'make-before-break', batch: { scope: 'change', max: 1 } }
        : // One interface is written by one at a time: its fingerprint is good once.
          { replace: 'gap', batch: { scope: 'target', max: 1 } }),
    },
    async tables(signal) {
      const found = await networks.find(signal)
      return mode === 'routes' ? found : aliases.tables(found, signal)
    },
    tablesOutdated: () => aliases.outdated,
    // By its id alone, whatever the mode: what was delegated in another one can be looked at, and taken back.
    async list({ id }, signal) {
      const network = networkOfAliasTable(id)
      if (network !== undefined) {
        await underWay.aliasesSettled(signal)
        return { routes: await readAliasRoutes(finder, network, signal) }
      }
      await underWay.settled(id, signal)
      const routes = await routesOfNetwork(gce, id, clusterName, signal)
      const snapshot = { routes: foldRoutes(routes) }
      counts.set(snapshot, countRoutes(routes))
      return snapshot
    },
    targets: (wanted, signal) =>
      mode === 'routes'
        ? findTargets(finder, wanted, signal)
        : findTargets(finder, wanted, signal, refuseUnlessForwarding),
    // Google keeps the CIDR as it is given, refuses host bits, and names the instance by its URL, whose path is ours.
    canonical: (route) => route,
    async apply(table, { changes }, signal) {
      const network = networkOfAliasTable(table.id)
      if (network !== undefined) {
        const outcomes = await applyAliases(aliases.site(network), changes, signal)
        underWay.learnOfAliases(changes, outcomes)
        return outcomes
      }
      const onQuota = (refused: WireQuotaInfo): void => quota.tell(table.id, refused)
      const site = { gce, network: table.id, clusterName, priority, tags, onQuota }
      const outcomes = await applyChanges(site, changes, signal)
      underWay.learn(table.id, outcomes)
      return outcomes
    },
    ...(mode === 'routes'
      ? { prepare: (targets, signal) => checkIpForwarding(finder, targets, signal) }
      : { pools: (nodes, signal) => aliases.pools(nodes, { podRanges, nodePrefixLength }, signal) }),
    running: async (targets, signal) => (await instancesBehind(finder, targets, signal)).map(mayBeLive),
    readyInMs: (op, ahead, delegates) => readyInMs(budget, op, ahead, delegates),
    quota(table, snapshot) {
      const used = counts.get(snapshot)
      return used === undefined ? undefined : quota.of(table.id, named(table.id).project, used)
    },
    servedRanges(tables, signal) {
      // In the mode of alias ranges they tell all ranges of the subnets, since these are read with them.
      const of = tables.map(({ holds, id }) => [id, holds?.ranges.map(formatCidr)])
      return ranges.get(of, () => servedRanges(gce, mode, tables, signal))
    },
    describe: ({ id }, signal) => describeNetwork(gce, id, clusterName, signal),
    untilQuiet: async (targets, signal) =>
      underWay.untilQuiet(await networks.paths(signal), mode === 'routes' ? [] : targets, signal),
  }
}
