import type { ApiBudget } from '../budget.ts'
import type { RouteProvider } from '../provider.ts'
import { applyChanges } from './changes.ts'
import type { Ec2Api } from './ec2-api.ts'
import { defaultRoutesPerTable } from './limits.ts'
import { quotaOf } from './quota.ts'
import { readyInMs } from './readiness.ts'
import { areRunning } from './running.ts'
import { disableSourceDestCheck } from './source-dest-check.ts'
import { type TableSelection, findTables, readTable } from './tables.ts'
import { findTargets } from './targets.ts'

export interface AwsProviderOptions extends TableSelection {
  readonly ec2: Ec2Api
  /** Of the client's account and region. */
  readonly budget: ApiBudget
  /** The quota of the account: how many routes of each family a table takes. 500 unless told, as AWS has it. */
  readonly routesPerTable?: number
}

/** VPC route tables; nodes are reached by their primary network interfaces. */
export function awsProvider(options: AwsProviderOptions): RouteProvider {
  const { ec2: api, budget, routesPerTable = defaultRoutesPerTable, ...selection } = options
  const ec2 = { api, budget }
  return {
    name: 'aws',
    capabilities: { families: [4, 6], replace: 'atomic', batch: { scope: 'change', max: 1 } },
    tables: (signal) => findTables(ec2, selection, signal),
    list: async (table, signal) => ({ routes: await readTable(ec2, table.id, signal) }),
    targets: (wanted, signal) => findTargets(ec2, selection, wanted, signal),
    // EC2 stores the canonical CIDR, which is the only form ours have, and lists the interface that it was given.
    canonical: (route) => route,
    apply: (table, { changes }, signal) => applyChanges(ec2, table.id, changes, signal),
    running: (targets, signal) => areRunning(ec2, targets, signal),
    prepare: (targets, signal) => disableSourceDestCheck(ec2, targets, signal),
    readyInMs: (op, ahead) => readyInMs(budget, op, ahead),
    quota: (_table, snapshot) => quotaOf(snapshot, routesPerTable),
  }
}
