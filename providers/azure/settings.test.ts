import { describe, expect, test } from 'vitest'
import type { CloudConfigFile } from './cloud-config.ts'
import { type AzureEnvironment, type AzureSettings, type AzureWishes, settingsOf } from './settings.ts'

const nothing: AzureWishes = {
  cloud: undefined,
  subscription: undefined,
  resourceGroups: [],
  routeTableResourceGroups: [],
  routeTables: undefined,
  extraRouteTables: [],
  credentials: 'auto',
}
/** As kubeadm clusters with Kubernetes' cloud provider for Azure have it. */
const file: CloudConfigFile = {
  cloud: 'AzurePublicCloud',
  tenantId: 'T',
  subscriptionId: 'SUB',
  resourceGroup: 'Nodes',
  vnetName: 'Net',
  vnetResourceGroup: 'Shared',
  routeTableName: 'Table',
  useManagedIdentityExtension: true,
  userAssignedIdentityID: 'client',
}
const group = (subscription: string, name: string) => `/subscriptions/${subscription}/resourcegroups/${name}`
const table = (where: string, name: string) => `${where}/providers/microsoft.network/routetables/${name}`

test('an existing cluster’s file says it all', () => {
  expect(settingsOf(nothing, file, {})).toEqual({
    cloud: { endpoint: 'https://management.azure.com', authorityHost: 'https://login.microsoftonline.com' },
    credential: { by: 'managed-identity', identity: 'client' },
    routeTables: [table(group('sub', 'nodes'), 'table')],
    extraRouteTableIds: [],
    tableGroups: [group('sub', 'nodes')],
    nodeGroups: [group('sub', 'nodes')],
    network: `${group('sub', 'shared')}/providers/microsoft.network/virtualnetworks/net`,
  })
})

describe('who says what', () => {
  test.each<
    [
      what: string,
      wishes: Partial<AzureWishes>,
      file: CloudConfigFile,
      environment: AzureEnvironment,
      expected: Partial<AzureSettings>,
    ]
  >([
    [
      'flags go before the file',
      { subscription: 'other', resourceGroups: ['a', 'b'], routeTables: 'auto' },
      file,
      {},
      {
        routeTables: 'auto',
        tableGroups: [group('other', 'a')],
        nodeGroups: [group('other', 'a'), group('other', 'b')],
      },
    ],
    [
      'the file before the environment',
      {},
      file,
      { AZURE_SUBSCRIPTION_ID: 'env' },
      { nodeGroups: [group('sub', 'nodes')] },
    ],
    [
      'the environment where nobody else does',
      { resourceGroups: ['a'] },
      {},
      { AZURE_SUBSCRIPTION_ID: 'env' },
      {
        routeTables: 'tag',
        tableGroups: [group('env', 'a')],
        network: undefined,
      },
    ],
    [
      'a network of another subscription',
      {},
      { ...file, networkResourceSubscriptionID: 'NET', routeTableResourceGroup: 'RT' },
      {},
      {
        routeTables: [table(group('net', 'rt'), 'table')],
        tableGroups: [group('net', 'rt')],
        nodeGroups: [group('sub', 'nodes')],
      },
    ],
    [
      'tables by name and by id',
      { routeTables: ['One', table(group('X', 'Y'), 'Z')], extraRouteTables: ['Two'] },
      file,
      {},
      {
        routeTables: [table(group('sub', 'nodes'), 'one'), table(group('x', 'y'), 'z')],
        extraRouteTableIds: [table(group('sub', 'nodes'), 'two')],
      },
    ],
    [
      'resource groups of several subscriptions',
      {
        resourceGroups: ['a', '/subscriptions/Two/resourceGroups/B'],
        routeTableResourceGroups: ['/subscriptions/Three/resourceGroups/C', 'd'],
        extraRouteTables: ['Table'],
      },
      { subscriptionId: 'one' },
      {},
      {
        nodeGroups: [group('one', 'a'), group('two', 'b')],
        tableGroups: [group('three', 'c'), group('one', 'd')],
        extraRouteTableIds: [table(group('three', 'c'), 'table')],
      },
    ],
    [
      'tables by id need no resource group',
      { subscription: 's', routeTables: [table(group('x', 'y'), 'z')] },
      {},
      {},
      { tableGroups: [], nodeGroups: [] },
    ],
    [
      'a sovereign cloud',
      { cloud: 'AzureUSGovernmentCloud' },
      file,
      {},
      {
        cloud: {
          endpoint: 'https://management.usgovcloudapi.net',
          authorityHost: 'https://login.microsoftonline.us',
        },
      },
    ],
    [
      'a cloud of one’s own',
      {},
      { ...file, cloud: 'AzureStackCloud', resourceManagerEndpoint: 'https://management.stack.example/' },
      { AZURE_AUTHORITY_HOST: 'https://login.stack.example' },
      {
        cloud: { endpoint: 'https://management.stack.example', authorityHost: 'https://login.stack.example' },
      },
    ],
  ])('%s', (_what, wishes, cloudConfig, environment, expected) => {
    expect(settingsOf({ ...nothing, ...wishes }, cloudConfig, environment)).toMatchObject(expected)
  })
})

test.each<[wishes: Partial<AzureWishes>, file: CloudConfigFile, message: string]>([
  [{}, {}, 'which subscription is not known: say it by --azure-subscription'],
  [
    { subscription: 's' },
    {},
    'which resource group of the route tables is not known: say it by --azure-resource-groups',
  ],
  [{ subscription: 's', routeTables: ['name'] }, {}, 'which resource group of the route tables'],
  [{ resourceGroups: ['/subscriptions/x/prod'] }, file, 'resource group "/subscriptions/x/prod": expected'],
  [
    { cloud: 'AzureMoonCloud' },
    file,
    'cloud "AzureMoonCloud" is not known: expected one of AzurePublicCloud',
  ],
  [
    {},
    { ...file, resourceManagerEndpoint: 'http://plain.example' },
    'is no https:// address: a token is sent there',
  ],
])('%j with %j: fatal', (wishes, cloudConfig, message) => {
  expect(() => settingsOf({ ...nothing, ...wishes }, cloudConfig, {})).toThrow(
    expect.objectContaining({
      class: 'fatal',
      message: expect.stringContaining(message) as unknown,
    }) as Error,
  )
})
