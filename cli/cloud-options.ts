import { Option } from 'commander'
import { type AwsConfig, type AwsFlags, readAwsConfig } from './aws-options.ts'
import { type AzureConfig, type AzureFlags, readAzureConfig } from './azure-options.ts'
import { readChoice } from './flag-values.ts'
import { type GcpConfig, type GcpFlags, readGcpConfig } from './gcp-options.ts'
import { UsageError } from './usage.ts'

/** The flags by which every command finds its cloud, its tables and its cluster. */

export const providerNames = ['aws', 'azure', 'gcp'] as const

export const providerOption = (): Option =>
  new Option('--provider <name>', `the cloud: ${providerNames.join(', ')}`).makeOptionMandatory()

export const clusterNameOption = (): Option =>
  new Option(
    '--cluster-name <name>',
    'AWS: route tables are those with the tag kubernetes.io/cluster/<name>; Azure: with kubernetes.io_cluster_<name>; Google Cloud: routes are marked with it',
  ).makeOptionMandatory()

export const kubeconfigOption = (): Option =>
  new Option(
    '--kubeconfig <path>',
    'how to reach the API server (default: $KUBECONFIG, the pod’s service account, ~/.kube/config)',
  )

/** As commander hands them over. */
export interface CloudFlags extends AwsFlags, AzureFlags, GcpFlags {
  readonly provider: string
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
export function readCloudConfig(flags: CloudFlags): CloudConfig {
  const provider = readChoice(
    'provider',
    required('provider', flags.provider, 'say which cloud'),
    providerNames,
  )
  return {
    provider,
    clusterName: required(
      'cluster-name',
      flags.clusterName,
      'it is by this name that podway tells its cluster’s tables and routes from others',
    ),
    aws: readAwsConfig(provider === 'aws' ? flags : {}),
    azure: readAzureConfig(provider === 'azure' ? flags : {}),
    gcp: readGcpConfig(provider === 'gcp' ? flags : {}),
  }
}

function required(flag: string, value: string, why: string): string {
  if (value.trim() === '') throw new UsageError(`--${flag} is empty: ${why}`)
  return value
}
