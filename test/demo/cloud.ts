import { EC2 } from '@aws-sdk/client-ec2'
import { createEc2Simulator } from '../simulators/ec2/ec2-simulator.ts'
import { serve } from '../simulators/http-server.ts'
import type { LocalStackInstall } from '../localstack/install.ts'
import { startLocalStack } from '../localstack/server.ts'
import type { DemoOptions } from './options.ts'

/** An EC2 API that runs in the world, and how to reach it as anyone would. */
export interface Cloud {
  /** What AWS's own tools read from the environment. */
  readonly env: Readonly<Record<string, string>>
  readonly ec2: EC2
  /** Processes that belong to it. */
  readonly pids: readonly number[]
  close(): Promise<void>
}

const region = 'us-east-1'

/** Where LocalStack is, for when it is wanted, and where it may write. */
export interface LocalStackPlace {
  readonly install: LocalStackInstall | undefined
  readonly dataDir: string
}

/** Starts the API. */
export async function startCloud(
  cloud: DemoOptions['cloud'],
  { install, dataDir }: LocalStackPlace,
): Promise<Cloud> {
  switch (cloud) {
    case 'simulator': {
      const server = await serve(createEc2Simulator({ region }))
      return connect(server.url, [], () => server.close())
    }
    case 'localstack': {
      if (install === undefined)
        throw new Error('LocalStack is not installed: start the demo by "npm run demo"')
      const server = await startLocalStack(install, { dataDir })
      return connect(server.url, [server.pid], () => server.stop())
    }
  }
}

function connect(url: string, pids: readonly number[], close: () => Promise<void>): Cloud {
  const credentials = { accessKeyId: 'demo', secretAccessKey: 'demo' }
  const ec2 = new EC2({ endpoint: url, region, credentials })
  return {
    env: {
      AWS_ENDPOINT_URL_EC2: url,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      // There is no instance metadata service here, and nobody should wait for it.
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    ec2,
    pids,
    close: async () => {
      ec2.destroy()
      await close()
    },
  }
}
