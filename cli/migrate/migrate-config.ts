import { type CloudConfig, readCloudConfig } from '../cloud-config.ts'
import type { ListFormat } from '../output.ts'
import type { Settings } from '../settings/command-settings.ts'
import { UsageError } from '../usage.ts'
import type { Predecessor } from './predecessor.ts'
import { type DoableStep, type StepName, stepNames } from './step.ts'

export interface MigrateConfig {
  readonly from: Predecessor
  /** Where it was named: then its tables are read too. */
  readonly cloud: CloudConfig | undefined
  readonly allocates: boolean
  /** What the user says to be done where the cluster does not show it. */
  readonly assumed: readonly StepName[]
  /** What podway itself is to do now. */
  readonly does: DoableStep | undefined
  /** Without a question. */
  readonly yes: boolean
  readonly kubeconfig: string | undefined
  readonly output: ListFormat
}

/** Checks everything that can be checked without asking anybody. @throws UsageError */
export function readMigrateConfig(settings: Settings<'migrate'>): MigrateConfig {
  const { allocateNodeCidrs, assume = [], kubeconfig, output, predecessor, yes } = settings
  const cloud = readCloud(settings)
  const does = settings.do
  if (does === 'adopt' && cloud === undefined)
    throw new UsageError('--do adopt: say with --provider and --cluster-name whose routes')
  if (yes && does === undefined) throw new UsageError('--yes: there is nothing to confirm without --do')
  return {
    from: predecessor,
    cloud,
    allocates: allocateNodeCidrs,
    // The schema has let no other name pass.
    assumed: stepNames.filter((name) => assume.includes(name)),
    does,
    yes,
    kubeconfig,
    output,
  }
}

function readCloud({ clusterName, provider, ...settings }: Settings<'migrate'>): CloudConfig | undefined {
  if (provider === undefined && clusterName === undefined) return undefined
  if (provider === undefined || clusterName === undefined)
    throw new UsageError(
      `--${provider === undefined ? 'provider' : 'cluster-name'} is missing: the cloud is asked with both, or not at all`,
    )
  return readCloudConfig({ ...settings, provider, clusterName })
}
