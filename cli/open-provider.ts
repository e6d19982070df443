import type { EC2 } from '@aws-sdk/client-ec2'
import { type Clock, systemClock } from '../kube/clock.ts'
import type { Ec2Api } from '../providers/aws/ec2-api.ts'
import type { ArmApi } from '../providers/azure/arm-api.ts'
import type { AzureSettings } from '../providers/azure/settings.ts'
import { ApiBudget, type ApiLimits } from '../providers/budget.ts'
import type { BudgetObserver } from '../providers/budget-lane.ts'
import type { AssumedRole } from '../providers/aws/client.ts'
import type { Gce } from '../providers/gcp/call.ts'
import type { GceClient } from '../providers/gcp/client.ts'
import type { GceApi } from '../providers/gcp/gce-api.ts'
import type { Surroundings } from '../providers/gcp/surroundings.ts'
import type { RouteProvider } from '../providers/provider.ts'
import type { CloudConfig } from './cloud-config.ts'
import type { GcpConfig } from './gcp-config.ts'

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
  /** How long one call that writes may take; as the cloud's client says without it. */
  readonly writeTimeoutMs?: number
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
    ...hurryOf(config),
    ...(routesPerTable === undefined ? {} : { routesPerTable }),
  })
}

async function openAzure(config: ProviderConfig): Promise<OpenProvider> {
  const { api, settings } = await createArm(config.azure)
  const { cloud: _cloud, credential: _credential, ...place } = settings
  return {
    provider: await azureProviderOf(config, api, place, systemClock),
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
    ...hurryOf(config),
    ...(network === undefined ? {} : { network }),
    ...(routesPerTable === undefined ? {} : { routesPerTable }),
    ...(effectiveMs === undefined ? {} : { effectiveMs }),
  })
}

async function openGcp(config: ProviderConfig): Promise<OpenProvider> {
  const { around, client } = await createGce(config.gcp)
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
  const { mode, nodePrefixLength, podRanges, tags } = gcp
  const { priority, routesPerNetwork, routesPerPeeringGroup } = gcp
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
    mode,
    podRanges,
    ...hurryOf(config),
    ...(priority === undefined ? {} : { priority }),
    ...(routesPerNetwork === undefined ? {} : { routesPerNetwork }),
    ...(routesPerPeeringGroup === undefined ? {} : { routesPerPeeringGroup }),
    ...(nodePrefixLength === undefined ? {} : { nodePrefixLength }),
  })
}

/** Compute Engine as flags and surroundings name it, within its budget, and where in it the cluster is. */
export async function openGce(
  gcp: GcpConfig,
  rates: Rates,
): Promise<{ readonly gce: Gce; readonly around: Surroundings; readonly close: () => void }> {
  const { gceLimits } = await import('../providers/gcp/limits.ts')
  const { around, client } = await createGce(gcp)
  const gce = { api: client.api, budget: budgetOf(rates, gceLimits), clock: systemClock }
  return { gce, around, close: () => void client.close() }
}

async function createGce({
  impersonate,
  networks,
  project,
}: GcpConfig): Promise<{ readonly client: GceClient; readonly around: Surroundings }> {
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
  return { client, around }
}

const hurryOf = ({ writeTimeoutMs }: ProviderConfig): { readonly writeTimeoutMs?: number } =>
  writeTimeoutMs === undefined ? {} : { writeTimeoutMs }

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

/** Azure Resource Manager as flags, cloud configuration and environment name it, within its budget. */
export async function openArm(
  azure: CloudConfig['azure'],
  rates: Rates,
): Promise<{ readonly api: ArmApi; readonly budget: ApiBudget; readonly settings: AzureSettings }> {
  const { armLimits } = await import('../providers/azure/limits.ts')
  return { ...(await createArm(azure)), budget: budgetOf(rates, armLimits) }
}

async function createArm({
  cloudConfig,
  wishes,
}: CloudConfig['azure']): Promise<{ readonly api: ArmApi; readonly settings: AzureSettings }> {
  const { readCloudConfig } = await import('../providers/azure/cloud-config.ts')
  const { settingsOf } = await import('../providers/azure/settings.ts')
  const { createCredential } = await import('../providers/azure/credentials.ts')
  const { createArmClient } = await import('../providers/azure/client.ts')
  const file = cloudConfig === undefined ? {} : await readCloudConfig(cloudConfig)
  const settings = settingsOf(wishes, file, process.env)
  const { authorityHost, endpoint } = settings.cloud
  const credential = createCredential(settings.credential, authorityHost)
  return { api: createArmClient({ endpoint, credential }), settings }
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
