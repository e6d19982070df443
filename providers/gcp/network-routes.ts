import { type Cidr, equalCidrs, formatCidr } from '../../net/cidr.ts'
import { ProviderError } from '../errors.ts'
import { type Gce, call, callForAll } from './call.ts'
import type { WireNetwork } from './gce-api.ts'
import { type GceRoute, gceRoute } from './gce-route.ts'
import { type ResourcePath, networkOfPath } from './resource-names.ts'

/** As many as Google gives at once. */
const pageSize = 500

/**
 * All routes of the network. Google lists none of a network that does not exist, so that is asked too.
 * @throws ProviderError `not-found` if there is no such network
 */
export async function routesOfNetwork(
  gce: Gce,
  network: ResourcePath,
  clusterName: string,
  signal: AbortSignal,
): Promise<readonly GceRoute[]> {
  const [routes] = await Promise.all([
    listRoutes(gce, network, clusterName, signal),
    readNetwork(gce, network, signal),
  ])
  return routes
}

/** The same, and none of a network that does not exist. */
export const listRoutes = (
  gce: Gce,
  network: ResourcePath,
  clusterName: string,
  signal: AbortSignal,
): Promise<readonly GceRoute[]> => list(gce, network, clusterName, [], signal)

/** The static routes to the destination. @throws ProviderError `not-found` if there is no such network */
export async function routesTo(
  gce: Gce,
  network: ResourcePath,
  clusterName: string,
  destination: Cidr,
  signal: AbortSignal,
): Promise<readonly GceRoute[]> {
  const range = `(destRange eq "${literal(formatCidr(destination))}")`
  const listed = await list(gce, network, clusterName, [range], signal)
  const routes = listed.filter((one) => one.origin === 'static' && equalCidrs(one.destination, destination))
  if (routes.length === 0) await readNetwork(gce, network, signal)
  return routes
}

export async function readNetwork(
  gce: Gce,
  network: ResourcePath,
  signal: AbortSignal,
): Promise<WireNetwork> {
  const { project, name } = named(network)
  return call(gce, 'getNetwork', signal, (api, options) =>
    api.getNetwork({ project, network: name }, options),
  )
}

/**
 * By regular expressions, as Google's own controller asks: they need not know by which host and version the network's URL
 * is written.
 */
async function list(
  gce: Gce,
  network: ResourcePath,
  clusterName: string,
  conditions: readonly string[],
  signal: AbortSignal,
): Promise<readonly GceRoute[]> {
  const { project, name } = named(network)
  const filter = [`(network eq ".*/global/networks/${name}")`, ...conditions].join(' ')
  const wires = await callForAll(
    gce,
    'listRoutes',
    signal,
    (api, page, options) => api.listRoutes({ project, filter, maxResults: pageSize, ...page }, options),
    (items) => items,
  )
  return wires.flatMap((wire) => gceRoute(wire, clusterName) ?? [])
}

/** A dot is a dot, without a backslash, whose meaning between quotes is nobody's to know. */
const literal = (text: string): string => text.replaceAll('.', '[.]')

export function named(network: ResourcePath): { readonly project: string; readonly name: string } {
  const found = networkOfPath(network)
  if (found !== undefined) return found
  throw new ProviderError(
    'fatal',
    `${network} is no network: expected projects/PROJECT/global/networks/NAME`,
    {
      code: 'MalformedNetwork',
    },
  )
}
