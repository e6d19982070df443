import { ProviderError } from '../errors.ts'
import type { Table } from '../route.ts'
import { type Gce, call } from './call.ts'
import { named, readNetwork } from './network-routes.ts'
import type { RouteQuota } from './quota.ts'
import { type ResourcePath, pathOf } from './resource-names.ts'

/** The cluster's networks, by the names that Google has for them: a project has an id and a number. */
export class ClusterNetworks {
  readonly #gce: Gce
  readonly #configured: readonly ResourcePath[]
  readonly #quota: RouteQuota
  readonly #canonical = new Map<ResourcePath, ResourcePath>()

  constructor(gce: Gce, configured: readonly ResourcePath[], quota: RouteQuota) {
    this.#gce = gce
    this.#configured = configured
    this.#quota = quota
  }

  /** Asks for those whose names are not known yet; one that is not there has the name that it was given. */
  async paths(signal: AbortSignal): Promise<readonly ResourcePath[]> {
    signal.throwIfAborted()
    await Promise.all(this.#configured.map((path) => this.#resolve(path, signal)))
    return this.#configured.map((path) => this.#canonical.get(path) ?? path)
  }

  /**
   * Sorted by id. One that is not there is in the answer too: it shows as `not-found` when it is read, where it harms no
   * other. Reads the projects' quotas besides.
   */
  async find(signal: AbortSignal): Promise<readonly Table[]> {
    const paths = await this.paths(signal)
    const projects = new Set(paths.map((path) => named(path).project))
    await Promise.all([...projects].map((project) => this.#readQuota(project, signal)))
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

  /** It is for a forecast only: what can't be read leaves what was known. */
  async #readQuota(project: string, signal: AbortSignal): Promise<void> {
    try {
      const read = await call(this.#gce, 'getProject', signal, (api, options) =>
        api.getProject({ project }, options),
      )
      this.#quota.read(project, read)
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
    }
  }
}
