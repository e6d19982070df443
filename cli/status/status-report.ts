import { type Column, formatTable, oneLine, shortened } from '../table.ts'
import type { Paint } from '../terminal/paint.ts'
import { type NodeStatus, type RouteStatus, type Status, isFine } from './make-status.ts'

export interface StatusView {
  readonly paint: Paint
  readonly columns?: number | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** For people: what matters in an outage first. */
export function formatStatus(status: Status, view: StatusView): string {
  const { columns, paint } = view
  return [
    `${leaderLine(status.leader, view)}\n${sumLine(status, paint)}\n`,
    ...(status.tables.length === 0 ? [] : [formatTable(tableColumns, status.tables, columns)]),
    ...(status.nodes.length === 0
      ? []
      : [formatTable(matrixColumns(status, paint), rowsOf(status), columns)]),
    ...(status.leftovers.length === 0
      ? []
      : [
          `${paint('Of Nodes that are gone', 'bold')}\n${formatTable(leftoverColumns, status.leftovers, columns)}`,
        ]),
  ].join('\n')
}

function leaderLine(leader: Status['leader'], { now, paint }: StatusView): string {
  const title = paint('Controller:', 'bold')
  if (leader === null) return `${title} ${paint('none is at work', 'red')}`
  const age =
    leader.renewed === null ? undefined : Math.max(0, Math.round((now - Date.parse(leader.renewed)) / 1000))
  const heard = age === undefined ? '' : `, heard of ${age} s ago`
  const text = `${oneLine(leader.identity)}${heard}`
  return `${title} ${leader.fresh ? text : paint(`${text}: it is silent`, 'red')}`
}

function sumLine({ summary: { nodes, routed, states } }: Status, paint: Paint): string {
  const text = `${routed} of ${nodes} are routed`
  const counts = Object.entries(states).map(([state, count]) => `${count} ${state}`)
  const routes = counts.length === 0 ? 'no routes are recorded' : `routes: ${counts.join(', ')}`
  return `${paint('Nodes:', 'bold')} ${routed === nodes ? text : paint(text, 'yellow')}; ${routes}`
}

const tableColumns: readonly Column<Status['tables'][number]>[] = [
  { title: 'TABLE', of: ({ id }) => id },
  { title: 'ROUTES', of: ({ routes }) => String(routes) },
  {
    title: 'STATES',
    of: ({ states }) =>
      Object.entries(states)
        .map(([state, count]) => `${count} ${state}`)
        .join(', '),
  },
]

/** One podCIDR of a Node; a Node without has one row too. */
interface Row {
  readonly node: NodeStatus
  readonly route: RouteStatus | undefined
}

const rowsOf = ({ nodes }: Status): readonly Row[] =>
  nodes.flatMap((node): readonly Row[] =>
    node.routes.length === 0 ? [{ node, route: undefined }] : node.routes.map((route) => ({ node, route })),
  )

/** More tables than that make no matrix that anybody can read: then the states are counted. */
const mostTables = 6

function matrixColumns({ tables }: Status, paint: Paint): readonly Column<Row>[] {
  const stateOf = ({ route }: Row, id: string): string =>
    route?.tables.find(({ table }) => table === id)?.state ?? ''
  const isGood = (text: string): boolean => ['Programmed', 'Satisfied'].includes(text.trim())
  const states: readonly Column<Row>[] =
    tables.length > mostTables
      ? [
          {
            title: 'TABLES',
            of: ({ route }) => {
              const all = route?.tables ?? []
              return `${all.filter(({ state }) => isFine(state)).length} of ${tables.length}`
            },
          },
        ]
      : tables.map(({ id }) => ({
          title: shortened(id, 16),
          of: (row) => stateOf(row, id),
          paint: (text) => (text.trim() === '-' ? text : paint(text, isGood(text) ? 'green' : 'yellow')),
        }))
  return [
    { title: 'NODE', of: ({ node }) => node.name },
    {
      title: 'ROUTED',
      of: ({ node }) => (node.routed ? 'yes' : 'no'),
      paint: (text, { node }) => paint(text, node.routed ? 'green' : 'red'),
    },
    { title: 'PODCIDR', shorten: 'never', of: ({ route }) => route?.destination ?? '' },
    ...states,
    { title: 'WAITS FOR', shorten: 'end', of: ({ node }) => node.waitsFor ?? '' },
  ]
}

const leftoverColumns: readonly Column<Status['leftovers'][number]>[] = [
  { title: 'NODE', of: ({ node }) => node },
  { title: 'PODCIDR', shorten: 'never', of: ({ destination }) => destination },
  {
    title: 'TABLES',
    of: ({ tables }) => tables.map(({ reason, state, table }) => `${table} ${state} (${reason})`).join(', '),
  },
]

/** One line for each podCIDR and table, by which two statuses are compared: `node-1 10.244.1.0/24 rtb-1 Programmed`. */
export const statusLines = ({ leader, leftovers, nodes }: Status): readonly string[] => [
  `controller ${leader === null ? 'none' : `${oneLine(leader.identity)}${leader.fresh ? '' : ' silent'}`}`,
  ...nodes.map(({ name, routed, waitsFor }) =>
    oneLine(`node ${name} ${routed ? 'routed' : `not routed: ${waitsFor ?? ''}`}`),
  ),
  ...[
    ...nodes.flatMap(({ name, routes }) => routes.map((route) => ({ node: name, ...route }))),
    ...leftovers,
  ].flatMap(({ destination, node, tables }) =>
    tables.map(({ message, reason, state, table }) =>
      oneLine(`route ${destination} of ${node} in ${table} ${state} ${reason} ${message}`),
    ),
  ),
]
