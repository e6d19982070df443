import type { RouteProvider } from '../providers/provider.ts'
import type { ControllerConfig } from './controller-config.ts'

export interface OpenProvider {
  readonly provider: RouteProvider
  /** Lets go of its connections. */
  readonly close: () => void
}

const openers: Readonly<
  Record<ControllerConfig['provider'], (config: ControllerConfig) => Promise<OpenProvider>>
> = {
  aws: openAws,
}

/** Loads the adapter of the configured cloud, and only that: an SDK costs half a second and a hundred megabytes. */
export const openProvider = (config: ControllerConfig): Promise<OpenProvider> =>
  openers[config.provider](config)

async function openAws({ clusterName, routeTableIds }: ControllerConfig): Promise<OpenProvider> {
  const { createEc2Client } = await import('../providers/aws/client.ts')
  const { awsProvider } = await import('../providers/aws/aws-provider.ts')
  const ec2 = await createEc2Client()
  return {
    provider: awsProvider({ ec2, clusterName, ...(routeTableIds === undefined ? {} : { routeTableIds }) }),
    close: () => ec2.destroy(),
  }
}
