import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  type SimulatedAzure,
  createSimulatedAzure,
  group,
  subscription,
} from '../test/conformance/simulated-azure.ts'
import { readCloudConfig } from './cloud-config.ts'
import { openProvider } from './open-provider.ts'

const signal = new AbortController().signal
let world: SimulatedAzure
let folder: string

beforeEach(async () => {
  world = await createSimulatedAzure()
  folder = mkdtempSync(join(tmpdir(), 'podway-azure-'))
  vi.stubEnv('AZURE_AUTHORITY_HOST', 'https://login.example')
  vi.stubEnv('AZURE_SUBSCRIPTION_ID', undefined)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
  await world.close()
})

function cloudConfig(fields: object): string {
  const path = join(folder, 'azure.json')
  writeFileSync(
    path,
    JSON.stringify({ cloud: 'AzureStackCloud', resourceManagerEndpoint: world.url, ...fields }),
  )
  return path
}

/** As the Azure CLI answers who is logged in. */
function logIn(): void {
  const program = join(folder, 'az')
  const answer = {
    accessToken: 'BY-CLI',
    expires_on: Math.floor(Date.now() / 1000) + 3600,
    tokenType: 'Bearer',
  }
  writeFileSync(program, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`)
  chmodSync(program, 0o755)
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`)
}

test('an existing cluster’s azure.json, and the login of the Azure CLI: the table that the file names is read', async () => {
  logIn()
  const table = await world.addTable('nodes')
  const flags = {
    provider: 'azure' as const,
    clusterName: 'prod',
    cloudConfig: cloudConfig({ subscriptionId: subscription, resourceGroup: group, routeTableName: 'nodes' }),
    azureCredentials: 'cli' as const,
  }
  const { close, provider } = await openProvider(readCloudConfig(flags))
  expect([provider.name, await provider.tables(signal)]).toEqual(['azure', [table]])
  expect(await provider.list(table, signal)).toEqual({ routes: [] })
  expect(world.simulator.calls.at(-1)).toMatchObject({
    token: 'BY-CLI',
    operation: 'RouteTables_Get',
    status: 200,
  })
  close()
})

test('what is missing ends the program with a word on where to say it', async () => {
  const flags = { provider: 'azure' as const, clusterName: 'prod', cloudConfig: cloudConfig({}) }
  await expect(openProvider(readCloudConfig(flags))).rejects.toMatchObject({
    class: 'fatal',
    message: expect.stringContaining('--azure-subscription') as unknown,
  })
})

test('a budget that may send nothing more: nothing is sent', async () => {
  logIn()
  const flags = {
    provider: 'azure' as const,
    clusterName: 'prod',
    cloudConfig: cloudConfig({ subscriptionId: subscription, resourceGroup: group }),
    azureCredentials: 'cli' as const,
  }
  const gate = (): never => {
    throw new Error('the lease is lost')
  }
  const { provider } = await openProvider({ ...readCloudConfig(flags), gate })
  await expect(provider.tables(signal)).rejects.toThrow('the lease is lost')
  expect(world.simulator.calls.filter(({ token }) => token === 'BY-CLI')).toEqual([])
})
