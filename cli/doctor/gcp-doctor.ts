import { openGce } from '../open-provider.ts'
import type { DoctorCloud, OpenDoctor } from './doctor-cloud.ts'
import type { DoctorConfig } from './doctor-config.ts'

export const gcpDoctor: DoctorCloud = {
  provider: 'gcp',
  summary: 'examine a cluster on Google Cloud: permissions, instances, routes, ranges, firewall',
  description:
    'Reads the Nodes, the VPC network around them and what else runs in the cluster, asks which permissions there are, and prints what it found, each with its fix.',
  example: 'gcp --cluster-name prod --gcp-project prod-1 --gcp-network prod',
  open,
}

async function open({ gcp }: DoctorConfig): Promise<OpenDoctor> {
  const { survey } = await import('../../providers/gcp/doctor/survey.ts')
  const { examineGcp } = await import('../../providers/gcp/doctor/examine.ts')
  const { testPermissionsBy } = await import('../../providers/gcp/doctor/resource-manager.ts')
  const { findCredentials, readOnlyScope } = await import('../../providers/gcp/credentials.ts')
  const { endpointOf } = await import('../../providers/gcp/endpoint.ts')
  const { openSender } = await import('../../providers/gcp/sender.ts')
  const { around, close, gce } = await openGce(gcp, {})
  const { impersonate, mode, tags: routeTags } = gcp
  const { routesPerNetwork, routesPerPeeringGroup } = gcp
  const limits = { routesPerNetwork, routesPerPeeringGroup }
  const sender = openSender()
  const testPermissions = testPermissionsBy({
    // Another scope than routes take: an instance may not have it, and is examined all the same.
    authorizer: findCredentials({
      scope: readOnlyScope,
      ...(impersonate === undefined ? {} : { impersonate }),
    }),
    endpoint: endpointOf(process.env, 'CLOUDRESOURCEMANAGER'),
    send: sender.send,
  })
  return {
    async examine(cluster, tools, signal) {
      const request = {
        ...cluster,
        networks: around.networks,
        settings: { mode, project: around.project, routeTags, ...limits },
      }
      return examineGcp(await survey(request, { ...tools, gce, testPermissions }, signal))
    },
    close() {
      close()
      void sender.close()
    },
  }
}
