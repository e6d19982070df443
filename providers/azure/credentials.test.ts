import { describe, expect, test } from 'vitest'
import { type CloudConfigFile, parseCloudConfig, readCloudConfig } from './cloud-config.ts'
import type { CredentialKind } from './credential-kinds.ts'
import { type CredentialChoice, chooseCredential, createCredential } from './credentials.ts'

const principal: CloudConfigFile = { tenantId: 't', aadClientId: 'c', aadClientSecret: 's' }

test.each<[kind: CredentialKind, file: CloudConfigFile, choice: CredentialChoice]>([
  ['auto', {}, { by: 'default', tenantId: undefined }],
  ['auto', { tenantId: 't' }, { by: 'default', tenantId: 't' }],
  ['auto', principal, { by: 'service-principal', tenantId: 't', clientId: 'c', proof: { secret: 's' } }],
  [
    'auto',
    { tenantId: 't', aadClientId: 'c', aadClientCertPath: '/c.pem', aadClientCertPassword: 'p' },
    {
      by: 'service-principal',
      tenantId: 't',
      clientId: 'c',
      proof: { certificatePath: '/c.pem', certificatePassword: 'p' },
    },
  ],
  [
    'auto',
    { ...principal, useManagedIdentityExtension: true },
    { by: 'managed-identity', identity: undefined },
  ],
  // As AKS writes it.
  [
    'auto',
    {
      tenantId: 't',
      aadClientId: 'msi',
      aadClientSecret: 'msi',
      useManagedIdentityExtension: true,
      userAssignedIdentityID: 'u',
    },
    { by: 'managed-identity', identity: 'u' },
  ],
  ['auto', { tenantId: 't', aadClientId: 'msi', aadClientSecret: 'msi' }, { by: 'default', tenantId: 't' }],
  [
    'auto',
    {
      tenantId: 't',
      aadClientId: 'c',
      useFederatedWorkloadIdentityExtension: true,
      aadFederatedTokenFile: '/token',
    },
    { by: 'workload-identity', tenantId: 't', clientId: 'c', tokenFilePath: '/token' },
  ],
  [
    'workload-identity',
    {},
    { by: 'workload-identity', tenantId: undefined, clientId: undefined, tokenFilePath: undefined },
  ],
  ['service-principal', {}, { by: 'environment' }],
  ['cli', { tenantId: 't' }, { by: 'cli', tenantId: 't' }],
])('%s with %j', (kind, file, choice) => expect(chooseCredential(kind, file)).toEqual(choice))

test.each<CredentialChoice>([
  { by: 'managed-identity', identity: undefined },
  {
    by: 'managed-identity',
    identity:
      '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i',
  },
  { by: 'service-principal', tenantId: 't', clientId: 'c', proof: { secret: 's' } },
  {
    by: 'service-principal',
    tenantId: 't',
    clientId: 'c',
    proof: { certificatePath: '/c.pem', certificatePassword: undefined },
  },
  { by: 'workload-identity', tenantId: 't', clientId: 'c', tokenFilePath: '/token' },
  { by: 'cli', tenantId: undefined },
  { by: 'environment' },
  { by: 'default', tenantId: undefined },
])('$by can give tokens', (choice) => {
  expect(createCredential(choice, 'https://login.microsoftonline.com')).toHaveProperty('getToken')
})

test('what is missing to begin with is fatal', () => {
  const choice = {
    by: 'workload-identity',
    tenantId: undefined,
    clientId: undefined,
    tokenFilePath: undefined,
  } as const
  expect(() => createCredential(choice, 'https://login.microsoftonline.com')).toThrow(
    expect.objectContaining({ class: 'fatal', code: 'CredentialsMissing' }) as Error,
  )
})

describe('the cloud configuration', () => {
  test('JSON as kubeadm clusters have it, with fields that are of no concern here', () => {
    const text = JSON.stringify({
      ...principal,
      location: 'westeurope',
      loadBalancerSku: 'Standard',
      cloudProviderBackoff: true,
      resourceGroup: '',
    })
    expect(parseCloudConfig(text)).toEqual(principal)
  })

  test('YAML, and any case of names', () => {
    expect(parseCloudConfig('SubscriptionID: s\nuseManagedIdentityExtension: true\n')).toEqual({
      subscriptionId: 's',
      useManagedIdentityExtension: true,
    })
  })

  test.each([
    ['"aadClientSecret": "s3cret', 'neither JSON nor YAML (line'],
    ['aadClientSecret: [s3cret]', 'aadClientSecret is no text'],
    ['useManagedIdentityExtension: s3cret', 'useManagedIdentityExtension is neither true nor false'],
    ['s3cret', 'it holds no object'],
    ['aadClientSecret: *s3cret', '(line 1)'],
    ['a: "s3cret"\n b: s3cret', '(line 2)'],
  ])('%j is refused, and what it holds is not told', (text, why) => {
    expect(() => parseCloudConfig(text)).toThrow(why)
    try {
      parseCloudConfig(text)
    } catch (error) {
      expect(`${String(error)} ${String((error as Error).cause)}`).not.toContain('s3cret')
    }
  })

  test('a file that is not there', async () => {
    await expect(readCloudConfig('/nowhere/azure.json')).rejects.toMatchObject({
      class: 'fatal',
      message: expect.stringContaining('/nowhere/azure.json') as unknown,
    })
  })
})
