import type { Simulator, SimulatorReply, SimulatorRequest } from '../simulator.ts'
import type { PermissionBook } from './permissions.ts'

export interface ResourceManagerSimulator extends Simulator {
  /** Every request so far: method and path, and what was asked. */
  readonly calls: readonly { readonly request: string; readonly permissions: readonly string[] }[]
  /** It answers so from now on. */
  refuse(refusal: ResourceManagerRefusal): void
}

export interface ResourceManagerRefusal {
  /** HTTP */
  readonly status: number
  /** `PERMISSION_DENIED` */
  readonly rpcStatus: string
  readonly message: string
  /** Of `google.rpc.ErrorInfo`. */
  readonly reason: string
}

/**
 * Of the Resource Manager API (`cloudresourcemanager/v1`) the one method that tells which permissions a caller has in a
 * project. It takes none, and says nothing of those that the caller has not.
 * Source: https://docs.cloud.google.com/resource-manager/reference/rest/v1/projects/testIamPermissions
 */
export function createResourceManager(
  permissions: Pick<PermissionBook, 'allows'>,
  projects: readonly string[],
): ResourceManagerSimulator {
  const calls: { request: string; permissions: readonly string[] }[] = []
  let refusal: ResourceManagerRefusal | undefined
  return {
    calls,
    refuse(wanted) {
      refusal = wanted
    },
    handle(request) {
      const asked = askedIn(request.body)
      calls.push({ request: `${request.method} ${request.target}`, permissions: asked ?? [] })
      if (!/^Bearer \S+$/.test(request.headers.authorization ?? ''))
        return refused({ status: 401, rpcStatus: 'UNAUTHENTICATED', message: 'no token', reason: 'NO_TOKEN' })
      if (refusal !== undefined) return refused(refusal)
      const [, project = ''] = pathOf(request)
      if (request.method !== 'POST' || !projects.includes(project))
        return refused({ status: 403, rpcStatus: 'PERMISSION_DENIED', ...nowhere })
      if (asked === undefined || asked.length === 0 || asked.length > 100 || !asked.every(isPermission))
        return refused({
          status: 400,
          rpcStatus: 'INVALID_ARGUMENT',
          message: 'Permission is not valid for this resource.',
          reason: 'INVALID_PERMISSION',
        })
      const granted = asked.filter((permission) => permissions.allows(permission, project))
      return answer(200, granted.length === 0 ? {} : { permissions: granted })
    },
  }
}

const nowhere = { message: 'The caller does not have permission', reason: 'IAM_PERMISSION_DENIED' }

/** No wildcards. */
const isPermission = (text: string): boolean => /^[a-z]+\.[A-Za-z]+\.[A-Za-z]+$/.test(text)

const pathOf = ({ target }: SimulatorRequest): readonly string[] =>
  /^\/v1\/projects\/([^/:?]+):testIamPermissions(?:\?|$)/.exec(target) ?? []

function askedIn(body: string): readonly string[] | undefined {
  try {
    const { permissions, ...others } = JSON.parse(body) as Record<string, unknown>
    if (Object.keys(others).length > 0 || !Array.isArray(permissions)) return undefined
    return permissions.map(String)
  } catch {
    return undefined
  }
}

const refused = ({ message, reason, rpcStatus, status }: ResourceManagerRefusal): SimulatorReply =>
  answer(status, {
    error: {
      code: status,
      message,
      status: rpcStatus,
      details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' }],
    },
  })

const answer = (status: number, body: object): SimulatorReply => ({
  kind: 'response',
  status,
  headers: { 'content-type': 'application/json; charset=UTF-8' },
  body: JSON.stringify(body),
})
