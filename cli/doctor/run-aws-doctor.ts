import { readFile } from 'node:fs/promises'
import type { EC2 } from '@aws-sdk/client-ec2'
import type { Clock } from '../../kube/clock.ts'
import type { KubeClient } from '../../kube/client.ts'
import type { Node } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import type { ApiBudget } from '../../providers/budget.ts'
import type { Finding } from '../../providers/finding.ts'
import type { ExaminedNode } from '../../providers/aws/doctor/picture.ts'
import { type ConfigMap, configMapType, poolsKey } from '../../reconciler/ipam/config-map-pools.ts'
import { readPools } from '../../reconciler/ipam/pool-document.ts'
import type { Pool } from '../../reconciler/ipam/pool.ts'
import { podRanges, routedNode } from '../../reconciler/routed-node.ts'
import type { Output } from '../output.ts'
import { type Waits, withRetries } from '../with-retries.ts'
import type { AwsDoctorConfig } from './aws-config.ts'
import { checkControllers } from './check-controllers.ts'
import { readCluster } from './cluster.ts'
import { type Paint, formatFindings, inOrder, tally } from './findings-report.ts'

export interface AwsDoctorParts {
  readonly kube: KubeClient
  readonly ec2: { readonly api: EC2; readonly budget: ApiBudget }
  readonly clock: Clock
  readonly output: Output
  readonly waits: Waits
  readonly paint: Paint
  readonly progress: (what: string) => void
}

/**
 * Examines, and prints what it found. Rejects, once everything is printed, if there are errors among it; before that only
 * if Nodes or cloud can't be read for another reason than a permission.
 */
export async function runAwsDoctor(
  config: AwsDoctorConfig,
  parts: AwsDoctorParts,
  signal: AbortSignal,
): Promise<void> {
  const { output, paint } = parts
  const findings = inOrder(await examine(config, parts, signal))
  await output.result(formatFindings(findings, config.output, paint))
  const { counts, text } = tally(findings)
  if (counts.error > 0) throw new Error(text)
  await output.note(`${text}.`)
}

async function examine(
  config: AwsDoctorConfig,
  parts: AwsDoctorParts,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { clock, ec2, kube, progress, waits } = parts
  const attempt = <T>(work: () => Promise<T>): Promise<T> => withRetries(work, waits, signal)
  const { survey } = await import('../../providers/aws/doctor/survey.ts')
  const { examineAws } = await import('../../providers/aws/doctor/examine.ts')
  const { watchAnswerer } = await import('../../providers/aws/doctor/answerer.ts')
  const { defaultRoutesPerTable } = await import('../../providers/aws/limits.ts')
  const isAws = watchAnswerer(ec2.api)

  progress('the cluster')
  const cluster = await readCluster(kube, attempt, signal)
  const pools = await readPoolsOf(config, kube, attempt, signal)
  const { aws, clusterName } = config
  const picture = await survey(
    {
      nodes: cluster.nodes.map(examinedNode),
      pools: (pools ?? []).map(({ range, size }) => ({ range, nodes: size })),
      routesPerTable: aws.routesPerTable ?? defaultRoutesPerTable,
      selection: {
        clusterName,
        routeTables: aws.routeTables,
        extraRouteTableIds: aws.extraRouteTableIds,
      },
      targetInterface: aws.targetInterface,
      matchNodeNames: aws.matchNodeNames,
    },
    { ec2, clock, attempt, progress, isAws },
    signal,
  )
  return [
    ...examineAws(picture),
    ...checkControllers({ ...cluster, clusterName, allocates: pools !== undefined }),
  ]
}

function examinedNode(node: Node): ExaminedNode {
  const routed = routedNode(node)
  const { addresses, name, providerID } = routed
  return {
    name,
    addresses,
    podCIDRs: podRanges(routed),
    ...(providerID === undefined ? {} : { providerID }),
  }
}

/** Undefined where podway does not allocate. */
async function readPoolsOf(
  { poolPlace, pools }: AwsDoctorConfig,
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
