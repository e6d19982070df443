import { CredentialsError } from '../credentials-error.ts'
import { type Authorizer, type Fetch, HttpRefusal, transport } from '../transport.ts'

/** Where it is asked unless told. */
const resourceManagerEndpoint = 'https://cloudresourcemanager.googleapis.com'

export interface ResourceManagerOptions {
  readonly authorizer: Authorizer
  readonly endpoint: string | undefined
  readonly send: Fetch
}

/** Nobody can say whether a permission is there. */
export class PermissionsUntold extends Error {}

/** Tells which of the permissions the caller has in the project. @throws PermissionsUntold, or the signal's reason */
export type TestPermissions = (
  project: string,
  permissions: readonly string[],
  signal: AbortSignal,
) => Promise<ReadonlySet<string>>

/**
 * Asks the Resource Manager API, which changes nothing and takes no permission; but its own scope, and that it is enabled
 * in the project. Compute Engine itself only tells of permissions on what is there already.
 */
export function testPermissionsBy({ authorizer, endpoint, send }: ResourceManagerOptions): TestPermissions {
  const way = transport(authorizer, send, 'googleapis.com')
  return async (project, permissions, signal) => {
    const url = `${endpoint ?? resourceManagerEndpoint}/v1/projects/${project}:testIamPermissions`
    try {
      const headers = { 'content-type': 'application/json' }
      const answer = await way.fetch(url, {
        method: 'POST',
        headers,
        body: JSON.stringify({ permissions }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      })
      const { permissions: granted = [] } = (await answer.json()) as {
        readonly permissions?: readonly string[]
      }
      return new Set(granted)
    } catch (error) {
      signal.throwIfAborted()
      throw new PermissionsUntold(sentenceOf(error), { cause: error })
    }
  }
}

const timeoutMs = 10_000

/** A part of a sentence. */
function sentenceOf(error: unknown): string {
  if (error instanceof CredentialsError)
    return `there are no credentials for the Resource Manager API: ${error.message}`
  if (error instanceof HttpRefusal)
    return `the Resource Manager API answers ${error.httpStatus}: ${messageIn(error.body) ?? 'no word of Google'}`
  return `the Resource Manager API can't be asked: ${error instanceof Error ? error.message : String(error)}`
}

function messageIn(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { readonly error?: { readonly message?: string } }).error?.message
  } catch {
    return undefined
  }
}
