import type { GcpMode } from '../mode.ts'
import { PermissionsUntold, type TestPermissions } from './resource-manager.ts'

/** Whether one permission of the controller is there, in one project. */
export interface Trial {
  /** `compute.routes.create` */
  readonly permission: string
  readonly project: string
  /** `why`: a part of a sentence. */
  readonly answer: 'allowed' | 'denied' | { readonly why: string }
}

export interface TrialSite {
  readonly mode: GcpMode
  readonly instanceProject: string
  readonly networkProjects: readonly string[]
}

/** What the controller writes with, and so can't be tried by reading. A route names its instance where both are of one project. */
const ofRoutes = [
  'compute.globalOperations.get',
  'compute.globalOperations.list',
  'compute.networks.updatePolicy',
  'compute.routes.create',
  'compute.routes.delete',
]
const ofNextHops = ['compute.instances.use']
/** Alias ranges are of an interface, from a subnet. */
const ofInterfaces = [
  'compute.instances.updateNetworkInterface',
  'compute.zoneOperations.get',
  'compute.zoneOperations.list',
]
const ofSubnets = ['compute.subnetworks.use']

/** Asks for the permissions of the controller's writes, project by project. */
export async function tryPermissions(
  { instanceProject, mode, networkProjects }: TrialSite,
  test: TestPermissions,
  signal: AbortSignal,
): Promise<readonly Trial[]> {
  const isAlias = mode === 'alias-ip'
  const wanted = new Map<string, readonly string[]>()
  const want = (project: string, permissions: readonly string[]): void =>
    void wanted.set(project, [...(wanted.get(project) ?? []), ...permissions])
  for (const project of networkProjects) {
    want(project, ofRoutes)
    if (project === instanceProject) want(project, ofNextHops)
    if (isAlias) want(project, ofSubnets)
  }
  if (isAlias) want(instanceProject, ofInterfaces)
  const answers = await Promise.all(
    [...wanted].map(async ([project, permissions]) => {
      const granted = await orWhy(() => test(project, permissions, signal))
      return permissions.map((permission): Trial => ({
        permission,
        project,
        answer: 'why' in granted ? granted : granted.has(permission) ? 'allowed' : 'denied',
      }))
    }),
  )
  return answers.flat()
}

async function orWhy(
  ask: () => Promise<ReadonlySet<string>>,
): Promise<ReadonlySet<string> | { readonly why: string }> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof PermissionsUntold) return { why: error.message }
    throw error
  }
}
