import { systemClock } from '../../kube/clock.ts'
import { openEc2 } from '../open-provider.ts'
import type { DoctorCloud, OpenDoctor } from './doctor-cloud.ts'
import type { DoctorConfig } from './doctor-config.ts'

export const awsDoctor: DoctorCloud = {
  provider: 'aws',
  summary: 'examine a cluster on AWS: permissions, route tables, ranges, security groups',
  description:
    'Reads the Nodes, the VPC around them and what else runs in the cluster, tries the controller’s calls as dry runs, and prints what it found, each with its fix.',
  example: 'aws --cluster-name prod',
  open,
}

async function open({ aws, clusterName }: DoctorConfig): Promise<OpenDoctor> {
  const { survey } = await import('../../providers/aws/doctor/survey.ts')
  const { examineAws } = await import('../../providers/aws/doctor/examine.ts')
  const { watchAnswerer } = await import('../../providers/aws/doctor/answerer.ts')
  const { defaultRoutesPerTable } = await import('../../providers/aws/limits.ts')
  const { api, budget, close } = await openEc2(aws.role, {})
  const isAws = watchAnswerer(api)
  const { extraRouteTableIds, matchNodeNames, routeTables, targetInterface } = aws
  return {
    async examine(cluster, tools, signal) {
      const request = {
        ...cluster,
        routesPerTable: aws.routesPerTable ?? defaultRoutesPerTable,
        selection: { clusterName, routeTables, extraRouteTableIds },
        targetInterface,
        matchNodeNames,
      }
      const site = { ec2: { api, budget }, clock: systemClock, isAws }
      return examineAws(await survey(request, { ...tools, ...site }, signal))
    },
    close,
  }
}
