import type { Address } from '../../../net/address.ts'
import { containsAddress } from '../../../net/cidr.ts'
import type { GceRoute } from '../gce-route.ts'

/** What Google takes of a network's routes for a packet that no subnet's range has. */
export type ChosenRoutes =
  | { readonly kind: 'none' }
  /** Nothing takes packets at any of them; broader routes don't count. */
  | { readonly kind: 'dead'; readonly routes: readonly [GceRoute, ...GceRoute[]] }
  /** They share the connections. */
  | { readonly kind: 'chosen'; readonly routes: readonly [GceRoute, ...GceRoute[]] }

/**
 * Of the routes that are for the sender's tags, the longest prefix; of those whose next hop runs, the lowest priority number;
 * of several, all (ECMP). Pure.
 * Sources: https://docs.cloud.google.com/vpc/docs/routes#routeselection, https://docs.cloud.google.com/vpc/docs/static-routes
 */
export function chooseRoutes(
  routes: readonly GceRoute[],
  destination: Address,
  tags: readonly string[],
): ChosenRoutes {
  const applicable = routesTo(routes, destination).filter((route) => isFor(route, tags))
  const longest = Math.max(...applicable.map((route) => route.destination.prefixLength))
  const [first, ...more] = applicable.filter((route) => route.destination.prefixLength === longest)
  if (first === undefined) return { kind: 'none' }
  const usable = [first, ...more].filter(({ state }) => state === 'active')
  const best = Math.min(...usable.map(({ priority }) => priority))
  const [chosen, ...others] = usable.filter(({ priority }) => priority === best)
  return chosen === undefined
    ? { kind: 'dead', routes: [first, ...more] }
    : { kind: 'chosen', routes: [chosen, ...others] }
}

/** Those that lead there, whoever they are for, besides subnets' own ones. */
export const routesTo = (routes: readonly GceRoute[], address: Address): readonly GceRoute[] =>
  routes.filter(({ destination, origin }) => origin !== 'local' && containsAddress(destination, address))

export const isFor = ({ tags }: GceRoute, own: readonly string[]): boolean =>
  tags.length === 0 || tags.some((tag) => own.includes(tag))
