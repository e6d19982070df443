import type { EC2 } from '@aws-sdk/client-ec2'
import { type Clock, systemClock } from '../kube/clock.ts'
import type { Ec2Api } from '../providers/aws/ec2-api.ts'
import { ApiBudget, type ApiLimits } from '../providers/budget.ts'
import type { BudgetObserver } from '../providers/budget-lane.ts'
import type { AssumedRole } from '../providers/aws/client.ts'
import type { ArmApi } from '../providers/azure/arm-api.ts'
import type { AzureSettings } from '../providers/azure/settings.ts'
import type { GceApi } from '../providers/gcp/gce-api.ts'
import type { Surroundings } from '../providers/gcp/surroundings.ts'
import type { RouteProvider } from '../providers/provider.ts'
import type { CloudConfig } from './cloud-options.ts'

export interface OpenProvider {
  readonly provider: RouteProvider
  /** Lets go of its connections. */
  readonly close: () => void
}

export interface ProviderConfig extends CloudConfig {
  /** Which part of the API's documented rates may be used. {@link defaultApiBudgetShare} unless told. */
  readonly apiBudgetShare?: number
  /** Throws if nothing may be sent to the cloud any more. */
  readonly gate?: () => void
  /** Told of the calls to the cloud's API. */
  readonly observe?: BudgetObserver
}

/** The account is others' too. */
export const defaultApiBudgetShare = 0.8

const openers: Readonly<Record<CloudConfig['provider'], (config: ProviderConfig) => Promise<OpenProvider>>> =
  {
    aws: openAws,
    azure: openAzure,
    gcp: openGcp,
  }

/** Loads the adapter of the configured cloud, and only that: an SDK costs half a second and a hundred megabytes. */
export const openProvider = (config: ProviderConfig): Promise<OpenProvider> =>
  openers[config.provider](config)

async function openAws(config: ProviderConfig): Promise<OpenProvider> {
  const ec2 = await createEc2(config.aws.role)
  return { provider: await awsProviderOf(config, ec2, systemClock), close: () => ec2.destroy() }
}

/** The provider of a client that is made already, within its account's budget. */
export async function awsProviderOf(
  config: ProviderConfig,
  ec2: Ec2Api,
  clock: Clock,
): Promise<RouteProvider> {
  const { aws, clusterName } = config
  const { routesPerTable, ...choices } = aws
  const { awsProvider } = await import('../providers/aws/aws-provider.ts')
  const { ec2Limits } = await import('../providers/aws/limits.ts')
  return awsProvider({
    ec2,
    budget: budgetOf(config, ec2Limits, clock),
    clock,
    clusterName,
    ...choices,
    ...(routesPerTable === undefined ? {} : { routesPerTable }),
  })
}

async function openAzure(config: ProviderConfig): Promise<OpenProvider> {
  const { cloudConfig, wishes } = config.azure
  const { readCloudConfig } = await import('../providers/azure/cloud-config.ts')
  const { settingsOf } = await import('../providers/azure/settings.ts')
  const { createCredential } = await import('../providers/azure/credentials.ts')
  const { createArmClient } = await import('../providers/azure/client.ts')
  const file = cloudConfig === undefined ? {} : await readCloudConfig(cloudConfig)
  const { cloud, credential, ...place } = settingsOf(wishes, file, process.env)
  const arm = createArmClient({
    endpoint: cloud.endpoint,
    credential: createCredential(credential, cloud.authorityHost),
  })
  return {
    provider: await azureProviderOf(config, arm, place, systemClock),
    // The SDK's connections are those of the process.
    close: () => undefined,
  }
}

/** As {@link awsProviderOf}. */
export async function azureProviderOf(
  config: ProviderConfig,
  arm: ArmApi,
  { network, ...choices }: Omit<AzureSettings, 'cloud' | 'credential'>,
  clock: Clock,
): Promise<RouteProvider> {
  const { azure, clusterName } = config
  const { askEffective, effectiveMs, routesPerTable } = azure
  const { azureProvider } = await import('../providers/azure/azure-provider.ts')
  const { armLimits } = await import('../providers/azure/limits.ts')
  return azureProvider({
    arm,
    budget: budgetOf(config, armLimits, clock),
    clock,
    clusterName,
    askEffective,
    ...choices,
    ...(network === undefined ? {} : { network }),
    ...(routesPerTable === undefined ? {} : { routesPerTable }),
    ...(effectiveMs === undefined ? {} : { effectiveMs }),
  })
}

async function openGcp(config: ProviderConfig): Promise<OpenProvider> {
  const { impersonate, networks, project } = config.gcp
  const { findCredentials } = await import('../providers/gcp/credentials.ts')
  const { findSurroundings } = await import('../providers/gcp/surroundings.ts')
  const { createGceClient } = await import('../providers/gcp/client.ts')
  const { endpointOf } = await import('../providers/gcp/endpoint.ts')
  const { env } = process
  const credentials = findCredentials(impersonate === undefined ? {} : { impersonate })
  const around = await findSurroundings({
    credentials,
    networks,
    env,
    ...(project === undefined ? {} : { project }),
  })
  const endpoint = endpointOf(env)
  const client = await createGceClient({
    authorizer: credentials,
    ...(endpoint === undefined ? {} : { endpoint }),
  })
  return {
    provider: await gcpProviderOf(config, client.api, around, systemClock),
    close: () => void client.close(),
  }
}

/** As {@link awsProviderOf}. */
export async function gcpProviderOf(
  config: ProviderConfig,
  gce: GceApi,
  around: Surroundings,
  clock: Clock,
): Promise<RouteProvider> {
  const { clusterName, gcp } = config
  const { priority, routesPerNetwork, tags } = gcp
  const { gcpProvider } = await import('../providers/gcp/gcp-provider.ts')
  const { gceLimits } = await import('../providers/gcp/limits.ts')
  return gcpProvider({
    gce,
    budget: budgetOf(config, gceLimits, clock),
    clock,
    clusterName,
    networks: around.networks,
    instanceProject: around.project,
    tags,
    ...(priority === undefined ? {} : { priority }),
    ...(routesPerNetwork === undefined ? {} : { routesPerNetwork }),
  })
}

type Rates = Pick<ProviderConfig, 'apiBudgetShare' | 'gate' | 'observe'>

/** EC2 as the surroundings name it, within its budget. */
export async function openEc2(
  role: AssumedRole | undefined,
  rates: Rates,
): Promise<{ readonly api: EC2; readonly budget: ApiBudget; readonly close: () => void }> {
  const { ec2Limits } = await import('../providers/aws/limits.ts')
  const api = await createEc2(role)
  return { api, budget: budgetOf(rates, ec2Limits), close: () => api.destroy() }
}

async function createEc2(role: AssumedRole | undefined): Promise<EC2> {
  const { createEc2Client } = await import('../providers/aws/client.ts')
  return createEc2Client(role === undefined ? {} : { role })
}

function budgetOf(
  { apiBudgetShare: share = defaultApiBudgetShare, gate, observe }: Rates,
  limits: ApiLimits,
  clock: Clock = systemClock,
): ApiBudget {
  return new ApiBudget({
    clock,
    limits,
    share,
    ...(gate === undefined ? {} : { gate }),
    ...(observe === undefined ? {} : { observe }),
  })
}
