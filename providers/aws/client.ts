import { readFile } from 'node:fs/promises'
import { EC2 } from '@aws-sdk/client-ec2'
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { ProviderError } from '../errors.ts'
import { streamRoutes } from './streamed-routes.ts'

/**
 * Of one attempt, from its start to the end of its answer. Shorter than the five seconds between a leader's renew
 * deadline and the end of its lease (Kubernetes' usual 10 s and 15 s), so that no write outlives its leader's term; one with shorter times gives writes less.
 */
const requestTimeoutMs = 4_000
const connectionTimeoutMs = 2_000

/** EC2's own per-action buckets hold 50 to 100 calls: more connections would only wait there. */
const maxSockets = 50

/** A role that is taken on with the credentials that were found. */
export interface AssumedRole {
  readonly arn: string
  /** What the role's owner in another account asks for. */
  readonly externalId?: string
}

export interface Ec2ClientOptions {
  /** In whose name EC2 is called; in that of the credentials themselves without it. */
  readonly role?: AssumedRole
  readonly requestTimeoutMs?: number
}

/** By which CloudTrail tells podway's sessions from others of the role. */
const roleSessionName = 'podway'

/**
 * An EC2 client as the rest of AWS's tools are set up: region, credentials, profile and endpoint come from where the SDK
 * looks for them (`AWS_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL_EC2`, the shared files, a web identity, a container's
 * or the instance's role), proxies from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. The authorities of `AWS_CA_BUNDLE`
 * count instead of the usual ones, as for the AWS CLI; those of `NODE_EXTRA_CA_CERTS` count besides them. All of it holds
 * for the calls to STS too by which a role is assumed. It never retries: that is the reconciler's, which knows what is
 * worth it (https://github.com/aws/aws-sdk-js-v3/issues/4754).
 *
 * @throws ProviderError `fatal` without a usable region or with an unreadable bundle. Missing credentials show at the
 * first call.
 */
export async function createEc2Client({ role, ...options }: Ec2ClientOptions = {}): Promise<EC2> {
  const requestTimeout = options.requestTimeoutMs ?? requestTimeoutMs
  const agent = { keepAlive: true, maxSockets, proxyEnv: process.env }
  const ca = await caBundle()
  const client = new EC2({
    maxAttempts: 1,
    ...(role === undefined ? {} : { credentials: assume(role) }),
    requestHandler: {
      httpAgent: agent,
      httpsAgent: ca === undefined ? agent : { ...agent, ca },
      connectionTimeout: connectionTimeoutMs,
      requestTimeout,
      // Without it, the time-out only logs a warning. It ends with the answer's head: the other one watches the body.
      throwOnRequestTimeout: true,
      socketTimeout: requestTimeout,
    },
  })
  streamRoutes(client)
  try {
    await client.config.region()
  } catch (cause) {
    client.destroy()
    throw new ProviderError(
      'fatal',
      `no usable AWS region: set AWS_REGION, or a region in the profile that AWS_PROFILE names (${text(cause)})`,
      { code: 'RegionMissing', cause },
    )
  }
  return client
}

/** Asks STS when the first call needs it, and again before the session ends. */
const assume = ({ arn, externalId }: AssumedRole): ReturnType<typeof fromTemporaryCredentials> =>
  fromTemporaryCredentials({
    params: {
      RoleArn: arn,
      RoleSessionName: roleSessionName,
      ...(externalId === undefined ? {} : { ExternalId: externalId }),
    },
  })

/** The SDK for JavaScript is alone in not reading it. */
async function caBundle(): Promise<string | undefined> {
  const path = process.env.AWS_CA_BUNDLE
  if (path === undefined || path === '') return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new ProviderError('fatal', `AWS_CA_BUNDLE can't be read: ${text(cause)}`, {
      code: 'CaBundleUnreadable',
      cause,
    })
  }
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error))
