import { formatCidr } from '../../net/cidr.ts'
import type { Family } from '../../net/address.ts'
import { isTargetProblem } from '../../providers/provider.ts'
import type { Policy } from '../../reconciler/guard/policy.ts'
import type { GuardedWork } from '../../reconciler/guarded-work.ts'
import type { PlanReason } from '../../reconciler/plan/plan.ts'
import type { PlanDocument, PlanSummary, PlannedRoute } from '../documents/plan-document.ts'
import type { RouteSurvey, SurveyedDestination, SurveyedTable } from '../survey/survey.ts'

/** What a plan says, without kind and version. */
export type Plan = Omit<PlanDocument, 'apiVersion' | 'kind'>

/** Which foreign routes that say what podway would write become its own. */
export type Adoption = 'none' | 'matching'

/** The survey as a plan. Pure. Tables by id, routes by destination; what is not there and not wanted is left out. */
export function makePlan(survey: RouteSurvey, policy: Policy, adopt: Adoption): Plan {
  const adopts = adopt === 'matching' && policy !== 'observe'
  const tables = survey.tables.map((table) => ({
    id: table.table.id,
    name: table.table.name ?? null,
    error: table.error?.message ?? null,
    quotas: quotasOf(table),
    routes: survey.destinations.flatMap((one) =>
      one.work
        .filter((work) => work.table.id === table.table.id && work.item.op !== 'none')
        .map((work) => routeOf(one, work, adopts && one.adoptable.includes(work.table.id))),
    ),
  }))
  return {
    policy,
    summary: summaryOf(tables.flatMap(({ routes }) => routes)),
    podCIDRs: survey.planned.map((one) =>
      one.result === 'allocated'
        ? { node: one.node, podCIDRs: one.cidrs.map(formatCidr), message: null }
        : { node: one.node, podCIDRs: [], message: one.message },
    ),
    tables,
    troubles: survey.troubles.map(({ node, reason, message }) => ({ node, reason, message })),
  }
}

/** Whether carrying it out would do something, to a table or to the record of whose routes they are. */
export const hasChanges = ({ create, replace, delete: deletes, adopt }: PlanSummary): boolean =>
  create + replace + deletes + adopt > 0

export const quotasOf = ({ quota }: Pick<SurveyedTable, 'quota'>): PlanDocument['tables'][number]['quotas'] =>
  (quota?.families ?? []).map(({ family, used, limit }) => ({ family: familyText(family), used, limit }))

export const familyText = (family: Family | 'both'): 'IPv4' | 'IPv6' | 'both' =>
  family === 'both' ? family : (`IPv${family}` as const)

function summaryOf(routes: readonly PlannedRoute[]): PlanSummary {
  const free = routes.filter(({ held }) => held === null)
  const count = (...actions: readonly PlannedRoute['action'][]): number =>
    free.filter(({ action }) => actions.includes(action)).length
  return {
    create: count('create'),
    replace: count('replace'),
    delete: count('delete'),
    adopt: count('adopt'),
    unchanged: count('keep', 'satisfied'),
    disputed: count('disputed'),
    held: routes.length - free.length,
    wait: count('wait'),
  }
}

function routeOf(
  { destination, holder, record, target }: SurveyedDestination,
  { hold, item }: GuardedWork,
  adopts: boolean,
): PlannedRoute {
  const wanted = target === undefined || isTargetProblem(target) ? null : { kind: target.kind, id: target.id }
  const about = {
    destination: formatCidr(destination),
    node: holder?.name ?? record?.node.name ?? null,
    held: hold === undefined ? null : { reason: hold.reason, message: hold.message },
  }
  if ('change' in item) {
    const { change, reason } = item
    return {
      action: item.op,
      ...about,
      target: change.op === 'delete' ? null : { kind: change.target.kind, id: change.target.id },
      from: change.op === 'create' ? null : { kind: change.from.kind, id: change.from.id },
      reason,
      message: reasonWords[reason],
    }
  }
  if (adopts && item.op === 'satisfied')
    return { action: 'adopt', ...about, target: wanted, from: null, reason: 'Adopted', message: adoptWords }
  const action = item.reason === 'TargetUnknown' ? 'wait' : item.op === 'none' ? 'keep' : item.op
  return {
    action,
    ...about,
    target: wanted,
    from: null,
    reason: item.reason,
    message: item.message === '' ? reasonWords[item.reason] : item.message,
  }
}

const adoptWords = 'a foreign route says what podway would write: it becomes podway’s as it is'

/** Why, for people. */
const reasonWords: Readonly<Record<PlanReason, string>> = {
  Missing: 'it is not there',
  Programmed: 'as it should be',
  Blackhole: 'its target takes no packets',
  ForeignRouteMatches: 'a route that podway did not make does the job',
  ForeignRoute: 'a route that podway did not make is in the way',
  Moved: 'its Node is behind another target now',
  Surplus: 'an old route of podway’s stands beside it, and takes some of the packets',
  Drifted: 'somebody else has changed it',
  TargetUnknown: 'the target of the Node is not known yet',
  Unwanted: 'no Node has the range any more',
  ChangedByOthers: 'somebody else has changed it, and no Node has the range any more',
  Nothing: '',
}
