import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { isIPv6 } from 'node:net'
import { KubeConfig } from '@kubernetes/client-node'
import { load } from 'js-yaml'

export type KubeConfigErrorCode =
  /** No kubeconfig and no service account. */
  | 'ERR_KUBECONFIG_NOT_FOUND'
  /** The file is there but can't be read. */
  | 'ERR_KUBECONFIG_UNREADABLE'
  /** No YAML, or not of a kubeconfig's shape. */
  | 'ERR_KUBECONFIG_INVALID'
  /** No current context, or it names a cluster or user that is not there. */
  | 'ERR_KUBECONFIG_CONTEXT'

/** There is no way to the API server. `message` and `remedy` are for a person and quote nothing from the file. */
export class KubeConfigError extends Error {
  readonly code: KubeConfigErrorCode
  /** The file or files in question. */
  readonly path: string
  /** What to do about it, as a sentence. */
  readonly remedy: string

  constructor(code: KubeConfigErrorCode, path: string, problem: string, remedy: string) {
    super(`${problem}: ${path}. ${remedy}`)
    this.name = 'KubeConfigError'
    this.code = code
    this.path = path
    this.remedy = remedy
  }
}

export interface LoadKubeConfigOptions {
  /** An explicit path, as of a flag. Then nothing else is looked at. */
  readonly kubeconfig?: string
  /** `KUBECONFIG`, `HOME`, `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT` are read. */
  readonly env: NodeJS.ProcessEnv
  /** Where a pod's service account is mounted. */
  readonly serviceAccount?: string
}

/**
 * Finds the API server and the way to prove who we are. The first of these that is there counts, as for
 * controller-runtime's `config.GetConfig`:
 *
 * 1. the explicit path;
 * 2. the files of `KUBECONFIG` (a list; missing ones are skipped; of equal entries the first counts, as for kubectl);
 * 3. the pod's service account;
 * 4. `~/.kube/config`.
 *
 * The service account comes before the home folder, so that a pod never steers a stranger's cluster by a file that its
 * image or volume happens to hold. client-node's own `loadFromDefault` would go on to `http://localhost:8080` instead of
 * failing, and knows neither `tokenFile` nor equal entries in two files.
 *
 * @throws KubeConfigError
 */
export function loadKubeConfig(options: LoadKubeConfigOptions): KubeConfig {
  const { env, kubeconfig, serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount' } = options
  if (kubeconfig !== undefined && kubeconfig !== '') return fromFiles([kubeconfig], kubeconfig)

  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '')
  if (listed.length > 0) return fromFiles(listed.filter(existsSync), listed.join(delimiter))

  const inCluster = fromServiceAccount(env, serviceAccount)
  if (inCluster !== undefined) return inCluster

  const home = join(env.HOME ?? '', '.kube', 'config')
  if (env.HOME !== undefined && existsSync(home)) return fromFiles([home], home)
  throw new KubeConfigError(
    'ERR_KUBECONFIG_NOT_FOUND',
    env.HOME === undefined ? serviceAccount : home,
    'No kubeconfig was given or found, and this is no pod with a service account',
    'Pass --kubeconfig or set KUBECONFIG.',
  )
}

function fromFiles(paths: readonly string[], asked: string): KubeConfig {
  const merged = new KubeConfig()
  if (paths.length === 0 || !paths.every(existsSync))
    throw new KubeConfigError(
      'ERR_KUBECONFIG_NOT_FOUND',
      asked,
      'There is no such kubeconfig file',
      'Check the path, or the KUBECONFIG variable.',
    )
  for (const path of paths) {
    const one = fromFile(path)
    merged.clusters = firstOfEachName([...merged.clusters, ...one.clusters])
    merged.users = firstOfEachName([...merged.users, ...one.users])
    merged.contexts = firstOfEachName([...merged.contexts, ...one.contexts])
    // Undefined or null, whatever the type says, where the file has none.
    if (!merged.currentContext) merged.currentContext = one.currentContext
  }
  checkContext(merged, asked)
  return merged
}

function fromFile(path: string): KubeConfig {
  const text = read(path)
  const config = new KubeConfig()
  try {
    // An entry that is broken matters only if the context uses it.
    config.loadFromString(text, { onInvalidEntry: 'filter' })
    config.makePathsAbsolute(dirname(path))
    config.users = withTokenFiles(config.users, text, dirname(path))
  } catch (error) {
    throw new KubeConfigError(
      'ERR_KUBECONFIG_INVALID',
      path,
      `The kubeconfig file can't be understood (${describe(error)})`,
      'Look at it with `kubectl config view --kubeconfig` and that path.',
    )
  }
  return config
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error'
    throw new KubeConfigError(
      'ERR_KUBECONFIG_UNREADABLE',
      path,
      `The kubeconfig file can't be read (${code})`,
      'Check its permissions, and that it is a file.',
    )
  }
}

/** Reason and line, never the message: a YAML error quotes the lines around it, and there tokens stand. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'no YAML'
  const { reason, mark } = error as { reason?: unknown; mark?: { line?: unknown } }
  if (typeof reason !== 'string') return 'no kubeconfig in it'
  return typeof mark?.line === 'number' ? `${reason}, line ${mark.line + 1}` : reason
}

type Users = KubeConfig['users']

/**
 * `tokenFile`, which client-node (2.0.1) ignores, so that such a user would be anonymous. It goes before `token`, as for
 * client-go.
 */
function withTokenFiles(users: Users, text: string, folder: string): Users {
  interface WireUser {
    readonly name?: unknown
    readonly user?: { readonly tokenFile?: unknown } | null
  }
  const wire = load(text) as { readonly users?: readonly (WireUser | null)[] | null }
  const files = new Map<unknown, string>()
  for (const entry of wire.users ?? []) {
    const file = entry?.user?.tokenFile
    if (typeof file === 'string' && file !== '') files.set(entry?.name, file)
  }
  return users.map((user) => {
    const file = files.get(user.name)
    if (file === undefined) return user
    const tokenFile = isAbsolute(file) ? file : join(folder, file)
    return { ...user, authProvider: { name: 'tokenFile', config: { tokenFile } } }
  })
}

function firstOfEachName<E extends { readonly name: string }>(entries: readonly E[]): E[] {
  return entries.filter((entry, index) => entries.findIndex(({ name }) => name === entry.name) === index)
}

function checkContext(config: KubeConfig, path: string): void {
  const fail = (problem: string, remedy: string): never => {
    throw new KubeConfigError('ERR_KUBECONFIG_CONTEXT', path, problem, remedy)
  }
  const name = config.currentContext
  if (!name) fail('The kubeconfig has no current context', 'Choose one: `kubectl config use-context NAME`.')
  const context = config.getContextObject(name)
  if (context === null)
    return fail(
      `The kubeconfig's current context ${JSON.stringify(name)} is not in it`,
      'Choose one that is: `kubectl config get-contexts`.',
    )
  const cluster = config.getCurrentCluster()
  if (cluster === null)
    return fail(
      `The context ${JSON.stringify(name)} names a cluster that is missing or has no server`,
      'Add the cluster to the file.',
    )
  const server = URL.parse(cluster.server)
  if (server === null || !['http:', 'https:'].includes(server.protocol))
    fail(
      `The server of the context ${JSON.stringify(name)} is no http or https address`,
      'Correct `server` of its cluster.',
    )
  // A context may do without a user, for `kubectl proxy`; one that names a user must find it.
  if (context.user && config.getCurrentUser() === null)
    fail(`The context ${JSON.stringify(name)} names a user that is missing`, 'Add the user to the file.')
}

function fromServiceAccount(env: NodeJS.ProcessEnv, folder: string): KubeConfig | undefined {
  const host = env.KUBERNETES_SERVICE_HOST
  const port = env.KUBERNETES_SERVICE_PORT
  const tokenFile = join(folder, 'token')
  if (host === undefined || host === '' || port === undefined || port === '' || !existsSync(tokenFile))
    return undefined
  const config = new KubeConfig()
  config.loadFromClusterAndUser(
    {
      name: 'in-cluster',
      server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
      caFile: join(folder, 'ca.crt'),
      skipTLSVerify: false,
    },
    { name: 'service-account', authProvider: { name: 'tokenFile', config: { tokenFile } } },
  )
  return config
}
