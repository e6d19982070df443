import { GceError } from './errors.ts'

/**
 * What a caller needs for each method, as Google's reference of the method has it:
 * https://docs.cloud.google.com/compute/docs/reference/rest/v1
 */
export const PERMISSIONS_OF: Readonly<Record<string, readonly string[]>> = {
  'globalOperations.get': ['compute.globalOperations.get'],
  'globalOperations.list': ['compute.globalOperations.list'],
  'globalOperations.wait': ['compute.globalOperations.get'],
  'instances.aggregatedList': ['compute.instances.list'],
  'instances.get': ['compute.instances.get'],
  'instances.list': ['compute.instances.list'],
  'instances.updateNetworkInterface': ['compute.instances.updateNetworkInterface', 'compute.subnetworks.use'],
  'networks.get': ['compute.networks.get'],
  'networks.getEffectiveFirewalls': ['compute.networks.getEffectiveFirewalls'],
  'networks.list': ['compute.networks.list'],
  'networks.listPeeringRoutes': ['compute.networks.listPeeringRoutes'],
  'projects.get': ['compute.projects.get'],
  'routers.aggregatedList': ['compute.routers.list'],
  'routes.delete': ['compute.networks.updatePolicy', 'compute.routes.delete'],
  'routes.get': ['compute.routes.get'],
  'routes.insert': ['compute.instances.use', 'compute.networks.updatePolicy', 'compute.routes.create'],
  'routes.list': ['compute.routes.list'],
  'subnetworks.aggregatedList': ['compute.subnetworks.list'],
  'subnetworks.get': ['compute.subnetworks.get'],
  'subnetworks.list': ['compute.subnetworks.list'],
  'zoneOperations.get': ['compute.zoneOperations.get'],
  'zoneOperations.list': ['compute.zoneOperations.list'],
  'zoneOperations.wait': ['compute.zoneOperations.get'],
}

/** What the caller may not. Everything else is allowed. */
export interface Permissions {
  /** In all projects, or in that one. Returns what takes it back. */
  deny(permission: string, project?: string): () => void
}

export interface PermissionBook extends Permissions {
  allows(permission: string, project: string): boolean
  /** @throws GceError forbidden (403) */
  check(method: string, project: string): void
}

export function createPermissionBook(): PermissionBook {
  const denied = new Set<{ readonly permission: string; readonly project: string | undefined }>()
  const allows = (permission: string, project: string): boolean =>
    ![...denied].some((one) => one.permission === permission && (one.project ?? project) === project)
  return {
    deny(permission, project) {
      const denial = { permission, project }
      denied.add(denial)
      return () => void denied.delete(denial)
    },
    allows,
    check(method, project) {
      const missing = (PERMISSIONS_OF[method] ?? []).find((permission) => !allows(permission, project))
      if (missing !== undefined)
        throw new GceError(403, 'forbidden', `Required '${missing}' permission for 'projects/${project}'`)
    },
  }
}
