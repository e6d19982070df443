import type { ApiBudget } from '../budget.ts'
import type { Arm } from './call.ts'
import { NodePlaces } from '../node-places.ts'
import type { RouteProvider } from '../provider.ts'
import { RememberedRanges } from '../remembered-ranges.ts'
import type { ArmApi } from './arm-api.ts'
import { applyChanges, finishTable } from './changes.ts'
import { untilEffective } from './effective.ts'
import { describedTable } from './described-table.ts'
import { enableForwarding } from './ip-forwarding.ts'
import { Leftovers } from './leftovers.ts'
import { defaultRoutesPerTable } from './limits.ts'
import { NodeInterfaces } from './node-interfaces.ts'
import { type PollClock, type Polling, defaultPolling, pause } from './poller.ts'
import { quotaOf } from './quota.ts'
import { observedRoute } from './routes.ts'
import { areRunning } from './running.ts'
import { servedRanges } from './served-ranges.ts'
import { isUnfinished } from './table-read.ts'
import { ClusterTables, type TableSelection, followsNodes } from './tables.ts'
import { findTargets } from './targets.ts'

export interface AzureProviderOptions extends TableSelection {
  readonly arm: ArmApi
  /** Of the principal in the cluster's subscription. */
  readonly budget: ApiBudget
  /** How long one call may take that writes whatever is there by then; as long as any that writes unless told. */
  readonly writeTimeoutMs?: number
  readonly clock: PollClock
  /** Ids of the resource groups in which the machines of nodes without provider ID are looked for. */
  readonly nodeGroups: readonly string[]
  /** The id of the nodes' network: others may use the same addresses. Any, unless told. */
  readonly network?: string
  /** How many routes a table takes, of both families together. 1,000 unless told. */
  readonly routesPerTable?: number
  /** How long after a write packets surely follow it, in milliseconds. */
  readonly effectiveMs?: number
  /** Whether to ask Azure what an interface's packets follow, which may be sooner. No, unless told. */
  readonly askEffective?: boolean
  /** How operations are asked about. */
  readonly polling?: Omit<Polling, 'clock'>
}

/** Seconds as a rule, half a minute in bad cases (https://github.com/kubernetes-sigs/cloud-provider-azure/pull/528). */
export const defaultEffectiveMs = 10_000

/** More than any table takes. */
const maxBatch = 1_000

/** Route tables of virtual networks; nodes are reached by their addresses. */
export function azureProvider(options: AzureProviderOptions): RouteProvider {
  const { arm: api, budget, clock, network, nodeGroups } = options
  const { askEffective = false, effectiveMs = defaultEffectiveMs, polling: steps = defaultPolling } = options
  const { routesPerTable = defaultRoutesPerTable } = options
  const arm: Arm = { api, budget, writeTimeoutMs: options.writeTimeoutMs }
  const polling = { clock, ...steps }
  const places = new NodePlaces()
  const tables = new ClusterTables(arm, options, places)
  const interfaces = new NodeInterfaces({ arm, groups: nodeGroups, network: network?.toLowerCase() })
  const finder = { interfaces, places }
  const leftovers = new Leftovers()
  const ranges = new RememberedRanges(clock)

  return {
    name: 'azure',
    capabilities: { families: [4, 6], replace: 'atomic', batch: { scope: 'table', max: maxBatch } },
    async tables(signal, nodes) {
      // No machine ever moves: whoever is known need not be looked up.
      if (nodes !== undefined && followsNodes(options))
        await places.complete(nodes, (queries) => findTargets(finder, queries, signal))
      else if (nodes !== undefined) places.keep(nodes)
      return tables.find(signal)
    },
    tablesOutdated: () => tables.outdated,
    async list(table, signal) {
      const read = await tables.read(table.id, polling, signal)
      return {
        routes: (read.properties?.routes ?? []).flatMap((route) => observedRoute(route) ?? []),
        ...(isUnfinished(read) ? { isUnfinished: true } : {}),
      }
    },
    async finish(table, signal) {
      await finishTable({ arm, polling, table: table.id, routesPerTable, leftovers }, signal)
      await pause(clock, effectiveMs, signal)
    },
    targets: (wanted, signal) => findTargets(finder, wanted, signal),
    // Azure stores the canonical CIDR, which is the only form ours have, and the address that it was given.
    canonical: (route) => route,
    apply: (table, { changes }, signal) =>
      applyChanges({ arm, polling, table: table.id, routesPerTable, leftovers }, changes, signal),
    untilEffective: (table, changes, signal) =>
      untilEffective(
        { arm, polling, interfaces, waitMs: effectiveMs, ask: askEffective },
        table.id,
        changes,
        signal,
      ),
    running: (targets, signal) => areRunning(arm, interfaces, targets, signal),
    prepare: (targets, signal) => enableForwarding({ arm, interfaces, polling }, targets, signal),
    // However many come before it, one write carries them all.
    readyInMs: () => budget.readyInMs('WriteRouteTable'),
    quota: (_table, snapshot) => quotaOf(snapshot, routesPerTable),
    describe: async ({ id }, signal) => describedTable(await tables.read(id, polling, signal), id),
    servedRanges(ours, signal) {
      const users = tables.users(ours)
      return ranges.get(users, () => servedRanges(arm, users, signal))
    },
  }
}
