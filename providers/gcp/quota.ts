import type { Quota } from '../provider.ts'
import type { GceRoute } from './gce-route.ts'
import type { WireProject, WireQuotaInfo } from './gce-api.ts'
import { defaultRoutesPerNetwork, defaultRoutesPerPeeringGroup } from './limits.ts'

/** What the user said of the quotas. */
export interface RouteLimits {
  readonly routesPerNetwork?: number
  readonly routesPerPeeringGroup?: number
}

/** What is known of how many routes a network takes, alone and together with its peers. */
export class RouteQuota {
  readonly #configured: RouteLimits
  /** What Google said when it refused a route, by network. */
  readonly #told = new Map<string, number>()
  readonly #toldOfGroup = new Map<string, number>()
  /** Routes of peers, by network; of those that have any. */
  readonly #peers = new Map<string, number>()
  /** Of the project's own quota of routes, by project: how many more. */
  readonly #left = new Map<string, number>()

  constructor(configured: RouteLimits) {
    this.#configured = configured
  }

  tell(network: string, { limit, metricName = '' }: WireQuotaInfo): void {
    if (limit === undefined) return
    if (metricName.endsWith('per_peering_group')) this.#toldOfGroup.set(network, limit)
    else this.#told.set(network, limit)
  }

  /** A project made before quotas of networks has one of all its routes, `ROUTES`. */
  read(project: string, { quotas }: WireProject): void {
    const routes = (quotas ?? []).find(({ metric }) => metric === 'ROUTES')
    if (routes?.limit === undefined) this.#left.delete(project)
    else this.#left.set(project, routes.limit - (routes.usage ?? 0))
  }

  /** `routes`: of its peers, as far as they are known; undefined if it has no peer. */
  readPeers(network: string, routes: number | undefined): void {
    if (routes === undefined) this.#peers.delete(network)
    else this.#peers.set(network, routes)
  }

  /** How full the network is, or its peering group if that has less room: one limit for both families. */
  of(network: string, project: string, used: number): Quota {
    const own =
      this.#configured.routesPerNetwork ?? current(this.#told, network, used) ?? defaultRoutesPerNetwork
    const left = this.#left.get(project)
    const alone = { used, limit: left === undefined ? own : Math.min(own, used + left) }
    const together = this.#group(network, used, own)
    const tighter = together !== undefined && roomOf(together) < roomOf(alone) ? together : alone
    return { families: [{ family: 'both', ...tighter }] }
  }

  /**
   * What holds for a group is at least what holds for the network alone ("effective limits").
   * Source: https://docs.cloud.google.com/vpc/docs/quota
   */
  #group(network: string, own: number, ownLimit: number): Fullness | undefined {
    const peers = this.#peers.get(network)
    if (peers === undefined) return undefined
    const used = own + peers
    const limit =
      this.#configured.routesPerPeeringGroup ??
      current(this.#toldOfGroup, network, used) ??
      defaultRoutesPerPeeringGroup
    return { used, limit: Math.max(limit, ownLimit) }
  }
}

interface Fullness {
  readonly used: number
  readonly limit: number
}

const roomOf = ({ limit, used }: Fullness): number => limit - used

/** What Google told, as long as there are not more: then it was raised since, and is forgotten. */
function current(told: Map<string, number>, network: string, used: number): number | undefined {
  if (used > (told.get(network) ?? used)) told.delete(network)
  return told.get(network)
}

/** What counts: every static route of the network, whoever made it, those besides another of the same destination too. */
export const countRoutes = (routes: readonly GceRoute[]): number =>
  routes.filter(({ origin }) => origin === 'static').length
