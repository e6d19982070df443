import type { Policy } from '../../reconciler/guard/policy.ts'
import { type CloudConfig, type CloudSettings, readCloudConfig } from '../cloud-config.ts'
import { type PoolConfig, type PoolSettings, readPoolConfig } from '../pool-config.ts'
import type { Given } from '../settings/settings.ts'
import { UsageError } from '../usage.ts'

/** What is said to a command that looks at everything that routes depend on. */
export interface SurveySettings
  extends
    CloudSettings,
    Omit<PoolSettings, 'allocateNodeCidrs' | 'poolsConfigMap'>,
    Given<'nodes' | 'state' | 'kubeconfig'> {
  readonly policy: Policy
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
export function readSurveyConfig(settings: SurveySettings): SurveyConfig {
  const { clusterCidr, kubeconfig, nodes, policy, poolsFile, state } = settings
  if (nodes !== undefined && state === undefined)
    throw new UsageError(
      `--nodes=${nodes} takes --state: without an API server, a file has to record which routes are podway’s`,
    )
  const cloud = readCloudConfig(settings)
  const allocates = clusterCidr !== undefined || poolsFile !== undefined
  const mode = delegatingMode(cloud)
  if (allocates && mode !== undefined)
    throw new UsageError(
      `${clusterCidr === undefined ? '--pools-file' : '--cluster-cidr'} and ${mode}: what the network delegates to a Node only the controller finds out; leave the pools out`,
    )
  const { poolPlace, pools, serviceRanges } = readPoolConfig({ ...settings, allocateNodeCidrs: allocates })
  return {
    ...cloud,
    nodes,
    state,
    pools,
    poolsFile: poolPlace?.kind === 'file' ? poolPlace.path : undefined,
    serviceRanges,
    policy,
    kubeconfig,
  }
}

/** By which it was chosen. */
function delegatingMode({ aws, gcp }: CloudConfig): string | undefined {
  if (aws.mode === 'ipv6-prefix') return `--aws-mode=${aws.mode}`
  return gcp.mode === 'alias-ip' ? `--gcp-mode=${gcp.mode}` : undefined
}
