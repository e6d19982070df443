import type { RouteProvider } from '../provider.ts'
import { applyChanges } from './changes.ts'
import type { Ec2Api } from './ec2-api.ts'
import { disableSourceDestCheck } from './source-dest-check.ts'
import { findTables, readTable, type TableSelection } from './tables.ts'
import { findTargets } from './targets.ts'

export interface AwsProviderOptions extends TableSelection {
  readonly ec2: Ec2Api
}

/** VPC route tables; nodes are reached by their primary network interfaces. */
export function awsProvider({ ec2, ...selection }: AwsProviderOptions): RouteProvider {
  return {
    name: 'aws',
    capabilities: { families: [4, 6], replace: 'atomic', batch: { scope: 'change', max: 1 } },
    tables: (signal) => findTables(ec2, selection, signal),
    list: async (table, signal) => ({ routes: await readTable(ec2, table.id, signal) }),
    targets: (wanted, signal) => findTargets(ec2, selection, wanted, signal),
    // EC2 stores the canonical CIDR, which is the only form ours have, and lists the interface that it was given.
    canonical: (route) => route,
    apply: (table, { changes }, signal) => applyChanges(ec2, table.id, changes, signal),
    prepare: (targets, signal) => disableSourceDestCheck(ec2, targets, signal),
  }
}
