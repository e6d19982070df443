import { describe, expect, test } from 'vitest'
import { type AzureConfig, readAzureConfig } from './azure-config.ts'
import { readCloudConfig } from './cloud-config.ts'
import { type Texts, told } from './testing/told.ts'
import { UsageError } from './usage.ts'

const read = (texts: Texts): AzureConfig =>
  told(
    'controller',
    { provider: 'azure', clusterName: 'prod', allocateNodeCidrs: false, ...texts },
    readAzureConfig,
  )

describe('what is said', () => {
  test.each<[flags: Texts, config: Partial<AzureConfig> | { wishes: Partial<AzureConfig['wishes']> }]>([
    [{}, { cloudConfig: undefined, routesPerTable: undefined, effectiveMs: undefined, askEffective: false }],
    [{}, { wishes: { credentials: 'auto', routeTables: undefined, resourceGroups: [] } }],
    [{ cloudConfig: '/etc/kubernetes/azure.json' }, { cloudConfig: '/etc/kubernetes/azure.json' }],
    [{ azureResourceGroups: 'a, b' }, { wishes: { resourceGroups: ['a', 'b'] } }],
    [{ routeTables: 'tag' }, { wishes: { routeTables: 'tag' } }],
    [{ routeTables: 'auto' }, { wishes: { routeTables: 'auto' } }],
    [
      { routeTables: 'nodes,/subscriptions/s/…' },
      { wishes: { routeTables: ['nodes', '/subscriptions/s/…'] } },
    ],
    [{ routeTableIds: 'nodes' }, { wishes: { routeTables: ['nodes'] } }],
    [{ extraRouteTableIds: 'control-plane' }, { wishes: { extraRouteTables: ['control-plane'] } }],
    [{ azureCredentials: 'managed-identity' }, { wishes: { credentials: 'managed-identity' } }],
    [{ azureRoutesPerTable: '400' }, { routesPerTable: 400 }],
    [{ azureEffectiveWait: '30s' }, { effectiveMs: 30_000 }],
    [{ azureEffectiveWait: '0s' }, { effectiveMs: 0 }],
    [{ azureAskEffective: true }, { askEffective: true }],
    [{ azureAskEffective: 'false' }, { askEffective: false }],
  ])('%j', (flags, config) => expect(read(flags)).toMatchObject(config))
})

describe('refused, with the flag in the message', () => {
  test.each<[flags: Texts, message: string]>([
    [{ routeTables: 'vpc' }, '--route-tables=vpc: expected tag, auto, or names'],
    [{ routeTables: ',' }, '--route-tables=: expected'],
    [{ routeTables: 'auto', routeTableIds: 'a' }, '--route-tables and --route-table-ids'],
    [
      { azureCredentials: 'password' },
      '--azure-credentials=password: expected one of auto, workload-identity',
    ],
    [{ azureRoutesPerTable: '0' }, '--azure-routes-per-table=0: expected a whole number'],
    [{ azureEffectiveWait: '1h' }, '--azure-effective-wait=1h: expected at most 5m'],
    [{ azureAskEffective: 'maybe' }, '--azure-ask-effective=maybe: expected true or false'],
  ])('%j', (flags, message) => {
    expect(() => read(flags)).toThrow(UsageError)
    expect(() => read(flags)).toThrow(message)
  })
})

test('flags are read as the cloud has them that is meant', () => {
  const named = { clusterName: 'prod', routeTables: ['nodes'] }
  expect(readCloudConfig({ ...named, provider: 'azure' }).azure.wishes.routeTables).toEqual(['nodes'])
  expect(() => readCloudConfig({ ...named, provider: 'aws' })).toThrow('the ids of route tables (rtb-…)')
})
