import { readFile } from 'node:fs/promises'
import type { KubeClient } from '../../kube/client.ts'
import { Resource } from '../../kube/resource.ts'
import type { Finding } from '../../providers/finding.ts'
import { type ConfigMap, configMapType, poolsKey } from '../../reconciler/ipam/config-map-pools.ts'
import { readPools } from '../../reconciler/ipam/pool-document.ts'
import type { Pool } from '../../reconciler/ipam/pool.ts'
import type { Output } from '../output.ts'
import { type Waits, withRetries } from '../with-retries.ts'
import { checkControllers } from './check-controllers.ts'
import { readCluster } from './cluster.ts'
import type { OpenDoctor } from './doctor-cloud.ts'
import type { DoctorConfig } from './doctor-config.ts'
import { examinedNode } from './examined-node.ts'
import { type Paint, formatFindings, inOrder, tally } from './findings-report.ts'

export interface DoctorParts extends Pick<OpenDoctor, 'examine'> {
  readonly kube: KubeClient
  readonly output: Output
  readonly waits: Waits
  readonly paint: Paint
  readonly progress: (what: string) => void
}

/**
 * Examines, and prints what it found. Rejects, once everything is printed, if there are errors among it; before that only
 * if Nodes or cloud can't be read for another reason than a permission.
 */
export async function runDoctor(
  config: DoctorConfig,
  parts: DoctorParts,
  signal: AbortSignal,
): Promise<void> {
  const { output, paint } = parts
  const findings = inOrder(await examineAll(config, parts, signal))
  await output.result(formatFindings(findings, config.output, paint))
  const { counts, text } = tally(findings)
  if (counts.error > 0) throw new Error(text)
  await output.note(`${text}.`)
}

async function examineAll(
  config: DoctorConfig,
  { examine, kube, progress, waits }: DoctorParts,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const attempt = <T>(work: () => Promise<T>): Promise<T> => withRetries(work, waits, signal)
  const { clusterName } = config

  progress('the cluster')
  const cluster = await readCluster(kube, attempt, signal)
  const pools = await readPoolsOf(config, kube, attempt, signal)
  const examined = {
    clusterName,
    nodes: cluster.nodes.map(examinedNode),
    pools: (pools ?? []).map(({ range, size }) => ({ range, nodes: size })),
  }
  return [
    ...(await examine(examined, { attempt, progress }, signal)),
    ...checkControllers({ ...cluster, clusterName, allocates: pools !== undefined }),
  ]
}

/** Undefined where podway does not allocate. */
async function readPoolsOf(
  { poolPlace, pools }: DoctorConfig,
  kube: KubeClient,
  attempt: <T>(work: () => Promise<T>) => Promise<T>,
  signal: AbortSignal,
): Promise<readonly Pool[] | undefined> {
  switch (poolPlace?.kind) {
    case undefined:
      return pools
    case 'file':
      return readPools(await readFile(poolPlace.path, 'utf8'))
    case 'config-map': {
      const { name, namespace } = poolPlace
      const resource = new Resource<ConfigMap>(kube, configMapType)
      const { data } = await attempt(() => resource.get(name, { namespace, signal }))
      const text = data?.[poolsKey]
      if (text === undefined) throw new Error(`ConfigMap ${namespace}/${name} has no key ${poolsKey}`)
      return readPools(text)
    }
  }
}
