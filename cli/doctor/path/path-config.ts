import { type Address, AddressSyntaxError, parseAddress } from '../../../net/address.ts'
import { type AwsConfig, readAwsConfig } from '../../aws-config.ts'
import { type AzureConfig, readAzureConfig } from '../../azure-config.ts'
import { type GcpConfig, readGcpConfig } from '../../gcp-config.ts'
import type { ListFormat } from '../../output.ts'
import { cloudOf } from '../../settings/cloud-of.ts'
import type { Settings } from '../../settings/command-settings.ts'
import type { Told } from '../../settings/read-settings.ts'
import { kebab } from '../../settings/setting.ts'
import type { Values } from '../../settings/settings.ts'
import { UsageError } from '../../usage.ts'

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
export function readPathConfig(settings: Settings<'doctor path'>, told: Told): PathConfig {
  const { agentNamespace, agentPort, from, kubeconfig, output, to } = settings
  return {
    from: readPod('from', from),
    to: readEnd('to', to),
    cloud: readPathCloud(settings, told),
    agent: { namespace: agentNamespace, port: agentPort },
    kubeconfig,
    output,
  }
}

/** A file and variables are for other commands too: only who says it on the command line means this one. @throws UsageError */
export function readPathCloud(
  settings: Settings<'doctor path'>,
  { byFlag }: Told,
): PathCloudConfig | undefined {
  const { provider } = settings
  const stray = [...byFlag].find((key) => provider !== cloudOf(key) && cloudOf(key) !== undefined)
  const meant = stray === undefined ? undefined : cloudOf(stray)
  if (stray !== undefined && meant !== undefined)
    throw new UsageError(`--${kebab(stray)} is for asking ${cloudNames[meant]}: add --provider ${meant}`)
  switch (provider) {
    case undefined:
      return undefined
    case 'aws':
      return { provider, aws: readAwsConfig(settings) }
    case 'gcp':
      return { provider, gcp: readGcpConfig(settings) }
    case 'azure':
      return { provider, azure: readAzureConfig(settings) }
  }
}

const cloudNames = {
  aws: 'AWS',
  gcp: 'Google Cloud',
  azure: 'Azure',
} as const satisfies Readonly<Record<Values['provider'], string>>

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
