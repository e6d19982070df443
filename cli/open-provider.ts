import { type Clock, systemClock } from '../kube/clock.ts'
import type { Ec2Api } from '../providers/aws/ec2-api.ts'
import { ApiBudget } from '../providers/budget.ts'
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
  }

/** Loads the adapter of the configured cloud, and only that: an SDK costs half a second and a hundred megabytes. */
export const openProvider = (config: ProviderConfig): Promise<OpenProvider> =>
  openers[config.provider](config)

async function openAws(config: ProviderConfig): Promise<OpenProvider> {
  const { createEc2Client } = await import('../providers/aws/client.ts')
  const ec2 = await createEc2Client()
  const provider = await awsProviderOf(config, ec2, systemClock)
  return { provider, close: () => ec2.destroy() }
}

/** The provider of a client that is made already, within its account's budget. */
export async function awsProviderOf(
  config: ProviderConfig,
  ec2: Ec2Api,
  clock: Clock,
): Promise<RouteProvider> {
  const { aws, clusterName, gate, observe, apiBudgetShare: share = defaultApiBudgetShare } = config
  const { routesPerTable, ...choices } = aws
  const { awsProvider } = await import('../providers/aws/aws-provider.ts')
  const { ec2Limits } = await import('../providers/aws/limits.ts')
  const budget = new ApiBudget({
    clock,
    limits: ec2Limits,
    share,
    ...(gate === undefined ? {} : { gate }),
    ...(observe === undefined ? {} : { observe }),
  })
  return awsProvider({
    ec2,
    budget,
    clock,
    clusterName,
    ...choices,
    ...(routesPerTable === undefined ? {} : { routesPerTable }),
  })
}
