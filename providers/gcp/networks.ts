import { ProviderError } from '../errors.ts'
import type { Table } from '../route.ts'
import { type Gce, call } from './call.ts'
import { named, readNetwork } from './network-routes.ts'
import { PeersRoutes } from './peers.ts'
import type { RouteQuota } from './quota.ts'
import { type ResourcePath, pathOf } from './resource-names.ts'

/** The cluster's networks, by the names that Google has for them: a project has an id and a number. */
export class ClusterNetworks {
  readonly #gce: Gce
  readonly #configured: readonly ResourcePath[]
  readonly #quota: RouteQuota
  readonly #peers: PeersRoutes
  readonly #canonical = new Map<ResourcePath, ResourcePath>()

  constructor(gce: Gce, configured: readonly ResourcePath[], quota: RouteQuota) {
    this.#gce = gce
    this.#configured = configured
    this.#quota = quota
    this.#peers = new PeersRoutes(gce)
  }

  /** Asks for those whose names are not known yet; one that is not there has the name that it was given. */
  async paths(signal: AbortSignal): Promise<readonly ResourcePath[]> {
    signal.throwIfAborted()
    await Promise.all(this.#configured.map((path) => this.#resolve(path, signal)))
    return this.#configured.map((path) => this.#canonical.get(path) ?? path)
  }

  /**
   * Sorted by id. One that is not there is in the answer too: it shows as `not-found` when it is read, where it harms no
   * other. Reads the projects' quotas besides, and how many routes their peers have.
   */
  async find(signal: AbortSignal): Promise<readonly Table[]> {
    const paths = await this.paths(signal)
    const projects = new Set(paths.map((path) => named(path).project))
    await Promise.all([
      ...[...projects].map((project) => this.#readQuota(project, signal)),
      ...paths.map((path) => this.#readPeers(path, signal)),
    ])
    return [...new Set(paths)].sort().map((id): Table => ({ id, name: named(id).name }))
  }

  async #resolve(path: ResourcePath, signal: AbortSignal): Promise<void> {
    if (this.#canonical.has(path)) return
    try {
      const { selfLink } = await readNetwork(this.#gce, path, signal)
      if (selfLink) this.#canonical.set(path, pathOf(selfLink))
    } catch (error) {
      if (!(error instanceof ProviderError) || error.class !== 'not-found') throw error
    }
  }

  #readQuota(project: string, signal: AbortSignal): Promise<void> {
    return forForecast(async () => {
      const read = await call(this.#gce, 'getProject', signal, (api, options) =>
        api.getProject({ project }, options),
      )
      this.#quota.read(project, read)
    })
  }

  #readPeers(path: ResourcePath, signal: AbortSignal): Promise<void> {
    return forForecast(async () => {
      const network = await readNetwork(this.#gce, path, signal)
      this.#quota.readPeers(path, await this.#peers.of(network, signal))
    })
  }
}

/** What can't be read leaves what was known. */
async function forForecast(read: () => Promise<void>): Promise<void> {
  try {
    await read()
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
  }
}
