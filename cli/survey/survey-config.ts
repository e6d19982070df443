import { type Policy, policies } from '../../reconciler/guard/policy.ts'
import { type CloudConfig, type CloudFlags, readCloudConfig } from '../cloud-options.ts'
import { readChoice } from '../flag-values.ts'
import { type PoolConfig, type PoolFlags, readPoolConfig } from '../pool-config.ts'
import { UsageError } from '../usage.ts'

/** The flags of {@link addSurveyOptions} as commander hands them over. */
export interface SurveyFlags extends CloudFlags, Omit<PoolFlags, 'allocateNodeCidrs' | 'poolsConfigMap'> {
  readonly nodes?: string
  readonly state?: string
  readonly policy: string
  readonly kubeconfig?: string
}

export interface SurveyConfig extends CloudConfig, Pick<PoolConfig, 'pools' | 'serviceRanges'> {
  /** The file of Nodes; undefined for those of the API server. */
  readonly nodes: string | undefined
  /** The ledger's file; undefined for NodeRoutes. */
  readonly state: string | undefined
  /** Instead of `pools`. */
  readonly poolsFile: string | undefined
  readonly policy: Policy
  readonly kubeconfig: string | undefined
}

/** Checks everything that can be checked without asking anybody. @throws UsageError */
export function readSurveyConfig(flags: SurveyFlags): SurveyConfig {
  const { clusterCidr, nodes, poolsFile, state } = flags
  for (const [name, value] of Object.entries({ nodes, state }))
    if (value?.trim() === '') throw new UsageError(`--${name} is empty: name the file`)
  if (nodes !== undefined && state === undefined)
    throw new UsageError(
      `--nodes=${nodes} takes --state: without an API server, a file has to record which routes are podway’s`,
    )
  const cloud = readCloudConfig(flags)
  const allocates = clusterCidr !== undefined || poolsFile !== undefined
  const mode = delegatingMode(cloud)
  if (allocates && mode !== undefined)
    throw new UsageError(
      `${clusterCidr === undefined ? '--pools-file' : '--cluster-cidr'} and ${mode}: what the network delegates to a Node only the controller finds out; leave the pools out`,
    )
  const { poolPlace, pools, serviceRanges } = readPoolConfig({ ...flags, allocateNodeCidrs: allocates })
  return {
    ...cloud,
    nodes,
    state,
    pools,
    poolsFile: poolPlace?.kind === 'file' ? poolPlace.path : undefined,
    serviceRanges,
    policy: readChoice('policy', flags.policy, policies),
    kubeconfig: flags.kubeconfig,
  }
}

/** By which it was chosen. */
function delegatingMode({ aws, gcp }: CloudConfig): string | undefined {
  if (aws.mode === 'ipv6-prefix') return `--aws-mode=${aws.mode}`
  return gcp.mode === 'alias-ip' ? `--gcp-mode=${gcp.mode}` : undefined
}
