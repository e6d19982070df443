import { type CloudConfig, type CloudSettings, readCloudConfig } from '../cloud-config.ts'
import type { ListFormat } from '../output.ts'
import { type PoolConfig, type PoolSettings, readPoolConfig } from '../pool-config.ts'

/** What is said to `podway doctor <cloud>`. */
export interface DoctorSettings
  extends Omit<CloudSettings, 'provider'>, Omit<PoolSettings, 'allocateNodeCidrs'> {
  readonly kubeconfig: string | undefined
  readonly output: ListFormat
}

export interface DoctorConfig extends CloudConfig, Pick<PoolConfig, 'pools' | 'poolPlace'> {
  readonly kubeconfig: string | undefined
  readonly output: ListFormat
}

/** Checks everything that can be checked without asking anybody. @throws UsageError */
export function readDoctorConfig(provider: CloudConfig['provider'], settings: DoctorSettings): DoctorConfig {
  const { clusterCidr, kubeconfig, output, poolsConfigMap, poolsFile } = settings
  // Without a word of pools, somebody else gives the Nodes their podCIDRs.
  const allocateNodeCidrs = [clusterCidr, poolsConfigMap, poolsFile].some((said) => said !== undefined)
  const { poolPlace, pools } = readPoolConfig({ ...settings, allocateNodeCidrs })
  return { ...readCloudConfig({ ...settings, provider }), pools, poolPlace, kubeconfig, output }
}
