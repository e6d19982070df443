import { ProviderError } from '../../errors.ts'
import type { ExaminationTools, ExaminedCluster } from '../../examined.ts'
import type { TargetProblem } from '../../provider.ts'
import { type Reading, orRefusal, valueOf } from '../../reading.ts'
import { type Gce, call, callForAll, ofEveryScope } from '../call.ts'
import { isDenied } from '../denials.ts'
import type { WireInstance, WireNetwork, WireProject } from '../gce-api.ts'
import type { WireEffectiveFirewalls, WirePeeringRoute, WireRouter } from '../gce-surroundings.ts'
import { allInstances, findInstances } from '../instances.ts'
import { named, readNetwork, routesOfNetwork } from '../network-routes.ts'
import {
  type ResourcePath,
  instanceOfPath,
  instanceOfProviderID,
  instancePath,
  pathOf,
} from '../resource-names.ts'
import { subnetsOf } from '../subnets.ts'
import { byAddress } from '../targets.ts'
import type { ExaminedSettings, GcpPicture, Place } from './picture.ts'
import { placeOf } from './place.ts'
import type { TestPermissions } from './resource-manager.ts'
import { tryPermissions } from './trial.ts'

/** What is examined: the Nodes, as the controller would be configured for them. */
export interface SurveyRequest extends ExaminedCluster {
  readonly settings: ExaminedSettings
  readonly networks: readonly ResourcePath[]
}

export interface SurveyTools extends ExaminationTools {
  readonly gce: Gce
  readonly testPermissions: TestPermissions
}

/**
 * Reads all that the checks look at. It writes nothing. What these credentials may not read is left out, and said to be.
 * @throws ProviderError for any other failure: what is not known then is not what somebody could allow
 */
export async function survey(
  request: SurveyRequest,
  tools: SurveyTools,
  signal: AbortSignal,
): Promise<GcpPicture> {
  const { gce, progress } = tools
  const { clusterName, nodes, pools, settings } = request
  const read = <T>(work: () => Promise<T>): Promise<Reading<T>> =>
    orRefusal(() => tools.attempt(work), isDenied)

  progress('networks and projects')
  const networks = await read(() => readNetworks(gce, request.networks, signal))
  const known = valueOf(networks)
  const paths =
    known === undefined ? request.networks : [...known].flatMap(([path, one]) => (one ? [path] : []))
  const networkProjects = [...new Set(paths.map((path) => named(path).project))]
  const projects = await read(() => readProjects(gce, [settings.project, ...networkProjects], signal))
  progress(`the instances of ${nodes.length} Nodes`)
  const instances = await read(() => allInstances(gce, settings.project, signal))
  const places = await read(() =>
    locate(request, paths, gce, valueOf(instances) ?? [], valueOf(projects), signal),
  )
  progress('routes and subnets')
  const [routes, subnets] = await Promise.all([
    read(() => ofEach(paths, (path) => routesOfNetwork(gce, path, clusterName, signal))),
    read(() => ofEach(paths, (path) => subnetsOf(gce, path, signal))),
  ])
  progress('firewalls, routers and peerings')
  const region = regionOf(valueOf(places))
  const [firewalls, routers, peerRoutes] = await Promise.all([
    read(() => ofEach(paths, (path) => readFirewalls(gce, path, signal))),
    read(() => ofEach(paths, (path) => readRouters(gce, path, signal))),
    read(() => ofEach(paths, (path) => readPeerRoutes(gce, path, known?.get(path), region, signal))),
  ])
  progress('permissions')
  const site = { mode: settings.mode, instanceProject: settings.project, networkProjects }
  const trials = await tryPermissions(site, tools.testPermissions, signal)
  return {
    ...{ clusterName, nodes, pools, settings, networks, places, instances, routes, subnets },
    ...{ firewalls, peerRoutes, routers, projects, trials },
  }
}

async function ofEach<T>(
  paths: readonly ResourcePath[],
  read: (path: ResourcePath) => Promise<T>,
): Promise<ReadonlyMap<ResourcePath, T>> {
  return new Map(await Promise.all(paths.map(async (path) => [path, await read(path)] as const)))
}

async function readNetworks(
  gce: Gce,
  paths: readonly ResourcePath[],
  signal: AbortSignal,
): Promise<ReadonlyMap<ResourcePath, WireNetwork | undefined>> {
  const found = await Promise.all(
    paths.map(async (path) => {
      try {
        const network = await readNetwork(gce, path, signal)
        return [pathOf(network.selfLink ?? path), network] as const
      } catch (error) {
        if (error instanceof ProviderError && error.class === 'not-found') return [path, undefined] as const
        throw error
      }
    }),
  )
  return new Map(found)
}

async function readProjects(
  gce: Gce,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, WireProject>> {
  const read = (project: string): Promise<WireProject> =>
    call(gce, 'getProject', signal, (api, options) => api.getProject({ project }, options))
  return new Map(await Promise.all([...new Set(ids)].map(async (id) => [id, await read(id)] as const)))
}

/** What the list does not have is asked for by name: it may be of another project, or in a zone that is out of reach. */
async function locate(
  { nodes, settings }: SurveyRequest,
  networks: readonly ResourcePath[],
  gce: Gce,
  listed: readonly WireInstance[],
  projects: ReadonlyMap<string, WireProject> | undefined,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Place | TargetProblem>> {
  const known = new Map(listed.map((instance) => [pathOf(instance.selfLink ?? ''), instance]))
  const names = nodes.flatMap(({ providerID = '' }) => instanceOfProviderID(providerID) ?? [])
  const missing = names.filter((name) => !known.has(instancePath(name)))
  for (const [path, sighting] of await findInstances(gce, missing, signal)) {
    if (sighting.kind === 'unknown') throw sighting.error
    if (sighting.kind === 'instance') known.set(path, sighting.instance)
  }
  const finder = { gce, instanceProject: settings.project, networks: () => Promise.resolve(networks) }
  const unnamed = nodes.filter(({ providerID }) => providerID === undefined)
  const found = new Map<string, WireInstance | TargetProblem>(await byAddress(finder, unnamed, signal))
  for (const { name, providerID } of nodes)
    if (providerID !== undefined) found.set(name, instanceOf(providerID, known))
  return new Map(
    [...found].map(([name, one]): readonly [string, Place | TargetProblem] => {
      if ('problem' in one) return [name, one]
      const { project = '' } = instanceOfPath(pathOf(one.selfLink ?? '')) ?? {}
      return [name, placeOf(one, projects?.get(project))]
    }),
  )
}

function instanceOf(
  providerID: string,
  known: ReadonlyMap<ResourcePath, WireInstance>,
): WireInstance | TargetProblem {
  const name = instanceOfProviderID(providerID)
  if (name === undefined)
    return { problem: 'invalid', message: `its providerID ${providerID} names no instance of Compute Engine` }
  const path = instancePath(name)
  return known.get(path) ?? { problem: 'gone', message: `Compute Engine knows no ${path}` }
}

const readFirewalls = (
  gce: Gce,
  path: ResourcePath,
  signal: AbortSignal,
): Promise<WireEffectiveFirewalls> => {
  const { name: network, project } = named(path)
  return call(gce, 'getEffectiveFirewalls', signal, (api, options) =>
    api.getEffectiveFirewalls({ project, network }, options),
  )
}

/** As many as Google gives at once. */
const pageSize = 500

async function readRouters(
  gce: Gce,
  path: ResourcePath,
  signal: AbortSignal,
): Promise<readonly WireRouter[]> {
  const { name, project } = named(path)
  const filter = `(network eq ".*/global/networks/${name}")`
  const found = await callForAll(
    gce,
    'listRouters',
    signal,
    (api, page, options) => api.listRouters({ project, filter, maxResults: pageSize, ...page }, options),
    (scopes) => ofEveryScope('listRouters', scopes, ({ routers }) => routers),
  )
  return found.filter(({ network = '' }) => pathOf(network) === path)
}

/** Only what the network takes counts, and of static routes the region is no matter. */
async function readPeerRoutes(
  gce: Gce,
  path: ResourcePath,
  network: WireNetwork | undefined,
  region: string | undefined,
  signal: AbortSignal,
): Promise<readonly WirePeeringRoute[]> {
  if (region === undefined) return []
  const { name, project } = named(path)
  const giving = (network?.peerings ?? []).filter(
    ({ importCustomRoutes, state }) => state === 'ACTIVE' && importCustomRoutes === true,
  )
  const found = await Promise.all(
    giving.map(({ name: peeringName = '' }) =>
      callForAll(
        gce,
        'listPeeringRoutes',
        signal,
        (api, page, options) =>
          api.listPeeringRoutes(
            {
              project,
              network: name,
              peeringName,
              region,
              direction: 'INCOMING',
              maxResults: pageSize,
              ...page,
            },
            options,
          ),
        (items) => items,
      ),
    ),
  )
  return found.flat().filter(({ imported }) => imported === true)
}

/** Of some Node. */
function regionOf(places: ReadonlyMap<string, Place | TargetProblem> | undefined): string | undefined {
  for (const place of places?.values() ?? []) {
    if ('problem' in place) continue
    const zone = instanceOfPath(place.path)?.zone
    if (zone !== undefined) return zone.slice(0, zone.lastIndexOf('-'))
  }
  return undefined
}
