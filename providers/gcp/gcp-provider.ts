import type { ApiBudget } from '../budget.ts'
import type { Change, RouteProvider, Snapshot } from '../provider.ts'
import { type Gce, type GceClock } from './call.ts'
import { applyChanges } from './changes.ts'
import { foldRoutes } from './fold-routes.ts'
import { type GceApi, type RateGroup } from './gce-api.ts'
import { defaultPriority } from './gce-route.ts'
import { mayBeLive } from './instances.ts'
import { checkIpForwarding } from './ip-forwarding.ts'
import { named, routesOfNetwork } from './network-routes.ts'
import { ClusterNetworks } from './networks.ts'
import { RouteQuota, countRoutes } from './quota.ts'
import type { ResourcePath } from './resource-names.ts'
import { UnderWay } from './under-way.ts'
import { type TargetFinder, findTargets, instancesBehind } from './targets.ts'

export interface GcpProviderOptions {
  readonly gce: GceApi
  /** Of the project that the networks are in. */
  readonly budget: ApiBudget
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
  /** The quota of a network, if it is known; else what Google tells, or 200. */
  readonly routesPerNetwork?: number
}

/** Static routes of VPC networks; nodes are reached by their instances. */
export function gcpProvider(options: GcpProviderOptions): RouteProvider {
  const { gce: api, budget, clock, clusterName, instanceProject } = options
  const { priority = defaultPriority, tags = [] } = options
  const gce: Gce = { api, budget, clock }
  const quota = new RouteQuota(options.routesPerNetwork)
  const networks = new ClusterNetworks(gce, options.networks, quota)
  const finder: TargetFinder = { gce, instanceProject, networks: (signal) => networks.paths(signal) }
  const underWay = new UnderWay(gce)
  /** How many routes there were when a snapshot was taken, which shows one a destination. */
  const counts = new WeakMap<Snapshot, number>()

  return {
    name: 'gcp',
    capabilities: { families: [4, 6], replace: 'make-before-break', batch: { scope: 'change', max: 1 } },
    tables: (signal) => networks.find(signal),
    async list(table, signal) {
      await underWay.settled(table.id, signal)
      const routes = await routesOfNetwork(gce, table.id, clusterName, signal)
      const snapshot = { routes: foldRoutes(routes) }
      counts.set(snapshot, countRoutes(routes))
      return snapshot
    },
    targets: (wanted, signal) => findTargets(finder, wanted, signal),
    // Google keeps the CIDR as it is given, refuses host bits, and names the instance by its URL, whose path is ours.
    canonical: (route) => route,
    async apply(table, { changes }, signal) {
      const outcomes = await applyChanges(
        {
          gce,
          network: table.id,
          clusterName,
          priority,
          tags,
          onQuota: (limit) => quota.tell(table.id, limit),
        },
        changes,
        signal,
      )
      underWay.learn(table.id, outcomes)
      return outcomes
    },
    running: async (targets, signal) => (await instancesBehind(finder, targets, signal)).map(mayBeLive),
    prepare: (targets, signal) => checkIpForwarding(finder, targets, signal),
    readyInMs: (op, ahead = 0) =>
      Math.max(...groupsOf[op].map((group) => budget.readyInMs(group, ahead * writesOf[op]))),
    quota(table, snapshot) {
      const used = counts.get(snapshot)
      return used === undefined ? undefined : quota.of(table.id, named(table.id).project, used)
    },
  }
}

const all: readonly RateGroup[] = ['mutations', 'lists', 'operation-reads']

/** What a change calls when all is as the plan saw it. */
const groupsOf: Readonly<Record<Change['op'], readonly RateGroup[]>> = {
  create: all,
  replace: all,
  delete: all,
}

const writesOf: Readonly<Record<Change['op'], number>> = { create: 1, replace: 2, delete: 1 }
