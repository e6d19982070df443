import type { AwsFlags } from '../aws-options.ts'
import { type CloudConfig, readCloudConfig } from '../cloud-options.ts'
import { readChoice } from '../flag-values.ts'
import { type ListFormat, listFormats } from '../output.ts'
import { type PoolConfig, type PoolFlags, readPoolConfig } from '../pool-config.ts'

/** The flags of `podway doctor aws` as commander hands them over. */
export interface AwsDoctorFlags extends AwsFlags, Omit<PoolFlags, 'allocateNodeCidrs'> {
  readonly clusterName: string
  readonly kubeconfig?: string
  readonly output: string
}

export interface AwsDoctorConfig extends CloudConfig, Pick<PoolConfig, 'pools' | 'poolPlace'> {
  readonly kubeconfig: string | undefined
  readonly output: ListFormat
}

/** Checks everything that can be checked without asking anybody. @throws UsageError */
export function readAwsDoctorConfig(flags: AwsDoctorFlags): AwsDoctorConfig {
  const { clusterCidr, poolsConfigMap, poolsFile } = flags
  // Without a word of pools, somebody else gives the Nodes their podCIDRs.
  const allocateNodeCidrs = [clusterCidr, poolsConfigMap, poolsFile].some((flag) => flag !== undefined)
  const { poolPlace, pools } = readPoolConfig({ ...flags, allocateNodeCidrs })
  return {
    ...readCloudConfig({ ...flags, provider: 'aws' }),
    pools,
    poolPlace,
    kubeconfig: flags.kubeconfig,
    output: readChoice('output', flags.output, listFormats),
  }
}
