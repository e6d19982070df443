import { formatCidr } from '../../net/cidr.ts'
import type { AppliedRoute, ApplyDocument } from '../documents/apply-document.ts'
import type { PlannedRoute } from '../documents/plan-document.ts'
import type { Plan } from '../plan/make-plan.ts'
import type { RouteSurvey } from '../survey/survey.ts'
import { type Column, formatTable } from '../table.ts'
import { type CarriedOut, changeKey } from './carry-out.ts'
import type { Forwarding } from './forwarding.ts'

export type ApplyResult = Omit<ApplyDocument, 'apiVersion' | 'kind'>

/** What is done when it is carried out. */
export const isChange = ({ action, held }: PlannedRoute): boolean =>
  held === null && ['create', 'replace', 'delete', 'adopt'].includes(action)

/** Pure. */
export function applyResult(
  plan: Plan,
  survey: RouteSurvey,
  { failures, outcomes }: CarriedOut,
  forwarding: Forwarding,
): ApplyResult {
  const routes = plan.tables.flatMap(({ id, routes: planned }) =>
    planned.filter(isChange).map((route): AppliedRoute => {
      const { held: _held, message: _message, ...about } = route
      const outcome = outcomes.get(changeKey(id, route.destination))
      // An answer that was lost may have been a yes: what the table holds by now is what counts.
      const message = !isLeft(survey, id, route)
        ? null
        : outcome?.result === 'failed'
          ? outcome.error.message
          : (failures.get(route.destination) ?? 'it was not tried: run the command again')
      return { table: id, ...about, result: message === null ? 'done' : 'failed', message }
    }),
  )
  const recorded = new Set(survey.state.ledger.all().map(({ destination }) => formatCidr(destination)))
  return {
    plan: plan.summary,
    routes,
    podCIDRs: plan.podCIDRs
      .filter(({ podCIDRs }) => podCIDRs.length > 0 && podCIDRs.every((one) => recorded.has(one)))
      .map(({ node, podCIDRs }) => ({ node, podCIDRs })),
    forwarding: { changed: forwarding.changed, failed: [...forwarding.failed] },
    unreadTables: plan.tables.flatMap(({ error, id }) =>
      error === null ? [] : [{ table: id, message: error }],
    ),
  }
}

/** Whether there is still something to do, or it is not known: somebody else may have done it. */
function isLeft({ state }: RouteSurvey, tableId: string, { action, destination }: PlannedRoute): boolean {
  if (action === 'adopt') return state.planner.adoptable(destination).includes(tableId)
  return state.planner
    .inspect(destination)
    .some(({ item, table }) => table.id === tableId && 'change' in item)
}

/** For people: what failed, what is to be put into Nodes, and a line that sums it up. */
export function formatApply(result: ApplyResult, columns: number | undefined): string {
  const failed = result.routes.filter((route) => route.result === 'failed')
  const failures = failed.length === 0 ? [] : [`Failed\n${formatTable(failedColumns, failed, columns)}`]
  const { podCIDRs } = result
  const given =
    podCIDRs.length === 0
      ? []
      : [
          `To be put into the Nodes (spec.podCIDRs, or the kubelet’s --pod-cidr)\n${formatTable(nodeColumns, podCIDRs, columns)}`,
        ]
  return [...failures, ...given, `${sumLine(result)}\n`].join('\n')
}

const failedColumns: readonly Column<AppliedRoute>[] = [
  { title: 'TABLE', of: ({ table }) => table },
  { title: 'ACTION', of: ({ action }) => action },
  { title: 'DESTINATION', shorten: 'never', of: ({ destination }) => destination },
  { title: 'NODE', of: ({ node }) => node ?? '' },
  { title: 'MESSAGE', shorten: 'end', of: ({ message }) => message ?? '' },
]

const nodeColumns: readonly Column<ApplyResult['podCIDRs'][number]>[] = [
  { title: 'NODE', of: ({ node }) => node },
  { title: 'PODCIDRS', shorten: 'never', of: ({ podCIDRs }) => podCIDRs.join(',') },
]

/** `Done: 3 created, 1 replaced, 0 deleted.` */
function sumLine({ forwarding, routes }: ApplyResult): string {
  const count = (action: AppliedRoute['action']): number =>
    routes.filter((route) => route.action === action && route.result === 'done').length
  const failed = routes.filter(({ result }) => result === 'failed').length
  const parts = [
    `${count('create')} created`,
    `${count('replace')} replaced`,
    `${count('delete')} deleted`,
    ...(count('adopt') > 0 ? [`${count('adopt')} adopted`] : []),
    ...(forwarding.changed > 0 ? [`${forwarding.changed} made to forward`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ]
  return `${failed > 0 ? 'Partly done' : 'Done'}: ${parts.join(', ')}.`
}

/** Why not all is as it should be, in words; nothing if all is. */
export function problemsOf({ forwarding, routes, unreadTables }: ApplyResult): readonly string[] {
  const failed = routes.filter(({ result }) => result === 'failed').length
  const several = (count: number, what: string): readonly string[] =>
    count === 0 ? [] : [`${count} ${what}`]
  return [
    ...several(failed, `of ${routes.length} changes could not be made`),
    ...several(forwarding.failed.length, 'targets could not be made to forward'),
    ...several(unreadTables.length, 'tables could not be read'),
  ]
}
