import { openArm } from '../open-provider.ts'
import type { DoctorCloud, OpenDoctor } from './doctor-cloud.ts'
import type { DoctorConfig } from './doctor-config.ts'

export const azureDoctor: DoctorCloud = {
  provider: 'azure',
  summary: 'examine a cluster on Azure: permissions, route tables, ranges, network security groups',
  description:
    'Reads the Nodes, their machines, the virtual networks around them and what else runs in the cluster, and the roles of the credentials, and prints what it found, each with its fix.',
  example: 'azure --cluster-name prod --cloud-config /etc/kubernetes/azure.json',
  open,
}

async function open({ azure, clusterName }: DoctorConfig): Promise<OpenDoctor> {
  const { examineAzure } = await import('../../providers/azure/doctor/examine.ts')
  const { defaultRoutesPerTable } = await import('../../providers/azure/limits.ts')
  const { api, budget, settings } = await openArm(azure, {})
  const { extraRouteTableIds, network, nodeGroups, routeTables, tableGroups } = settings
  return {
    examine(cluster, tools, signal) {
      const request = {
        ...cluster,
        routesPerTable: azure.routesPerTable ?? defaultRoutesPerTable,
        selection: { clusterName, routeTables, extraRouteTableIds, tableGroups },
        nodeGroups,
        network,
      }
      return examineAzure(request, { ...tools, arm: { api, budget } }, signal)
    },
    // The SDK's connections are those of the process.
    close: () => undefined,
  }
}
