import { systemClock } from '../kube/clock.ts'
import { ApiBudget, type ApiLimits } from '../providers/budget.ts'
import type { BudgetObserver } from '../providers/budget-lane.ts'
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
    gcp: openGcp,
  }

/** Loads the adapter of the configured cloud, and only that: an SDK costs half a second and a hundred megabytes. */
export const openProvider = (config: ProviderConfig): Promise<OpenProvider> =>
  openers[config.provider](config)

async function openAws(config: ProviderConfig): Promise<OpenProvider> {
  const { aws, clusterName } = config
  const { routesPerTable, ...choices } = aws
  const { createEc2Client } = await import('../providers/aws/client.ts')
  const { awsProvider } = await import('../providers/aws/aws-provider.ts')
  const { ec2Limits } = await import('../providers/aws/limits.ts')
  const ec2 = await createEc2Client()
  const budget = budgetOf(config, ec2Limits)
  return {
    provider: awsProvider({
      ec2,
      budget,
      clock: systemClock,
      clusterName,
      ...choices,
      ...(routesPerTable === undefined ? {} : { routesPerTable }),
    }),
    close: () => ec2.destroy(),
  }
}

async function openGcp(config: ProviderConfig): Promise<OpenProvider> {
  const { clusterName, gcp } = config
  const { impersonate, networks, priority, project, routesPerNetwork, tags } = gcp
  const { findCredentials } = await import('../providers/gcp/credentials.ts')
  const { findSurroundings } = await import('../providers/gcp/surroundings.ts')
  const { createGceClient } = await import('../providers/gcp/client.ts')
  const { endpointOf } = await import('../providers/gcp/endpoint.ts')
  const { gcpProvider } = await import('../providers/gcp/gcp-provider.ts')
  const { gceLimits } = await import('../providers/gcp/limits.ts')
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
    provider: gcpProvider({
      gce: client.api,
      budget: budgetOf(config, gceLimits),
      clock: systemClock,
      clusterName,
      networks: around.networks,
      instanceProject: around.project,
      tags,
      ...(priority === undefined ? {} : { priority }),
      ...(routesPerNetwork === undefined ? {} : { routesPerNetwork }),
    }),
    close: () => void client.close(),
  }
}

function budgetOf(config: ProviderConfig, limits: ApiLimits): ApiBudget {
  const { gate, observe, apiBudgetShare: share = defaultApiBudgetShare } = config
  return new ApiBudget({
    clock: systemClock,
    limits,
    share,
    ...(gate === undefined ? {} : { gate }),
    ...(observe === undefined ? {} : { observe }),
  })
}
