import { isNotFound } from '../kube/errors.ts'
import type { Resource } from '../kube/resource.ts'
import { type NodeRoute, releaseAnnotation } from '../reconciler/node-route/node-route.ts'
import { MissingDefinitionError } from '../reconciler/node-route/node-route-store.ts'
import { type HeldRoute, formatHeld, heldRoutes } from './held-routes.ts'
import { inParallel } from './in-parallel.ts'
import { listAll } from './list-all.ts'
import type { Output } from './output.ts'
import type { ReleaseConfig, ReleaseTarget } from './release-config.ts'
import { type Asker, confirm } from './terminal/confirm.ts'
import { type Waits, withRetries } from './with-retries.ts'

export type ReleaseRequest = Pick<ReleaseConfig, 'targets' | 'yes' | 'output'>

export interface ReleaseParts {
  readonly routes: Resource<NodeRoute>
  readonly output: Output
  readonly waits: Waits
  readonly asker: Asker
}

const atOnce = 16

/**
 * Lists the routes whose deletion the brake holds, or lets them go: each NodeRoute is marked with its node's uid, for the
 * controller to see, once somebody has said yes. Releasing again changes nothing. Rejects before anything is written if one that was named is not
 * held, and after the rest was written if some could not be.
 */
export async function runRelease(
  request: ReleaseRequest,
  parts: ReleaseParts,
  signal: AbortSignal,
): Promise<void> {
  const { output, routes, waits } = parts
  const objects = await withRetries(() => listAll(routes, signal), waits, signal).catch((error: unknown) => {
    throw isNotFound(error) ? new MissingDefinitionError() : error
  })
  const held = heldRoutes(objects)
  if (request.targets === undefined) {
    await output.result(formatHeld(held, request.output, output.columns))
    await output.note(listNote(held))
    return
  }
  const chosen = request.targets === 'all' ? held : choose(held, objects, request.targets)
  if (chosen.length > 0) await ask(chosen, request, parts, signal)
  const failures = await inParallel(chosen, atOnce, (route) => release(route, parts, signal))
  const released = chosen
    .filter((_, index) => failures[index] === undefined)
    .map((route) => ({ ...route, released: true }))
  await output.result(formatHeld(released, request.output, output.columns))
  for (const [index, { name }] of chosen.entries()) {
    const failure = failures[index]
    if (failure !== undefined) await output.note(`${name}: ${failure}`)
  }
  if (released.length < chosen.length)
    throw new Error(`${chosen.length - released.length} of ${count(chosen.length)} could not be released`)
  await output.note(chosen.length === 0 ? 'Nothing is held.' : `${count(chosen.length)} released.`)
}

/** What was listed by its names need not be listed again. @throws NotConfirmedError */
async function ask(
  chosen: readonly HeldRoute[],
  { yes }: ReleaseRequest,
  { asker, output }: ReleaseParts,
  signal: AbortSignal,
): Promise<void> {
  if (!yes && asker.isThere) await output.note(formatHeld(chosen, 'table', output.columns).trimEnd())
  const question = `Do you want the routes of ${count(chosen.length)} to be deleted, of which instances may still run?`
  await confirm(question, { asker, output, yes }, signal)
}

/** @throws Error that names all that are not held, and why */
function choose(
  held: readonly HeldRoute[],
  objects: readonly NodeRoute[],
  targets: readonly ReleaseTarget[],
): readonly HeldRoute[] {
  const heldByName = new Map(held.map((route) => [route.name, route]))
  const known = new Set(objects.map(({ metadata }) => metadata.name))
  const others = targets.filter(({ name }) => !heldByName.has(name))
  if (others.length > 0) {
    const why = others.map(({ name, text }) =>
      known.has(name) ? `${text} is not held by the brake` : `there is no NodeRoute for ${text}`,
    )
    throw new Error(`${why.join(', ')}: nothing was released`)
  }
  return [...new Set(targets.flatMap(({ name }) => heldByName.get(name) ?? []))]
}

/** Resolves with why it could not be done. */
async function release(
  { name, node, released }: HeldRoute,
  { routes, waits }: ReleaseParts,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (released) return undefined
  const patch = { metadata: { annotations: { [releaseAnnotation]: node.uid } } }
  try {
    await withRetries(() => routes.patch(name, patch, { type: 'merge', signal }), waits, signal)
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    // Its routes are gone: what was wanted.
    if (isNotFound(error)) return undefined
    return error instanceof Error ? error.message : String(error)
  }
}

function listNote(held: readonly HeldRoute[]): string {
  if (held.length === 0) return 'Nothing is held.'
  const waiting = held.filter(({ released }) => released).length
  const already = waiting === 0 ? '' : ` ${count(waiting)} released already, for the controller to delete.`
  return `${count(held.length)} held: name those to release, or all by --all.${already}`
}

const count = (routes: number): string => (routes === 1 ? '1 destination' : `${routes} destinations`)
