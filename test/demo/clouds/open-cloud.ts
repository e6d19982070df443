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

/** Starts the cloud's API, and makes the network there. */
export function openCloud(cloud: DemoOptions['cloud'], place: CloudPlace): Promise<DemoCloud> {
  switch (cloud) {
    case 'simulator':
      return simulatedAws()
    case 'localstack':
      return localStackAws(place.localStack, join(place.scratch, 'localstack'))
    case 'gcp':
      return simulatedGcp()
    case 'azure':
      return simulatedAzure(place.scratch)
  }
}
