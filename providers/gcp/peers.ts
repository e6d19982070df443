import { ProviderError } from '../errors.ts'
import type { Gce } from './call.ts'
import type { WireNetwork } from './gce-api.ts'
import { listRoutes } from './network-routes.ts'
import { countRoutes } from './quota.ts'
import { type ResourcePath, networkOfPath, pathOf } from './resource-names.ts'

/** How many static routes networks have that another one is peered with. */
export class PeersRoutes {
  readonly #gce: Gce
  /** Those of others, mostly, whose routes we may not read: not asked for again. */
  readonly #closed = new Set<ResourcePath>()

  constructor(gce: Gce) {
    this.#gce = gce
  }

  /**
   * Those of all its peers, which count with its own against the quota of its peering group; undefined if it has no peer. It
   * is for a forecast: what can't be read is not in it.
   * Source: https://docs.cloud.google.com/vpc/docs/quota
   */
  async of({ peerings = [] }: WireNetwork, signal: AbortSignal): Promise<number | undefined> {
    const active = peerings.filter(({ state }) => state === 'ACTIVE')
    if (active.length === 0) return undefined
    const peers = new Set(active.map(({ network = '' }) => pathOf(network)))
    const counts = await Promise.all([...peers].map((path) => this.#countIn(path, signal)))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  async #countIn(network: ResourcePath, signal: AbortSignal): Promise<number> {
    if (this.#closed.has(network) || networkOfPath(network) === undefined) return 0
    try {
      return countRoutes(await listRoutes(this.#gce, network, '', signal))
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      if (error.class === 'unauthorized') this.#closed.add(network)
      return 0
    }
  }
}
