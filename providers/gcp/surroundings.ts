import { ProviderError } from '../errors.ts'
import type { Credentials } from './credentials.ts'
import { type ResourcePath, networkOfPath, networkPath, pathOf } from './resource-names.ts'

export interface SurroundingsOptions {
  readonly credentials: Pick<Credentials, 'project'>
  /** Where the instances are; found unless told. */
  readonly project?: string
  /** Names in that project, or whole paths or URLs, of another one's too; that of this instance if there is none. */
  readonly networks: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface Surroundings {
  readonly project: string
  readonly networks: readonly ResourcePath[]
}

/**
 * Which project and which networks: as told, else by the environment (`GOOGLE_CLOUD_PROJECT`), the credentials, and the
 * metadata server of the instance that this program runs on.
 *
 * @throws ProviderError `fatal`, with what to say where nothing tells
 */
export async function findSurroundings(options: SurroundingsOptions): Promise<Surroundings> {
  const { credentials, networks, env } = options
  const project = options.project ?? env.GOOGLE_CLOUD_PROJECT ?? (await projectOf(credentials))
  const named = networks.length > 0 ? networks : [await networkOfInstance(env)]
  return { project, networks: named.map((text) => readNetwork(text, project)) }
}

async function projectOf(credentials: Pick<Credentials, 'project'>): Promise<string> {
  try {
    return await credentials.project()
  } catch (cause) {
    throw new ProviderError(
      'fatal',
      'no Google Cloud project: say --gcp-project, or set GOOGLE_CLOUD_PROJECT',
      {
        code: 'ProjectMissing',
        cause,
      },
    )
  }
}

/** `prod`, `projects/host/global/networks/prod`, or a URL that ends so. The metadata server leaves out `global`. */
function readNetwork(text: string, project: string): ResourcePath {
  const path = text.includes('/')
    ? pathOf(text).replace(/^(projects\/[^/]+)\/networks\//, '$1/global/networks/')
    : networkPath(project, text)
  if (networkOfPath(path) !== undefined) return path
  throw new ProviderError(
    'fatal',
    `${text} is no network: expected a name, or projects/PROJECT/global/networks/NAME`,
    { code: 'MalformedNetwork' },
  )
}

/** The metadata server answers at once, or is not there. */
const metadataTimeoutMs = 2_000

/** Source: https://docs.cloud.google.com/compute/docs/metadata/predefined-metadata-keys */
async function networkOfInstance(env: SurroundingsOptions['env']): Promise<string> {
  const host = env.GCE_METADATA_HOST ?? '169.254.169.254'
  try {
    const answer = await fetch(`http://${host}/computeMetadata/v1/instance/network-interfaces/0/network`, {
      headers: { 'metadata-flavor': 'Google' },
      signal: AbortSignal.timeout(metadataTimeoutMs),
    })
    const text = (await answer.text()).trim()
    if (answer.ok && text !== '') return text
    throw new Error(`the metadata server answers ${answer.status}`)
  } catch (cause) {
    throw new ProviderError(
      'fatal',
      'no VPC network: say --gcp-network; it is found by itself only on an instance of Compute Engine',
      { code: 'NetworkMissing', cause },
    )
  }
}
