import type { Call } from '../../../test/simulators/gce/call-log.ts'

/** What each method asks for, as Google's reference has it: https://docs.cloud.google.com/compute/docs/reference/rest/v1 */
const permissionsOf: Readonly<Record<string, readonly string[]>> = {
  'globalOperations.list': ['compute.globalOperations.list'],
  'globalOperations.wait': ['compute.globalOperations.get'],
  'instances.aggregatedList': ['compute.instances.list'],
  'instances.get': ['compute.instances.get'],
  'instances.updateNetworkInterface': ['compute.instances.updateNetworkInterface', 'compute.subnetworks.use'],
  'networks.get': ['compute.networks.get'],
  'projects.get': ['compute.projects.get'],
  'routes.delete': ['compute.networks.updatePolicy', 'compute.routes.delete'],
  'routes.insert': ['compute.instances.use', 'compute.networks.updatePolicy', 'compute.routes.create'],
  'routes.list': ['compute.routes.list'],
  'subnetworks.aggregatedList': ['compute.subnetworks.list'],
  'zoneOperations.list': ['compute.zoneOperations.list'],
  'zoneOperations.wait': ['compute.zoneOperations.get'],
}

/** What whoever made these calls has to be allowed, sorted; of a method that is not known here, that it is not. */
export const permissionsFor = (calls: readonly Pick<Call, 'method'>[]): readonly string[] =>
  [...new Set(calls.flatMap(({ method }) => permissionsOf[method] ?? [`of ${method}`]))].sort()
