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
  readonly instanceProject: string
  readonly networkProjects: readonly string[]
}

/** What the controller writes with, and so can't be tried by reading. A route names its instance where both are of one project. */
const ofRoutes = [
  'compute.globalOperations.get',
  'compute.networks.updatePolicy',
  'compute.routes.create',
  'compute.routes.delete',
]
const ofNextHops = ['compute.instances.use']

/** Asks for the permissions of the controller's writes, project by project. */
export async function tryPermissions(
  { instanceProject, networkProjects }: TrialSite,
  test: TestPermissions,
  signal: AbortSignal,
): Promise<readonly Trial[]> {
  const wanted = new Map(
    networkProjects.map((project) => [
      project,
      project === instanceProject ? [...ofRoutes, ...ofNextHops] : ofRoutes,
    ]),
  )
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
