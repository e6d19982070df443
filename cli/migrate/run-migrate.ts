import type { KubeClient } from '../../kube/client.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Node } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import { isNotFound } from '../../kube/errors.ts'
import type { RouteProvider } from '../../providers/provider.ts'
import { type NodeRoute, nodeRouteType, recordOf } from '../../reconciler/node-route/node-route.ts'
import { routedNode } from '../../reconciler/routed-node.ts'
import type { LedgerRecord } from '../../reconciler/ledger/record.ts'
import { ExitStatus } from '../exit-status.ts'
import { type Found, findAdoptable } from '../find-adoptable.ts'
import { listAll } from '../list-all.ts'
import { type Waits, withRetries } from '../with-retries.ts'
import { doStep } from './do-step.ts'
import type { MigrateConfig } from './migrate-config.ts'
import type { MigrateParts } from './migrate-parts.ts'
import { type Migration, examine } from './migration.ts'
import { readClusterFacts } from './read-cluster-facts.ts'
import { exitCodes, formatMigration, summary } from './report.ts'

/**
 * Examines, and prints what it found; with `does`, that step is done before. Rejects with {@link ExitStatus} once everything
 * is printed, unless nothing is left.
 */
export async function runMigrate(
  config: MigrateConfig,
  parts: MigrateParts,
  signal: AbortSignal,
): Promise<void> {
  const { output, paint } = parts
  if (config.does !== undefined) {
    const before = await examineCluster(config, parts, signal)
    await doStep(config.does, before, config, parts, signal)
  }
  const migration = await examineCluster(config, parts, signal)
  await output.result(formatMigration(migration, config.output, paint))
  await output.note(summary(migration))
  if (migration.outcome !== 'complete') throw new ExitStatus(exitCodes[migration.outcome])
}

async function examineCluster(
  { allocates, assumed, cloud, from }: MigrateConfig,
  { clock, kube, progress, provider, waits }: MigrateParts,
  signal: AbortSignal,
): Promise<Migration> {
  const attempt = <T>(work: () => Promise<T>): Promise<T> => withRetries(work, waits, signal)
  progress('the cluster')
  const routes = provider === undefined ? undefined : await readRoutes(kube, provider, waits, signal)
  const facts = await readClusterFacts(kube, { attempt, now: clock.now(), routes }, signal)
  const cloudFlags =
    cloud === undefined
      ? '--provider CLOUD --cluster-name NAME'
      : `--provider ${cloud.provider} --cluster-name ${cloud.clusterName}`
  return examine(facts, { from, allocates, assumed, cloudFlags })
}

/** As `podway adopt` lists them. @throws ProviderError */
async function readRoutes(
  kube: KubeClient,
  provider: RouteProvider,
  waits: Waits,
  signal: AbortSignal,
): Promise<Found> {
  const [nodes, records] = await Promise.all([
    withRetries(() => listAll(new Resource<Node>(kube, nodeType), signal), waits, signal),
    withRetries(() => readRecords(kube, signal), waits, signal),
  ])
  const search = { provider, waits, records, nodes: nodes.map(routedNode), destinations: [], tables: [] }
  return findAdoptable(search, signal)
}

/** None as long as NodeRoutes are not defined. @throws KubeError */
async function readRecords(kube: KubeClient, signal: AbortSignal): Promise<readonly LedgerRecord[]> {
  try {
    return (await listAll(new Resource<NodeRoute>(kube, nodeRouteType), signal)).map(recordOf)
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}
