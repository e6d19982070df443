import { systemClock } from '../../../kube/clock.ts'
import type { ExaminationTools } from '../../../providers/examined.ts'
import type { ExplainWay } from '../../../providers/path.ts'
import { openArm, openEc2, openGce } from '../../open-provider.ts'
import type { PathCloudConfig } from './path-config.ts'

/** A cloud that can be asked. */
export interface PathCloud {
  readonly explainWay: (tools: Pick<ExaminationTools, 'attempt'>) => ExplainWay
  /** Lets go of its connections. */
  readonly close: () => void
}

/** Loads its adapter, and asks nobody yet. */
export function openPathCloud(config: PathCloudConfig): Promise<PathCloud> {
  switch (config.provider) {
    case 'aws':
      return openAws(config)
    case 'gcp':
      return openGcp(config)
    case 'azure':
      return openAzure(config)
  }
}

async function openAws({ aws }: PathCloudConfig & { readonly provider: 'aws' }): Promise<PathCloud> {
  const { explainAwsWay } = await import('../../../providers/aws/path/explain-way.ts')
  const { api, budget, close } = await openEc2(aws.role, {})
  return {
    explainWay: ({ attempt }) => explainAwsWay({ ec2: { api, budget }, clock: systemClock, attempt }),
    close,
  }
}

async function openGcp({ gcp }: PathCloudConfig & { readonly provider: 'gcp' }): Promise<PathCloud> {
  const { explainGcpWay } = await import('../../../providers/gcp/path/explain-way.ts')
  const { around, close, gce } = await openGce(gcp, {})
  const { networks, project: instanceProject } = around
  return {
    explainWay: ({ attempt }) => explainGcpWay({ gce, instanceProject, networks, attempt }),
    close,
  }
}

async function openAzure({ azure }: PathCloudConfig & { readonly provider: 'azure' }): Promise<PathCloud> {
  const { explainAzureWay } = await import('../../../providers/azure/path/explain-way.ts')
  const { api, budget, settings } = await openArm(azure, {})
  const { network, nodeGroups } = settings
  return {
    explainWay: ({ attempt }) =>
      explainAzureWay({ arm: { api, budget }, clock: systemClock, nodeGroups, network, attempt }),
    // The SDK's connections are those of the process.
    close: () => undefined,
  }
}
