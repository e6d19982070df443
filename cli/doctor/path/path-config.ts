import { type Address, AddressSyntaxError, parseAddress } from '../../../net/address.ts'
import { type AwsConfig, type AwsFlags, readAwsConfig } from '../../aws-options.ts'
import { type AzureConfig, type AzureFlags, readAzureConfig } from '../../azure-options.ts'
import { type GcpConfig, type GcpFlags, readGcpConfig } from '../../gcp-options.ts'
import { readChoice, readInteger } from '../../flag-values.ts'
import { type ListFormat, listFormats } from '../../output.ts'
import { UsageError } from '../../usage.ts'

type AzurePlaceFlags = Pick<
  AzureFlags,
  | 'cloudConfig'
  | 'azureSubscription'
  | 'azureResourceGroups'
  | 'azureRouteTableResourceGroup'
  | 'azureCloud'
  | 'azureCredentials'
>

/** The flags of `podway doctor path` as commander hands them over. */
export interface PathFlags
  extends
    Pick<AwsFlags, 'awsRoleArn' | 'awsRoleExternalId'>,
    Pick<GcpFlags, 'gcpProject' | 'gcpNetwork' | 'gcpImpersonateServiceAccount'>,
    AzurePlaceFlags {
  readonly from: string
  readonly to: string
  readonly provider?: string
  readonly agentNamespace: string
  readonly agentPort: string
  readonly kubeconfig?: string
  readonly output: string
}

/** Those that can be asked about a packet. */
export const pathClouds = ['aws', 'gcp', 'azure'] as const

export type PathCloudConfig =
  | { readonly provider: 'aws'; readonly aws: Pick<AwsConfig, 'role'> }
  | { readonly provider: 'gcp'; readonly gcp: GcpConfig }
  | { readonly provider: 'azure'; readonly azure: AzureConfig }

/** One end, as it was named. */
export type PathEndFlag =
  | { readonly kind: 'pod'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'address'; readonly address: Address }

export interface PathConfig {
  readonly from: PathEndFlag
  readonly to: PathEndFlag
  /** Undefined: the cloud is not asked. */
  readonly cloud: PathCloudConfig | undefined
  readonly agent: { readonly namespace: string; readonly port: number }
  readonly kubeconfig: string | undefined
  readonly output: ListFormat
}

/** Checks everything that can be checked without asking anybody. @throws UsageError */
export function readPathConfig(flags: PathFlags): PathConfig {
  const { agentNamespace, agentPort, from, kubeconfig, output, provider, to } = flags
  return {
    from: readPod('from', from),
    to: readEnd('to', to),
    cloud: readCloud(provider, flags),
    agent: { namespace: agentNamespace, port: readInteger('agent-port', agentPort, { min: 1, max: 65_535 }) },
    kubeconfig,
    output: readChoice('output', output, listFormats),
  }
}

function readCloud(provider: string | undefined, flags: PathFlags): PathCloudConfig | undefined {
  const { awsRoleArn, gcpImpersonateServiceAccount, gcpNetwork, gcpProject } = flags
  if (provider !== 'aws' && awsRoleArn !== undefined)
    throw new UsageError('--aws-role-arn is for asking AWS: add --provider aws')
  const ofGcp = Object.entries({
    '--gcp-project': gcpProject,
    '--gcp-network': gcpNetwork,
    '--gcp-impersonate-service-account': gcpImpersonateServiceAccount,
  }).find(([, value]) => value !== undefined)
  if (provider !== 'gcp' && ofGcp !== undefined)
    throw new UsageError(`${ofGcp[0]} is for asking Google Cloud: add --provider gcp`)
  const ofAzure = azureFlags.find((name) => flags[name] !== undefined)
  if (provider !== 'azure' && ofAzure !== undefined)
    throw new UsageError(`--${kebab(ofAzure)} is for asking Azure: add --provider azure`)
  if (provider === undefined) return undefined
  const cloud = readChoice('provider', provider, pathClouds)
  switch (cloud) {
    case 'aws':
      return { provider: cloud, aws: readAwsConfig(flags) }
    case 'gcp':
      return { provider: cloud, gcp: readGcpConfig(flags) }
    case 'azure':
      return { provider: cloud, azure: readAzureConfig(flags) }
  }
}

const azureFlags = [
  'cloudConfig',
  'azureSubscription',
  'azureResourceGroups',
  'azureRouteTableResourceGroup',
  'azureCloud',
  'azureCredentials',
] as const satisfies readonly (keyof AzurePlaceFlags)[]

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

function readEnd(flag: string, text: string): PathEndFlag {
  // Names of pods have neither colons nor end in what looks like an address; what is an address is meant as one.
  try {
    return { kind: 'address', address: parseAddress(text) }
  } catch (error) {
    if (!(error instanceof AddressSyntaxError)) throw error
    if (text.includes(':')) throw new UsageError(`--${flag}: ${error.message}`, { cause: error })
    return readPod(flag, text)
  }
}

const nameSyntax = /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/

function readPod(flag: string, text: string): PathEndFlag {
  const parts = text.split('/')
  const [namespace, name] = parts.length === 1 ? ['default', text] : parts
  if (
    parts.length > 2 ||
    name === undefined ||
    namespace === undefined ||
    ![name, namespace].every((part) => nameSyntax.test(part))
  )
    throw new UsageError(
      `--${flag}=${text}: expected a pod as namespace/name${flag === 'to' ? ', or an address' : ''}`,
    )
  return { kind: 'pod', namespace, name }
}
