import { readFile } from 'node:fs/promises'
import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import { KubeError } from './errors.ts'

/** What one request needs to be let in. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsOptions
}

/** A subset of `tls.connect`'s options. */
export interface TlsOptions {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly rejectUnauthorized?: boolean
  readonly servername?: string
}

/**
 * Reads the credentials of a kubeconfig's current user, anew for each request: token and certificate files are rotated
 * under a running program. client-node does the rest (exec plugins with their expiry, basic auth, impersonation), with
 * these traps of 2.0.1 kept away: a token file is read once a minute and its final newline is sent; a context without a
 * user loses the cluster's CA; an http:// server is refused.
 */
export class CredentialSource {
  readonly #tokenFile: string | undefined
  readonly #config: KubeConfig
  #session: KubeConfig
  #lastToken: string | undefined
  #reading: Promise<Credentials> | undefined

  constructor(config: KubeConfig) {
    const cluster = config.getCurrentCluster()
    if (cluster === null) throw new Error('the kubeconfig has no current cluster')
    const user = config.getCurrentUser() ?? { name: 'anonymous' }
    const provider: unknown = user.authProvider
    this.#tokenFile = tokenFileOf(provider)
    const plain = cluster.server.startsWith('http:')
    this.#config = new KubeConfig()
    this.#config.loadFromClusterAndUser(
      plain ? { ...cluster, skipTLSVerify: true } : cluster,
      this.#tokenFile === undefined ? user : { ...user, authProvider: undefined },
    )
    this.#session = this.#config
  }

  /**
   * Calls at the same time share one reading: an exec plugin is not started for each of them.
   * @throws KubeError `NoCredentials`
   */
  current(): Promise<Credentials> {
    if (this.#reading !== undefined) return this.#reading
    const reading = this.#read().finally(() => {
      if (this.#reading === reading) this.#reading = undefined
    })
    this.#reading = reading
    return reading
  }

  async #read(): Promise<Credentials> {
    const options: RequestOptions = {}
    try {
      await this.#session.applyToHTTPSOptions(options)
    } catch (error) {
      throw unavailable(error)
    }
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      if (typeof value === 'string') headers[name] = value.trim()
    }
    if (typeof options.auth === 'string')
      headers.Authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`
    const token = await this.#fileToken()
    if (token !== undefined) headers.Authorization = `Bearer ${token}`
    return { headers, tls: tlsOf(options) }
  }

  /** The API server does not accept what `current` gave: whatever is cached, an exec plugin's token for one, is dropped. */
  forget(): void {
    this.#lastToken = undefined
    this.#reading = undefined
    this.#session = new KubeConfig()
    this.#session.loadFromOptions(this.#config)
  }

  async #fileToken(): Promise<string | undefined> {
    if (this.#tokenFile === undefined) return undefined
    try {
      const token = (await readFile(this.#tokenFile, 'utf8')).trim()
      if (token !== '') this.#lastToken = token
    } catch (error) {
      // As client-go: while a file is being exchanged, the token before still is good.
      if (this.#lastToken === undefined) throw unavailable(error)
    }
    return this.#lastToken
  }
}

function tokenFileOf(provider: unknown): string | undefined {
  const file = (provider as { config?: { tokenFile?: unknown } } | null | undefined)?.config?.tokenFile
  return typeof file === 'string' ? file : undefined
}

function tlsOf(options: RequestOptions): TlsOptions {
  const { ca, cert, key, rejectUnauthorized, servername } = options
  return {
    ...(isPem(ca) ? { ca } : {}),
    ...(isPem(cert) ? { cert } : {}),
    ...(isPem(key) ? { key } : {}),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(servername === undefined ? {} : { servername }),
  }
}

const isPem = (value: unknown): value is string | Buffer =>
  typeof value === 'string' || Buffer.isBuffer(value)

export function sameTls(a: TlsOptions, b: TlsOptions): boolean {
  return (
    samePem(a.ca, b.ca) &&
    samePem(a.cert, b.cert) &&
    samePem(a.key, b.key) &&
    a.rejectUnauthorized === b.rejectUnauthorized &&
    a.servername === b.servername
  )
}

const samePem = (a: string | Buffer | undefined, b: string | Buffer | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && Buffer.from(a).equals(Buffer.from(b)))

/** No cause: what an exec plugin printed stands in the messages of the errors that client-node makes of it. */
function unavailable(error: unknown): KubeError {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const path =
    error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined
  const what = [code, path].filter((part) => part !== undefined).join(' ')
  return new KubeError(
    what === ''
      ? 'no credentials: the exec plugin of the kubeconfig failed; run its command by hand to see why'
      : `no credentials: ${what}`,
    { status: 0, reason: 'NoCredentials', ...(code === undefined ? {} : { code }) },
  )
}
