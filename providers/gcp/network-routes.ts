import { type Cidr, equalCidrs, formatCidr } from '../../net/cidr.ts'
import type { DescribedRoute, DescribedTable } from '../described-table.ts'
import { ProviderError } from '../errors.ts'
import { type Gce, call, callForAll } from './call.ts'
import type { WireNetwork, WireRoute } from './gce-api.ts'
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

/**
 * The static routes of the network as Google writes them.
 * @throws ProviderError `not-found` if there is no such network
 */
export async function describeNetwork(
  gce: Gce,
  network: ResourcePath,
  clusterName: string,
  signal: AbortSignal,
): Promise<DescribedTable> {
  const [wires] = await Promise.all([listWires(gce, network, [], signal), readNetwork(gce, network, signal)])
  return { id: network, routes: wires.flatMap((wire) => described(wire, gceRoute(wire, clusterName))) }
}

function described(wire: WireRoute, route: GceRoute | undefined): readonly DescribedRoute[] {
  if (route?.origin !== 'static') return []
  const { description, destination, name, priority, tags, target } = route
  const { destRange = '', nextHopIp = '' } = wire
  const nextHop = target.kind === 'address' ? nextHopIp : target.id
  return [{ destination, target, name, range: destRange, nextHop, priority, tags, description }]
}

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

async function list(
  gce: Gce,
  network: ResourcePath,
  clusterName: string,
  conditions: readonly string[],
  signal: AbortSignal,
): Promise<readonly GceRoute[]> {
  const wires = await listWires(gce, network, conditions, signal)
  return wires.flatMap((wire) => gceRoute(wire, clusterName) ?? [])
}

/**
 * By regular expressions, as Google's own controller asks: they need not know by which host and version the network's URL
 * is written.
 */
async function listWires(
  gce: Gce,
  network: ResourcePath,
  conditions: readonly string[],
  signal: AbortSignal,
): Promise<readonly WireRoute[]> {
  const { project, name } = named(network)
  const filter = [`(network eq ".*/global/networks/${name}")`, ...conditions].join(' ')
  return callForAll(
    gce,
    'listRoutes',
    signal,
    (api, page, options) => api.listRoutes({ project, filter, maxResults: pageSize, ...page }, options),
    (items) => items,
  )
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
