import { readFile } from 'node:fs/promises'
import { YAMLException, load } from 'js-yaml'
import { ProviderError } from '../errors.ts'

/**
 * What podway reads of the file that a cluster has for Kubernetes' cloud provider for Azure (`/etc/kubernetes/azure.json`).
 * Source: https://cloud-provider-azure.sigs.k8s.io/install/configs/
 */
export interface CloudConfigFile {
  readonly cloud?: string
  readonly resourceManagerEndpoint?: string
  readonly tenantId?: string
  readonly subscriptionId?: string
  readonly resourceGroup?: string
  /** Of the network, where it is another one. */
  readonly networkResourceSubscriptionID?: string
  readonly vnetName?: string
  readonly vnetResourceGroup?: string
  readonly routeTableName?: string
  readonly routeTableResourceGroup?: string
  readonly aadClientId?: string
  readonly aadClientSecret?: string
  readonly aadClientCertPath?: string
  readonly aadClientCertPassword?: string
  readonly aadFederatedTokenFile?: string
  readonly userAssignedIdentityID?: string
  readonly useManagedIdentityExtension?: boolean
  readonly useFederatedWorkloadIdentityExtension?: boolean
}

const texts = [
  'cloud',
  'resourceManagerEndpoint',
  'tenantId',
  'subscriptionId',
  'resourceGroup',
  'networkResourceSubscriptionID',
  'vnetName',
  'vnetResourceGroup',
  'routeTableName',
  'routeTableResourceGroup',
  'aadClientId',
  'aadClientSecret',
  'aadClientCertPath',
  'aadClientCertPassword',
  'aadFederatedTokenFile',
  'userAssignedIdentityID',
] as const satisfies readonly (keyof CloudConfigFile)[]

const switches = [
  'useManagedIdentityExtension',
  'useFederatedWorkloadIdentityExtension',
] as const satisfies readonly (keyof CloudConfigFile)[]

/** @throws ProviderError `fatal` for a file that can't be read, or makes no sense; what it holds is in no message */
export async function readCloudConfig(path: string): Promise<CloudConfigFile> {
  try {
    return parseCloudConfig(await readFile(path, 'utf8'))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ProviderError('fatal', `the cloud configuration ${path} can't be read: ${why}`, {
      code: 'CloudConfigUnreadable',
      cause,
    })
  }
}

/**
 * JSON or YAML, with any other fields besides: the file is others' too. Names differ by more than case, as Go's JSON has
 * it; an empty text is none.
 * @throws Error without any value of the file: there are secrets in it
 */
export function parseCloudConfig(text: string): CloudConfigFile {
  const fields = new Map<string, unknown>(
    Object.entries(objectIn(text)).map(([name, value]) => [name.toLowerCase(), value as unknown]),
  )
  const found = texts.flatMap((name) => {
    const value = fields.get(name.toLowerCase())
    if (value === undefined || value === null || value === '') return []
    if (typeof value !== 'string') throw new Error(`${name} is no text`)
    return [[name, value] as const]
  })
  const set = switches.flatMap((name) => {
    const value = fields.get(name.toLowerCase())
    if (value === undefined || value === null) return []
    if (typeof value !== 'boolean') throw new Error(`${name} is neither true nor false`)
    return [[name, value] as const]
  })
  return Object.fromEntries<string | boolean>([...found, ...set])
}

function objectIn(text: string): object {
  let value: unknown
  try {
    value = load(text)
  } catch (error) {
    // Its message quotes the file, and even its reason may.
    const where = error instanceof YAMLException ? ` (line ${(error.mark?.line ?? 0) + 1})` : ''
    // eslint-disable-next-line preserve-caught-error -- the cause quotes the file, which holds secrets
    throw new Error(`it is neither JSON nor YAML${where}`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new Error('it holds no object')
}
