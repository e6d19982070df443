import { readFilter } from './filter.ts'
import { pageOf } from './paging.ts'
import { urlOf } from './references.ts'
import type { State } from './state.ts'

interface Named {
  readonly name: string
}

/** The answer of a `list`: a list without items has none, not an empty one. */
export function listOf(
  kind: string,
  views: readonly object[],
  parameters: ReadonlyMap<string, string>,
  selfLink: string,
  timeOf?: (view: object) => string,
): object {
  const passed = views.filter(readFilter(parameters.get('filter') ?? ''))
  const { items, nextPageToken } = pageOf(passed, (view) => (view as Named).name, parameters, timeOf)
  return {
    kind: `compute#${kind}`,
    id: selfLink.split('/compute/v1/')[1] ?? '',
    ...(items.length === 0 ? {} : { items }),
    ...(nextPageToken === undefined ? {} : { nextPageToken }),
    selfLink,
  }
}

export interface Scoped {
  /** `zones/europe-west1-b` */
  readonly scope: string
  readonly view: object
}

/**
 * The answer of an `aggregatedList`: every scope is in it, an empty one with a warning, as one that can't be reached, which
 * fails nothing: whoever does not look takes a part for the whole.
 */
export function aggregatedListOf(
  kind: string,
  field: string,
  all: readonly Scoped[],
  scopes: readonly string[],
  parameters: ReadonlyMap<string, string>,
  selfLink: string,
  state: State,
): object {
  const lost = scopes.filter((scope) => state.unreachable.has(scope))
  const test = readFilter(parameters.get('filter') ?? '')
  const passed = all.filter(({ scope, view }) => !lost.includes(scope) && test(view))
  const page = pageOf(passed, ({ scope, view }) => `${scope} ${(view as Named).name}`, parameters)
  const items = Object.fromEntries(
    scopes.map((scope) => {
      const views = page.items.filter((item) => item.scope === scope).map(({ view }) => view)
      return [scope, views.length > 0 ? { [field]: views } : { warning: warningOf(scope, lost) }]
    }),
  )
  return {
    kind: `compute#${kind}`,
    id: selfLink.split('/compute/v1/')[1] ?? '',
    items,
    ...(page.nextPageToken === undefined ? {} : { nextPageToken: page.nextPageToken }),
    selfLink,
    ...(lost.length === 0 ? {} : { unreachables: lost.map((scope) => urlOf(scope)) }),
  }
}

function warningOf(scope: string, lost: readonly string[]): object {
  const data = [{ key: 'scope', value: scope }]
  return lost.includes(scope)
    ? { code: 'UNREACHABLE', message: `The scope '${scope}' is not reachable.`, data }
    : { code: 'NO_RESULTS_ON_PAGE', message: `There are no results for scope '${scope}' on this page.`, data }
}
