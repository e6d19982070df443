import { formatCidr } from '../../net/cidr.ts'
import { ProviderError } from '../errors.ts'
import type { Change, Outcome } from '../provider.ts'
import { type ObservedRoute, type Target, formatTarget, sameTarget } from '../route.ts'
import { type Ec2, call, reserve } from './call.ts'
import { destinationParameter, targetParameter } from './routes.ts'
import { readTable } from './tables.ts'

/**
 * Carries out the changes one after the other; EC2 has no batch. Each `replace` and `delete` reads the table first, since
 * EC2 has no conditional write and would change whatever is there by now. A change by others in the milliseconds between
 * that read and the write is overwritten; the next reading of the table shows it.
 *
 * Changes that come together do not share that read: it would widen the gap, and tie one's abort to the other's, to save
 * what is not scarce. A table may be read four times as often as its routes are replaced, or deleted.
 */
export async function applyChanges(
  ec2: Ec2,
  table: string,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const change of changes) {
    try {
      await carryOut(ec2, table, change, signal)
      outcomes.push({ result: 'done' })
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      outcomes.push({ result: 'failed', error })
    }
  }
  return outcomes
}

function carryOut(ec2: Ec2, table: string, change: Change, signal: AbortSignal): Promise<void> {
  switch (change.op) {
    case 'create':
      return create(ec2, table, change, signal)
    case 'replace':
      return replace(ec2, table, change, signal)
    case 'delete':
      return remove(ec2, table, change, signal)
  }
}

type Create = Extract<Change, { op: 'create' }>
type Replace = Extract<Change, { op: 'replace' }>
type Delete = Extract<Change, { op: 'delete' }>

async function create(ec2: Ec2, table: string, change: Create, signal: AbortSignal): Promise<void> {
  const input = {
    RouteTableId: table,
    ...destinationParameter(change.destination),
    ...targetParameter(change.target),
  }
  try {
    await call(ec2, 'CreateRoute', signal, (api, options) => api.createRoute(input, options))
  } catch (error) {
    if (!isCode(error, 'RouteAlreadyExists')) throw error
    const there = await routeAt(ec2, table, change, signal)
    if (there === undefined || !sameTarget(there.target, change.target)) throw changed(change, there, error)
  }
}

async function replace(ec2: Ec2, table: string, change: Replace, signal: AbortSignal): Promise<void> {
  const input = {
    RouteTableId: table,
    ...destinationParameter(change.destination),
    ...targetParameter(change.target),
  }
  using write = await reserve(ec2, 'ReplaceRoute', signal)
  const there = await routeAt(ec2, table, change, signal)
  if (there !== undefined && sameTarget(there.target, change.target)) return
  if (!holds(there, change.from)) throw changed(change, there)
  try {
    await write.send((api, options) => api.replaceRoute(input, options))
  } catch (error) {
    if (!isCode(error, 'InvalidParameterValue')) throw error
    // Either the route went away since, or the input is bad; the code is the same.
    const now = await routeAt(ec2, table, change, signal)
    throw holds(now, change.from) ? error : changed(change, now, error)
  }
}

async function remove(ec2: Ec2, table: string, change: Delete, signal: AbortSignal): Promise<void> {
  using write = await reserve(ec2, 'DeleteRoute', signal)
  const there = await routeAt(ec2, table, change, signal)
  if (there === undefined) return
  if (!holds(there, change.from)) throw changed(change, there)
  const input = { RouteTableId: table, ...destinationParameter(change.destination) }
  try {
    await write.send((api, options) => api.deleteRoute(input, options))
  } catch (error) {
    if (!isCode(error, 'InvalidRoute.NotFound')) throw error
  }
}

/** The route that a write would meet: a propagated one of the same destination is none, a static one hides it. */
async function routeAt(
  ec2: Ec2,
  table: string,
  { destination }: Change,
  signal: AbortSignal,
): Promise<ObservedRoute | undefined> {
  const key = formatCidr(destination)
  const routes = await readTable(ec2, table, signal)
  return routes.find((route) => route.origin !== 'propagated' && formatCidr(route.destination) === key)
}

const holds = (there: ObservedRoute | undefined, from: Target): boolean =>
  there?.origin === 'static' && sameTarget(there.target, from)

function changed(change: Change, there: ObservedRoute | undefined, cause?: unknown): ProviderError {
  const now = there === undefined ? 'has no route' : `leads to ${formatTarget(there.target)}`
  return new ProviderError('changed', `${formatCidr(change.destination)} ${now} now: nothing was written`, {
    code: cause instanceof ProviderError ? cause.code : 'RouteChanged',
    action: change.op,
    cause,
  })
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof ProviderError && error.code === code
