import type { Quota } from '../provider.ts'
import type { GceRoute } from './gce-route.ts'
import type { WireProject } from './gce-api.ts'
import { defaultRoutesPerNetwork } from './limits.ts'

/** What is known of how many routes a network takes. */
export class RouteQuota {
  /** What the user said. */
  readonly #configured: number | undefined
  /** What Google said when it refused a route, by network. */
  readonly #told = new Map<string, number>()
  /** Of the project's own quota of routes, by project: how many more. */
  readonly #left = new Map<string, number>()

  constructor(configured: number | undefined) {
    this.#configured = configured
  }

  tell(network: string, limit: number): void {
    this.#told.set(network, limit)
  }

  /** A project made before quotas of networks has one of all its routes, `ROUTES`. */
  read(project: string, { quotas }: WireProject): void {
    const routes = (quotas ?? []).find(({ metric }) => metric === 'ROUTES')
    if (routes?.limit === undefined) this.#left.delete(project)
    else this.#left.set(project, routes.limit - (routes.usage ?? 0))
  }

  /** How full the network is: one limit for both families. */
  of(network: string, project: string, used: number): Quota {
    // It was raised since.
    if (used > (this.#told.get(network) ?? used)) this.#told.delete(network)
    const own = this.#configured ?? this.#told.get(network) ?? defaultRoutesPerNetwork
    const left = this.#left.get(project)
    return {
      families: [{ family: 'both', used, limit: left === undefined ? own : Math.min(own, used + left) }],
    }
  }
}

/** What counts: every static route of the network, whoever made it, those besides another of the same destination too. */
export const countRoutes = (routes: readonly GceRoute[]): number =>
  routes.filter(({ origin }) => origin === 'static').length
