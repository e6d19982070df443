import { type Cidr, formatCidr } from '../../net/cidr.ts'
import { ProviderError } from '../errors.ts'
import { oneByOne } from '../one-by-one.ts'
import type { Change, Outcome } from '../provider.ts'
import { type Target, formatTarget, sameTarget } from '../route.ts'
import { type Gce, type ReservedCall, call, reserve } from './call.ts'
import type { WireQuotaInfo, WireRoute } from './gce-api.ts'
import { quotaIn } from './errors.ts'
import { type GceRoute, nextHopOf } from './gce-route.ts'
import { named, routesTo } from './network-routes.ts'
import { finished } from './operations.ts'
import type { ResourcePath } from './resource-names.ts'
import { routeDescription, routeName } from './route-mark.ts'

/** Where changes are made, and how routes look there. */
export interface Site {
  readonly gce: Gce
  readonly network: ResourcePath
  readonly clusterName: string
  readonly priority: number
  /** Of the instances that the routes are for; all without any. */
  readonly tags: readonly string[]
  /** What a refusal said of the quota that is used up. */
  readonly onQuota: (quota: WireQuotaInfo) => void
}

/**
 * Carries out the changes one after the other; Google has no batch. Each change reads the routes of its destination first:
 * Google would take a second route to it and give each a share of the packets, and it deletes by name, whatever the route
 * leads to. A change by others in the moment between that read and the write is seen by the next reading.
 */
export const applyChanges = (
  site: Site,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> => oneByOne(changes, (change) => carryOut(site, change, signal))

async function carryOut(site: Site, change: Change, signal: AbortSignal): Promise<Outcome> {
  const { gce, network, clusterName } = site
  using write = await reserve(gce, signal)
  const routes = await routesTo(gce, network, clusterName, change.destination, signal)
  switch (change.op) {
    case 'create':
      return await create(site, write, change, routes, signal)
    case 'replace':
      return await replace(site, write, change, routes, signal)
    case 'delete':
      return await remove(site, write, change, routes, signal)
  }
}

type Create = Extract<Change, { op: 'create' }>
type Replace = Extract<Change, { op: 'replace' }>
type Delete = Extract<Change, { op: 'delete' }>

const done: Outcome = { result: 'done' }

async function create(
  site: Site,
  write: ReservedCall,
  change: Create,
  routes: readonly GceRoute[],
  signal: AbortSignal,
): Promise<Outcome> {
  if (routes.some(({ target }) => !sameTarget(target, change.target))) throw changed(change, routes)
  if (routes.length > 0) return { result: 'done', existed: true }
  return insert(site, write, change, site.priority, signal)
}

/**
 * Make before break: the new route first, with another priority than the old one, so that the packets change over at one
 * moment, be it now or when the old one goes; with the same they would be shared meanwhile. The priority is the
 * configured one, or the one before it where the old route has that: so that it does not wander with each move.
 */
async function replace(
  site: Site,
  write: ReservedCall,
  change: Replace,
  routes: readonly GceRoute[],
  signal: AbortSignal,
): Promise<Outcome> {
  const isThere = leadsTo(routes, change.target)
  const isOld = leadsTo(routes, change.from)
  if (!isOld && !isThere) throw changed(change, routes)
  const old = isOld ? change.from : change.target
  const surplus = removable(routes, old).filter(({ target }) => !sameTarget(target, change.target))
  const [first, ...rest] = surplus
  if (isThere) {
    if (first === undefined) return done
    await drop(site, write, first, signal)
  } else {
    const taken = routes.some(({ priority }) => priority === site.priority)
    const made = await insert(site, write, change, taken ? site.priority - 1 : site.priority, signal)
    if (made.result === 'failed') return made
    if (first !== undefined) await drop(site, later(site, signal), first, signal)
  }
  for (const route of rest) await drop(site, later(site, signal), route, signal)
  return done
}

async function remove(
  site: Site,
  write: ReservedCall,
  change: Delete,
  routes: readonly GceRoute[],
  signal: AbortSignal,
): Promise<Outcome> {
  if (routes.length === 0) return done
  if (!leadsTo(routes, change.from)) throw changed(change, routes)
  const [first, ...rest] = removable(routes, change.from)
  if (first !== undefined) await drop(site, write, first, signal)
  for (const route of rest) await drop(site, later(site, signal), route, signal)
  return done
}

/**
 * What of a destination's routes is to go with the one that leads to `from`: everything with podway's mark, since there is
 * one owner of a destination; and where the route itself has no mark, because it was adopted, that one too. A foreign
 * route that leads to the same place as a marked one stays.
 */
function removable(routes: readonly GceRoute[], from: Target): readonly GceRoute[] {
  const marked = routes.filter(({ isMarked }) => isMarked)
  if (leadsTo(marked, from)) return marked
  return [...routes.filter(({ target }) => sameTarget(target, from)), ...marked]
}

const leadsTo = (routes: readonly GceRoute[], to: Target): boolean =>
  routes.some(({ target }) => sameTarget(target, to))

async function insert(
  site: Site,
  write: ReservedCall,
  { destination, target }: Create | Replace,
  priority: number,
  signal: AbortSignal,
): Promise<Outcome> {
  const { gce, network, tags } = site
  const { project } = named(network)
  const routeResource = routeOf(site, destination, target, priority, tags)
  try {
    const begun = await write.send('insertRoute', (api, options) =>
      api.insertRoute({ project, routeResource }, options),
    )
    await finished(gce, project, begun, 'insertRoute', signal)
    return done
  } catch (error) {
    const quota = quotaIn(error)
    if (quota !== undefined) site.onQuota(quota)
    if (!(error instanceof ProviderError) || error.class !== 'changed') throw error
    return compare(site, destination, target, error, signal)
  }
}

/**
 * A 409 is no success (gce_routes.go takes it for one): it says that there is a route of that name, not what it is. Since the
 * name says where the route leads, it is ours, of an attempt whose answer was lost, or still in the making; or somebody
 * has put another one in its place.
 */
async function compare(
  { gce, network, clusterName }: Site,
  destination: Cidr,
  target: Target,
  error: ProviderError,
  signal: AbortSignal,
): Promise<Outcome> {
  const there = await routesTo(gce, network, clusterName, destination, signal)
  if (there.some((route) => route.isMarked && sameTarget(route.target, target)))
    return { result: 'done', existed: true }
  const name = routeName({ clusterName, network, destination, target })
  const message = `there is a route ${name} that does not lead where its name says, or is not made yet`
  throw new ProviderError('changed', message, { code: error.code, action: 'routes.insert', cause: error })
}

function routeOf(
  { network, clusterName }: Site,
  destination: Cidr,
  target: Target,
  priority: number,
  tags: readonly string[],
): WireRoute {
  const nextHop = nextHopOf(target)
  if (nextHop === undefined) {
    const message = `a route can't be made to lead to ${formatTarget(target)}: only instances and their addresses are written`
    throw new ProviderError('invalid', message, { code: 'UnsupportedTarget', action: 'routes.insert' })
  }
  const identity = { clusterName, network, destination, target }
  return {
    name: routeName(identity),
    description: routeDescription(identity),
    network,
    destRange: formatCidr(destination),
    priority,
    ...(tags.length === 0 ? {} : { tags }),
    ...nextHop,
  }
}

type Sender = Pick<ReservedCall, 'send'>

/** For the writes after the first one of a change. */
const later = ({ gce }: Site, signal: AbortSignal): Sender => ({
  send: (name, send) => call(gce, name, signal, send),
})

async function drop(
  { gce, network }: Site,
  write: Sender,
  { name }: GceRoute,
  signal: AbortSignal,
): Promise<void> {
  const { project } = named(network)
  try {
    const begun = await write.send('deleteRoute', (api, options) =>
      api.deleteRoute({ project, route: name }, options),
    )
    await finished(gce, project, begun, 'deleteRoute', signal)
  } catch (error) {
    if (!(error instanceof ProviderError) || error.class !== 'not-found') throw error
  }
}

function changed(change: Change, there: readonly GceRoute[]): ProviderError {
  const now =
    there.length === 0
      ? 'has no route'
      : `leads to ${there.map(({ target }) => formatTarget(target)).join(' and ')}`
  const message = `${formatCidr(change.destination)} ${now} now: nothing was written`
  return new ProviderError('changed', message, { code: 'RouteChanged', action: change.op })
}
