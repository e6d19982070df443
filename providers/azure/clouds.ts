import { ProviderError } from '../errors.ts'

/** Where a cloud of Azure's kind answers. */
export interface AzureCloud {
  /** Of Azure Resource Manager. */
  readonly endpoint: string
  /** Of whoever issues tokens. */
  readonly authorityHost: string
}

/** By the names that Kubernetes' cloud provider for Azure has for them. */
const clouds: Readonly<Record<string, AzureCloud>> = {
  azurepubliccloud: {
    endpoint: 'https://management.azure.com',
    authorityHost: 'https://login.microsoftonline.com',
  },
  azurecloud: {
    endpoint: 'https://management.azure.com',
    authorityHost: 'https://login.microsoftonline.com',
  },
  azureusgovernmentcloud: {
    endpoint: 'https://management.usgovcloudapi.net',
    authorityHost: 'https://login.microsoftonline.us',
  },
  azureusgovernment: {
    endpoint: 'https://management.usgovcloudapi.net',
    authorityHost: 'https://login.microsoftonline.us',
  },
  azurechinacloud: {
    endpoint: 'https://management.chinacloudapi.cn',
    authorityHost: 'https://login.chinacloudapi.cn',
  },
}

export const cloudNames = ['AzurePublicCloud', 'AzureUSGovernmentCloud', 'AzureChinaCloud'] as const

/**
 * @param own `resourceManagerEndpoint` of the configuration and `AZURE_AUTHORITY_HOST`, which go first: of a cloud that has
 * no name here
 * @throws ProviderError `fatal` for a name that is not known, and an endpoint that is none
 */
export function cloudOf(name: string, own: Partial<AzureCloud>): AzureCloud {
  const known = clouds[name.toLowerCase()]
  const endpoint = own.endpoint ?? known?.endpoint
  const authorityHost = own.authorityHost ?? known?.authorityHost
  if (endpoint === undefined || authorityHost === undefined)
    throw new ProviderError(
      'fatal',
      `cloud ${JSON.stringify(name)} is not known: expected one of ${cloudNames.join(', ')}, or resourceManagerEndpoint in the cloud configuration together with AZURE_AUTHORITY_HOST`,
      { code: 'UnknownCloud' },
    )
  for (const url of [endpoint, authorityHost])
    if (!url.startsWith('https://') || !URL.canParse(url))
      throw new ProviderError(
        'fatal',
        `${JSON.stringify(url)} is no https:// address: a token is sent there`,
        {
          code: 'BadEndpoint',
        },
      )
  return { endpoint: endpoint.replace(/\/+$/, ''), authorityHost }
}
