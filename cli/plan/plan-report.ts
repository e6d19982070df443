import type { PlannedRoute, PlanSummary } from '../documents/plan-document.ts'
import { type Column, formatTable, oneLine } from '../table.ts'
import type { Colour, Paint } from '../terminal/paint.ts'
import { type Plan, hasChanges } from './make-plan.ts'

export interface PlanView {
  readonly paint: Paint
  /** Letters of a line; undefined if it has no end. */
  readonly columns?: number | undefined
  /** Those too to which nothing is to be done. */
  readonly all: boolean
}

/** For people: table by table what would be done and why, what waits, and a line that sums it up. */
export function formatPlan(plan: Plan, view: PlanView): string {
  const sections = [
    ...allocations(plan, view),
    ...plan.tables.flatMap((table) => tableSection(table, view)),
    ...waiting(plan, view),
  ]
  return [...sections, `${summaryLine(plan.summary, view.paint)}\n`].join('\n')
}

/** `Plan: 3 to create, 1 to replace, 0 to delete; 12 unchanged, 1 disputed.` */
export function summaryLine(summary: PlanSummary, paint: Paint): string {
  const { adopt, create, delete: deletes, disputed, held, replace, unchanged, wait } = summary
  const others = [
    `${unchanged} unchanged`,
    ...(disputed > 0 ? [`${disputed} disputed`] : []),
    ...(held > 0 ? [`${held} held back`] : []),
    ...(wait > 0 ? [`${wait} waiting`] : []),
  ].join(', ')
  if (!hasChanges(summary)) return `${paint('Nothing to do:', 'bold')} ${others}.`
  const changes = [
    `${create} to create`,
    `${replace} to replace`,
    `${deletes} to delete`,
    ...(adopt > 0 ? [`${adopt} to adopt`] : []),
  ].join(', ')
  return `${paint('Plan:', 'bold')} ${changes}; ${others}.`
}

const marks: Readonly<Record<PlannedRoute['action'], string>> = {
  create: '+',
  replace: '~',
  delete: '-',
  adopt: '*',
  keep: '=',
  satisfied: '=',
  disputed: '!',
  wait: '?',
}

const colours: Readonly<Record<PlannedRoute['action'], Colour | undefined>> = {
  create: 'green',
  replace: 'yellow',
  delete: 'red',
  adopt: 'cyan',
  keep: undefined,
  satisfied: undefined,
  disputed: 'magenta',
  wait: 'gray',
}

/** Such as a person has to know of, or to agree to. */
const isOfInterest = ({ action }: PlannedRoute): boolean => action !== 'keep' && action !== 'satisfied'

function tableSection(
  { error, id, name, quotas, routes }: Plan['tables'][number],
  { all, columns, paint }: PlanView,
): readonly string[] {
  const shown = all ? routes : routes.filter(isOfInterest)
  if (shown.length === 0 && error === null) return []
  const title = paint(oneLine(name === null ? id : `${id} (${name})`), 'bold')
  const fill = quotas.map(({ family, limit, used }) => `${used} of ${limit} ${kindOf(family)}routes`)
  const head = [title, ...(fill.length === 0 ? [] : [`, ${fill.join(', ')}`])].join('')
  if (error !== null) return [`${head}\n${paint(`could not be read: ${oneLine(error)}`, 'red')}\n`]
  return [`${head}\n${formatTable(routeColumns(paint), shown, columns)}${roomLines(quotas, routes, paint)}`]
}

const kindOf = (family: string): string => (family === 'both' ? '' : `${family} `)

const routeColumns = (paint: Paint): readonly Column<PlannedRoute>[] => [
  {
    title: '  ACTION',
    shorten: 'never',
    of: ({ action }) => `${marks[action]} ${action}`,
    paint: (text, { action, held }) => {
      const colour = held === null ? colours[action] : 'gray'
      return colour === undefined ? text : paint(text, colour)
    },
  },
  { title: 'DESTINATION', shorten: 'never', of: ({ destination }) => destination },
  { title: 'NODE', of: ({ node }) => node ?? '' },
  { title: 'TARGET', of: targetText },
  {
    title: 'WHY',
    shorten: 'end',
    of: ({ held, message }) => (held === null ? message : `held back: ${held.message}`),
  },
]

function targetText({ from, target }: PlannedRoute): string {
  const texts = [from, target].flatMap((one) => (one === null ? [] : [`${one.kind}/${one.id}`]))
  return [...new Set(texts)].join(' → ')
}

/** Where more is to be created than fits. */
function roomLines(
  quotas: Plan['tables'][number]['quotas'],
  routes: readonly PlannedRoute[],
  paint: Paint,
): string {
  return quotas
    .flatMap(({ family, limit, used }) => {
      const of = (action: PlannedRoute['action']): number =>
        routes.filter(
          (route) =>
            route.action === action &&
            route.held === null &&
            (family === 'both' || (route.destination.includes(':') ? 'IPv6' : 'IPv4') === family),
        ).length
      const more = of('create') - of('delete')
      if (used + more <= limit) return []
      const text = `It takes ${Math.max(0, limit - used)} more ${kindOf(family)}routes, and ${more} are to be added: raise its quota first.`
      return [`${paint(text, 'yellow')}\n`]
    })
    .join('')
}

function allocations({ podCIDRs }: Plan, { columns, paint }: PlanView): readonly string[] {
  const given = podCIDRs.filter((one) => one.podCIDRs.length > 0)
  if (given.length === 0) return []
  const rows: readonly Column<(typeof given)[number]>[] = [
    { title: 'NODE', of: ({ node }) => node },
    { title: 'PODCIDRS', shorten: 'never', of: (one) => one.podCIDRs.join(',') },
  ]
  return [`${paint('podCIDRs to be given', 'bold')}\n${formatTable(rows, given, columns)}`]
}

/** What a table has told as disputed already is not told twice. */
function waiting({ troubles }: Plan, { columns, paint }: PlanView): readonly string[] {
  const shown = troubles.filter(({ reason }) => reason !== 'ForeignRoute')
  if (shown.length === 0) return []
  const rows: readonly Column<(typeof shown)[number]>[] = [
    { title: 'NODE', of: ({ node }) => node },
    { title: 'REASON', of: ({ reason }) => reason },
    { title: 'MESSAGE', shorten: 'end', of: ({ message }) => message },
  ]
  return [`${paint('What Nodes wait for', 'bold')}\n${formatTable(rows, shown, columns)}`]
}
