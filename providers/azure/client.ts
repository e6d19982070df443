import { createNetworkManagement } from '@azure/arm-network/api'
import { ProviderError } from '../errors.ts'
import type { ArmApi } from './arm-api.ts'
import { isWrite } from './arm-api.ts'

type Credential = Parameters<typeof createNetworkManagement>[0]
type ClientOptions = NonNullable<Parameters<typeof createNetworkManagement>[2]>

export interface ArmClientOptions {
  /** `https://management.azure.com` */
  readonly endpoint: string
  readonly credential: Credential
  /** What carries requests; sockets unless told. */
  readonly httpClient?: NonNullable<ClientOptions['httpClient']>
  /** Of one attempt to read, in milliseconds. */
  readonly readTimeoutMs?: number
  /** A signal that aborts after so many milliseconds; by the process's clock unless told. */
  readonly timeout?: (ms: number) => AbortSignal
}

/**
 * Of one attempt, from its start to the end of its answer. Shorter than the five seconds between a leader's renew
 * deadline and the end of its lease (Kubernetes' usual 10 s and 15 s).
 */
const defaultReadTimeoutMs = 4_000

/**
 * A write may take longer: the resource provider looks at a whole table before it answers. It may end after its leader's
 * term, and does no harm then: it holds only for the revision that its leader saw, and so does the next leader's.
 */
const writeTimeoutMs = 20_000

/**
 * The SDK's pipeline (credentials, proxies by `HTTPS_PROXY` and `NO_PROXY`, authorities by `NODE_EXTRA_CA_CERTS`, logging
 * by `AZURE_LOG_LEVEL`), and under it plain JSON: the SDK's own models leave out what they do not know, and a table is
 * written as a whole. It never retries (the SDK alone would: 3 times after a 429), that is the reconciler's.
 */
export function createArmClient(options: ArmClientOptions): ArmApi {
  const { credential, httpClient, readTimeoutMs = defaultReadTimeoutMs } = options
  const { timeout: after = (ms) => AbortSignal.timeout(ms) } = options
  const endpoint = options.endpoint.replace(/\/+$/, '')
  // The subscription is part of every path that is sent.
  const client = createNetworkManagement(credential, '', {
    endpoint,
    credentials: { scopes: [`${endpoint}/.default`] },
    retryOptions: { maxRetries: 0 },
    userAgentOptions: { userAgentPrefix: 'podway' },
    ...(httpClient !== undefined && { httpClient }),
  })
  const { origin } = new URL(endpoint)
  return {
    async send(request, signal) {
      const { body, ifMatch, method, operation, path, timeoutMs } = request
      // A link leads to ARM, or it gets no token of ours.
      if (!path.startsWith('/') && new URL(path).origin !== origin)
        throw new ProviderError(
          'transient',
          `${operation} leads to ${new URL(path).origin}, not to ${origin}`,
          {
            code: 'LinkElsewhere',
            action: operation,
          },
        )
      const timeout = after(timeoutMs ?? (isWrite(request) ? writeTimeoutMs : readTimeoutMs))
      const parameters = {
        abortSignal: AbortSignal.any([signal, timeout]),
        headers: { accept: 'application/json', ...(ifMatch !== undefined && { 'if-match': ifMatch }) },
        ...(body !== undefined && { body, contentType: 'application/json' }),
      }
      const resource = client.pathUnchecked(path)
      try {
        const sent = { GET: resource.get, PUT: resource.put, POST: resource.post }[method](parameters)
        const answer = await sent
        return { status: Number(answer.status), headers: answer.headers, body: answer.body as unknown }
      } catch (error) {
        if (timeout.aborted && !signal.aborted)
          throw Object.assign(new Error(`no answer in time`, { cause: error }), { code: 'ETIMEDOUT' })
        throw error
      }
    },
  }
}
