/**
 * The path of a resource of Compute Engine, without the host and version that stand before it in URLs:
 * `projects/p/zones/z/instances/i`. URLs of one resource differ, by host and by version; paths do not.
 */
export type ResourcePath = string

export function pathOf(url: string): ResourcePath {
  const start = url.indexOf('projects/')
  return start < 0 ? url : url.slice(start)
}

export const networkPath = (project: string, network: string): ResourcePath =>
  `projects/${project}/global/networks/${network}`

export interface InstanceName {
  readonly project: string
  readonly zone: string
  readonly instance: string
}

export const instancePath = ({ project, zone, instance }: InstanceName): ResourcePath =>
  `projects/${project}/zones/${zone}/instances/${instance}`

/** Undefined for what is no instance's path. */
export function instanceOfPath(path: ResourcePath): InstanceName | undefined {
  const [, project, zone, instance] =
    /^projects\/([^/]+)\/zones\/([^/]+)\/instances\/([^/]+)$/.exec(path) ?? []
  if (project === undefined || zone === undefined || instance === undefined) return undefined
  return { project, zone, instance }
}

/** `gce://project/zone/instance`, as Google's node controller writes it. Undefined for another cloud's. */
export function instanceOfProviderID(providerID: string): InstanceName | undefined {
  const [, project, zone, instance] = /^gce:\/\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(providerID) ?? []
  if (project === undefined || zone === undefined || instance === undefined) return undefined
  return { project, zone, instance }
}

/** Of a network. Undefined for what is none's path. */
export function networkOfPath(
  path: ResourcePath,
): { readonly project: string; readonly name: string } | undefined {
  const [, project, name] = /^projects\/([^/]+)\/global\/networks\/([^/]+)$/.exec(path) ?? []
  return project === undefined || name === undefined ? undefined : { project, name }
}
