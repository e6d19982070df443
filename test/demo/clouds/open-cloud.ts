import { join } from 'node:path'
import type { LocalStackInstall } from '../../localstack/install.ts'
import type { DemoOptions } from '../options.ts'
import { localStackAws, simulatedAws } from './aws.ts'
import { simulatedAzure } from './azure.ts'
import type { DemoCloud } from './demo-cloud.ts'
import { simulatedGcp } from './gcp.ts'

/** Where LocalStack is, for when it is wanted, and a folder to write to. */
export interface CloudPlace {
  readonly localStack: LocalStackInstall | undefined
  readonly scratch: string
}

/** What {@link openCloud} makes, in a line. */
export const cloudTitles: Readonly<Record<DemoOptions['cloud'], string>> = {
  simulator: 'EC2 API (simulator): a VPC, three subnets, three route tables',
  localstack: 'EC2 API (LocalStack): a VPC, three subnets, three route tables',
  gcp: 'Compute Engine API (simulator): a network, three subnets in two regions',
  azure: 'Azure Resource Manager (simulator): a virtual network, three subnets, three route tables',
}

/** Starts the cloud's API, and makes the network there. */
export function openCloud(
  { cloud, gcpMode }: Pick<DemoOptions, 'cloud' | 'gcpMode'>,
  place: CloudPlace,
): Promise<DemoCloud> {
  switch (cloud) {
    case 'simulator':
      return simulatedAws()
    case 'localstack':
      return localStackAws(place.localStack, join(place.scratch, 'localstack'))
    case 'gcp':
      return simulatedGcp(gcpMode)
    case 'azure':
      return simulatedAzure(place.scratch)
  }
}
