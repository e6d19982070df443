import {
  AzureCliCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  DefaultAzureCredential,
  EnvironmentCredential,
  ManagedIdentityCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from '@azure/identity'
import { ProviderError } from '../errors.ts'
import type { CloudConfigFile } from './cloud-config.ts'
import type { CredentialKind } from './credential-kinds.ts'

/** Who podway is to Azure. What is left out, the SDK takes from its environment variables. */
export type CredentialChoice =
  | {
      readonly by: 'workload-identity'
      readonly tenantId: string | undefined
      readonly clientId: string | undefined
      readonly tokenFilePath: string | undefined
    }
  | { readonly by: 'managed-identity'; readonly identity: string | undefined }
  | {
      readonly by: 'service-principal'
      readonly tenantId: string
      readonly clientId: string
      readonly proof:
        | { readonly secret: string }
        | { readonly certificatePath: string; readonly certificatePassword: string | undefined }
    }
  /** A service principal by `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET` or `AZURE_CLIENT_CERTIFICATE_PATH`. */
  | { readonly by: 'environment' }
  | { readonly by: 'cli'; readonly tenantId: string | undefined }
  /** What there is: environment, workload identity, managed identity, CLI. */
  | { readonly by: 'default'; readonly tenantId: string | undefined }

/** `auto`: as the cluster's cloud configuration has it, else whatever there is. */
export function chooseCredential(kind: CredentialKind, file: CloudConfigFile): CredentialChoice {
  const { aadClientId, tenantId } = file
  switch (kind) {
    case 'workload-identity':
      return {
        by: kind,
        tenantId,
        clientId: clientIdOf(aadClientId),
        tokenFilePath: file.aadFederatedTokenFile,
      }
    case 'managed-identity':
      return { by: kind, identity: file.userAssignedIdentityID }
    case 'service-principal':
      return servicePrincipal(file) ?? { by: 'environment' }
    case 'cli':
      return { by: kind, tenantId }
    case 'auto':
      if (file.useFederatedWorkloadIdentityExtension === true)
        return chooseCredential('workload-identity', file)
      if (file.useManagedIdentityExtension === true) return chooseCredential('managed-identity', file)
      return servicePrincipal(file) ?? { by: 'default', tenantId }
  }
}

/** AKS writes `msi` where there is no service principal. */
const clientIdOf = (text: string | undefined): string | undefined => (text === 'msi' ? undefined : text)

function servicePrincipal(file: CloudConfigFile): CredentialChoice | undefined {
  const { aadClientCertPassword, aadClientCertPath, aadClientSecret, tenantId } = file
  const clientId = clientIdOf(file.aadClientId)
  if (tenantId === undefined || clientId === undefined) return undefined
  if (aadClientCertPath !== undefined)
    return {
      by: 'service-principal',
      tenantId,
      clientId,
      proof: { certificatePath: aadClientCertPath, certificatePassword: aadClientCertPassword },
    }
  if (aadClientSecret === undefined || aadClientSecret === 'msi') return undefined
  return { by: 'service-principal', tenantId, clientId, proof: { secret: aadClientSecret } }
}

/** @throws ProviderError `fatal` if what the SDK needs to begin with is not there. All else shows at the first call. */
export function createCredential(choice: CredentialChoice, authorityHost: string): TokenCredential {
  try {
    return create(choice, authorityHost)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n', 1).join() : String(cause)
    throw new ProviderError('fatal', `no Azure credentials by ${choice.by}: ${why}`, {
      code: 'CredentialsMissing',
      cause,
    })
  }
}

function create(choice: CredentialChoice, authorityHost: string): TokenCredential {
  const options = { authorityHost }
  switch (choice.by) {
    case 'workload-identity': {
      const { clientId, tenantId, tokenFilePath } = choice
      return new WorkloadIdentityCredential({
        ...options,
        ...(clientId !== undefined && { clientId }),
        ...(tenantId !== undefined && { tenantId }),
        ...(tokenFilePath !== undefined && { tokenFilePath }),
      })
    }
    case 'managed-identity': {
      const { identity } = choice
      if (identity === undefined) return new ManagedIdentityCredential()
      return identity.startsWith('/')
        ? new ManagedIdentityCredential({ resourceId: identity })
        : new ManagedIdentityCredential({ clientId: identity })
    }
    case 'service-principal': {
      const { clientId, proof, tenantId } = choice
      if ('secret' in proof) return new ClientSecretCredential(tenantId, clientId, proof.secret, options)
      const { certificatePassword, certificatePath } = proof
      return new ClientCertificateCredential(
        tenantId,
        clientId,
        { certificatePath, ...(certificatePassword !== undefined && { certificatePassword }) },
        options,
      )
    }
    case 'environment':
      return new EnvironmentCredential(options)
    case 'cli':
      return new AzureCliCredential(choice.tenantId === undefined ? {} : { tenantId: choice.tenantId })
    case 'default':
      return new DefaultAzureCredential({
        ...options,
        ...(choice.tenantId !== undefined && { tenantId: choice.tenantId }),
      })
  }
}
