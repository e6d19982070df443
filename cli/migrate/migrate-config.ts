import { type CloudConfig, type CloudFlags, readCloudConfig } from '../cloud-options.ts'
import { readChoice, readList, readSwitch } from '../flag-values.ts'
import { UsageError } from '../usage.ts'
import { type Predecessor, predecessors } from './predecessor.ts'
import { type ReportFormat, reportFormats } from './report.ts'
import { type DoableStep, type StepName, doableSteps, stepNames } from './step.ts'

/** The flags of `podway migrate` as commander hands them over. */
export interface MigrateFlags extends Omit<CloudFlags, 'provider' | 'clusterName'> {
  readonly from: string
  readonly provider?: string
  readonly clusterName?: string
  readonly allocateNodeCidrs: string | boolean
  readonly assume?: string
  readonly do?: string
  readonly yes?: boolean
  readonly kubeconfig?: string
  readonly output: string
}

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
  readonly output: ReportFormat
}

/** Checks everything that can be checked without asking anybody. @throws UsageError */
export function readMigrateConfig(flags: MigrateFlags): MigrateConfig {
  const cloud = readCloud(flags)
  const does = flags.do === undefined ? undefined : readChoice('do', flags.do, doableSteps)
  if (does === 'adopt' && cloud === undefined)
    throw new UsageError('--do adopt: say with --provider and --cluster-name whose routes')
  if (flags.yes === true && does === undefined)
    throw new UsageError('--yes: there is nothing to confirm without --do')
  return {
    from: readChoice('from', flags.from, predecessors),
    cloud,
    allocates: readSwitch('allocate-node-cidrs', flags.allocateNodeCidrs),
    assumed: readList(flags.assume ?? '').map((name) => readChoice('assume', name, stepNames)),
    does,
    yes: flags.yes === true,
    kubeconfig: flags.kubeconfig,
    output: readChoice('output', flags.output, reportFormats),
  }
}

function readCloud({ clusterName, provider, ...flags }: MigrateFlags): CloudConfig | undefined {
  if (provider === undefined && clusterName === undefined) return undefined
  if (provider === undefined || clusterName === undefined)
    throw new UsageError(
      `--${provider === undefined ? 'provider' : 'cluster-name'} is missing: the cloud is asked with both, or not at all`,
    )
  return readCloudConfig({ ...flags, provider, clusterName })
}
