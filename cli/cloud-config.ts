import { type AwsConfig, type AwsSettings, readAwsConfig } from './aws-config.ts'
import { type AzureConfig, type AzureSettings, readAzureConfig } from './azure-config.ts'
import { type GcpConfig, type GcpSettings, readGcpConfig } from './gcp-config.ts'
import type { providerNames } from './settings/cloud-settings.ts'
import type { Values } from './settings/settings.ts'

/** By which every command finds its cloud, its tables and its cluster. */
export interface CloudSettings extends AwsSettings, AzureSettings, GcpSettings {
  readonly provider: Values['provider']
  readonly clusterName: string
}

export interface CloudConfig {
  readonly provider: (typeof providerNames)[number]
  readonly clusterName: string
  /** What is said for that cloud; of the others, the defaults. */
  readonly aws: AwsConfig
  readonly azure: AzureConfig
  readonly gcp: GcpConfig
}

/** @throws UsageError */
export function readCloudConfig(settings: CloudSettings): CloudConfig {
  const { clusterName, provider } = settings
  return {
    provider,
    clusterName,
    aws: readAwsConfig(provider === 'aws' ? settings : {}),
    azure: readAzureConfig(provider === 'azure' ? settings : {}),
    gcp: readGcpConfig(provider === 'gcp' ? settings : {}),
  }
}
