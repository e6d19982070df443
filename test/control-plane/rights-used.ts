import { readFile } from 'node:fs/promises'

/** What of an audit event tells which right was used (audit.k8s.io/v1). */
interface AuditEvent {
  readonly verb: string
  readonly user: { readonly username: string }
  readonly objectRef?: {
    readonly resource: string
    readonly subresource?: string
    readonly apiGroup?: string
    readonly namespace?: string
    readonly name?: string
  }
  readonly responseStatus?: { readonly code: number }
}

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
}

/** A Role or ClusterRole, of what is rendered. */
export interface RoleManifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly rules?: readonly Rule[]
}

export interface UsedRights {
  /** `verb group/resource/subresource`, sorted. */
  readonly used: readonly string[]
  /** Those that were refused by RBAC or a policy. */
  readonly refused: readonly string[]
}

/** What an account of podway's has asked an API server for, by its audit log. */
export async function rightsUsed(auditLog: string, account: string): Promise<UsedRights> {
  const events = (await readFile(auditLog, 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditEvent)
  const asked = events.flatMap(({ objectRef, responseStatus, user, verb }) => {
    if (user.username !== `system:serviceaccount:podway-system:${account}` || objectRef === undefined)
      return []
    const { apiGroup = '', resource, subresource } = objectRef
    const right = rightOf(verb, apiGroup, subresource === undefined ? resource : `${resource}/${subresource}`)
    return { right, isRefused: responseStatus?.code === 403 }
  })
  const sorted = (some: typeof asked): readonly string[] =>
    [...new Set(some.map(({ right }) => right))].sort()
  return { used: sorted(asked), refused: sorted(asked.filter(({ isRefused }) => isRefused)) }
}

/** What roles of that name give. */
export const rightsGiven = (roles: readonly RoleManifest[], name: string): readonly string[] =>
  roles
    .filter(({ kind, metadata }) => ['Role', 'ClusterRole'].includes(kind) && metadata.name === name)
    .flatMap(({ rules = [] }) => rules)
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => rightOf(verb, group, resource))),
      ),
    )
    .sort()

const rightOf = (verb: string, group: string, resource: string): string =>
  `${verb} ${group === '' ? '' : `${group}/`}${resource}`
