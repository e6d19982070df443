import { type CloudConfig, type CloudFlags, readCloudConfig } from '../cloud-options.ts'
import { readChoice } from '../flag-values.ts'
import { type ListFormat, listFormats } from '../output.ts'
import { type PoolConfig, type PoolFlags, readPoolConfig } from '../pool-config.ts'

/** The flags of `podway doctor <cloud>` as commander hands them over. */
export interface DoctorFlags extends Omit<CloudFlags, 'provider'>, Omit<PoolFlags, 'allocateNodeCidrs'> {
  readonly kubeconfig?: string
  readonly output: string
}

export interface DoctorConfig extends CloudConfig, Pick<PoolConfig, 'pools' | 'poolPlace'> {
  readonly kubeconfig: string | undefined
  readonly output: ListFormat
}

/** Checks everything that can be checked without asking anybody. @throws UsageError */
export function readDoctorConfig(provider: CloudConfig['provider'], flags: DoctorFlags): DoctorConfig {
  const { clusterCidr, poolsConfigMap, poolsFile } = flags
  // Without a word of pools, somebody else gives the Nodes their podCIDRs.
  const allocateNodeCidrs = [clusterCidr, poolsConfigMap, poolsFile].some((flag) => flag !== undefined)
  const { poolPlace, pools } = readPoolConfig({ ...flags, allocateNodeCidrs })
  return {
    ...readCloudConfig({ ...flags, provider }),
    pools,
    poolPlace,
    kubeconfig: flags.kubeconfig,
    output: readChoice('output', flags.output, listFormats),
  }
}
