import { type Cidr, equalCidrs, formatCidr } from '../../net/cidr.ts'
import { ProviderError } from '../errors.ts'
import { oneByOne } from '../one-by-one.ts'
import type { Change, Outcome } from '../provider.ts'
import { type ObservedRoute, type Target, formatTarget, sameTarget } from '../route.ts'
import { type Ec2, call, reserve } from './call.ts'
import { refusal } from './destinations.ts'
import { ofNewcomer } from './newcomers.ts'
import { destinationParameter, targetParameter } from './routes.ts'
import type { Sightings } from './sightings.ts'

/** Where changes are made, and what is known there. */
export interface Site {
  readonly ec2: Ec2
  readonly sightings: Sightings
  readonly table: string
  /** What the table holds now. */
  readonly look: (signal: AbortSignal) => Promise<readonly ObservedRoute[]>
  /** Of the table's VPC. */
  readonly rangesOfVpc: readonly Cidr[]
}

/**
 * Carries out the changes one after the other; EC2 has no batch. Each `replace` and `delete` reads the table first, since
 * EC2 has no conditional write and would change whatever is there by now. A change by others in the milliseconds between
 * that read and the write is overwritten; the next reading of the table shows it.
 */
export const applyChanges = (
  site: Site,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> => oneByOne(changes, (change) => carryOut(site, change, signal))

async function carryOut(site: Site, change: Change, signal: AbortSignal): Promise<Outcome> {
  // What is there can be removed, wherever it lies.
  if (change.op === 'delete') {
    await remove(site, change, signal)
    return { result: 'done' }
  }
  const refused = refusal(change.destination, site.rangesOfVpc)
  if (refused !== undefined) throw refused
  try {
    if (change.op === 'create') return await create(site, change, signal)
    await replace(site, change, signal)
    return { result: 'done' }
  } catch (error) {
    throw ofNewcomer(error, change.target, site.sightings)
  }
}

type Create = Extract<Change, { op: 'create' }>
type Replace = Extract<Change, { op: 'replace' }>
type Delete = Extract<Change, { op: 'delete' }>

async function create(site: Site, change: Create, signal: AbortSignal): Promise<Outcome> {
  const input = {
    RouteTableId: site.table,
    ...destinationParameter(change.destination),
    ...targetParameter(change.target),
  }
  try {
    await call(site.ec2, 'CreateRoute', signal, (api, options) => api.createRoute(input, options))
    return { result: 'done' }
  } catch (error) {
    if (!isCode(error, 'RouteAlreadyExists')) throw error
    const there = await routeAt(site, change, signal)
    if (there === undefined || !sameTarget(there.target, change.target)) throw changed(change, there, error)
    return { result: 'done', existed: true }
  }
}

async function replace(site: Site, change: Replace, signal: AbortSignal): Promise<void> {
  const input = {
    RouteTableId: site.table,
    ...destinationParameter(change.destination),
    ...targetParameter(change.target),
  }
  using write = await reserve(site.ec2, 'ReplaceRoute', signal)
  const there = await routeAt(site, change, signal)
  if (there !== undefined && sameTarget(there.target, change.target)) return
  if (!holds(there, change.from)) throw changed(change, there)
  try {
    await write.send((api, options) => api.replaceRoute(input, options))
  } catch (error) {
    if (!isCode(error, 'InvalidParameterValue')) throw error
    // Either the route went away since, or the input is bad; the code is the same.
    const now = await routeAt(site, change, signal)
    throw holds(now, change.from) ? error : changed(change, now, error)
  }
}

async function remove(site: Site, change: Delete, signal: AbortSignal): Promise<void> {
  using write = await reserve(site.ec2, 'DeleteRoute', signal)
  const there = await routeAt(site, change, signal)
  if (there === undefined) return
  if (!holds(there, change.from)) throw changed(change, there)
  const input = { RouteTableId: site.table, ...destinationParameter(change.destination) }
  try {
    await write.send((api, options) => api.deleteRoute(input, options))
  } catch (error) {
    if (!isCode(error, 'InvalidRoute.NotFound')) throw error
  }
}

/** The route that a write would meet: a propagated one of the same destination is none, a static one hides it. */
async function routeAt(
  { look }: Site,
  { destination }: Change,
  signal: AbortSignal,
): Promise<ObservedRoute | undefined> {
  const routes = await look(signal)
  return routes.find((route) => route.origin !== 'propagated' && equalCidrs(route.destination, destination))
}

/** Whether a change of what was thought to lead `from` somewhere meets just that. */
export const holds = (there: ObservedRoute | undefined, from: Target): boolean =>
  there?.origin === 'static' && sameTarget(there.target, from)

/** That the plan saw something else than there is. */
export function changed(change: Change, there: ObservedRoute | undefined, cause?: unknown): ProviderError {
  const now = there === undefined ? 'has no route' : `leads to ${formatTarget(there.target)}`
  return new ProviderError('changed', `${formatCidr(change.destination)} ${now} now: nothing was written`, {
    code: cause instanceof ProviderError ? cause.code : 'RouteChanged',
    action: change.op,
    cause,
  })
}

export const isCode = (error: unknown, code: string): boolean =>
  error instanceof ProviderError && error.code === code
