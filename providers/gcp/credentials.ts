import { type AuthClient, GoogleAuth, Impersonated } from 'google-auth-library'
import { CredentialsError } from './credentials-error.ts'
import type { Authorizer } from './transport.ts'

export interface CredentialsOptions {
  /** The e-mail address of the service account to act as, by the right of the found credentials to do so. */
  readonly impersonate?: string
  /** What the tokens are for; {@link computeScope} unless told. */
  readonly scope?: string
}

/** All that routes take. To act as another account takes more of the first one. */
const computeScope = 'https://www.googleapis.com/auth/compute'
const platformScope = 'https://www.googleapis.com/auth/cloud-platform'
/** To look at anything, and change nothing. */
export const readOnlyScope = 'https://www.googleapis.com/auth/cloud-platform.read-only'

export interface Credentials extends Authorizer {
  /** The project that the credentials, the environment or the metadata server name. @throws CredentialsError */
  project(): Promise<string>
}

/**
 * Google's application default credentials: what `GOOGLE_APPLICATION_CREDENTIALS` names (the key of a service account, the
 * configuration of a workload identity federation, an impersonation), else what `gcloud auth application-default login`
 * left, else the service account of the instance or the pod, by the metadata server. Tokens are kept until they expire, or
 * until Google refuses one.
 */
export function findCredentials({ impersonate, scope = computeScope }: CredentialsOptions = {}): Credentials {
  const scopes = [impersonate === undefined ? scope : platformScope]
  // Without a project the library asks another service of Google for one before it gives a token, and fails where that
  // can't be reached or may not be asked.
  const auth = new GoogleAuth({ scopes, projectId: 'not-asked-for' })
  let client: Promise<AuthClient> | undefined
  const open = async (): Promise<AuthClient> => {
    const source = await auth.getClient()
    if (impersonate === undefined) return source
    return new Impersonated({
      sourceClient: source,
      targetPrincipal: impersonate,
      targetScopes: [scope],
      lifetime: 3600,
    })
  }
  return {
    async headers(url) {
      const opened = (client ??= open())
      try {
        const headers = await (await opened).getRequestHeaders(url)
        return new Map(headers)
      } catch (error) {
        // What could not be opened now may be there the next time.
        if (client === opened) client = undefined
        throw credentialsError(error)
      }
    },
    refused() {
      client = undefined
      auth.cachedCredential = null
    },
    async project() {
      try {
        return await new GoogleAuth({ scopes }).getProjectId()
      } catch (error) {
        throw credentialsError(error)
      }
    },
  }
}

function credentialsError(cause: unknown): CredentialsError {
  const message = cause instanceof Error ? cause.message : String(cause)
  const { status, response, code } = cause as {
    readonly status?: number
    readonly response?: { readonly status?: number }
    readonly code?: unknown
  }
  const answered = status ?? response?.status
  // Nobody gave an answer, or one that says to come again; a plain Error says that there are no credentials.
  const passes = answered === undefined ? typeof code === 'string' : answered >= 500 || answered === 429
  return new CredentialsError(message, { passes, cause })
}
