import type { Node } from '../../kube/objects.ts'
import { type Cidr, compareCidrs, formatCidr } from '../../net/cidr.ts'
import { type LedgerRecord, type TableState, destinationKey } from '../../reconciler/ledger/record.ts'
import { podRanges, routedNode } from '../../reconciler/routed-node.ts'
import type { Leader } from '../apply/busy-controller.ts'
import type { StatusDocument } from '../documents/status-document.ts'

/** What a status says, without kind and version. */
export type Status = Omit<StatusDocument, 'apiVersion' | 'kind'>
export type NodeStatus = Status['nodes'][number]
export type RouteStatus = NodeStatus['routes'][number]

export interface StatusInput {
  readonly nodes: readonly Node[]
  readonly records: readonly LedgerRecord[]
  readonly leader: Leader | undefined
}

/** A table has what it should have. */
export const isFine = (state: TableState['state']): boolean => state === 'Programmed' || state === 'Satisfied'

/** Pure. Nodes that are not routed come first, then by name. */
export function makeStatus({ leader, nodes, records }: StatusInput): Status {
  const byKey = new Map(records.map((record) => [destinationKey(record.destination), record]))
  const tableIds = [...new Set(records.flatMap(({ states, tables }) => [...tables, ...states.keys()]))].sort()
  const claimed = new Set<string>()
  const told = nodes.map((node): NodeStatus => {
    const ranges = podRanges(routedNode(node))
    const own = ranges.map((range) => {
      const record = byKey.get(destinationKey(range))
      const isOwn = record?.node.uid === node.metadata.uid
      if (isOwn) claimed.add(destinationKey(range))
      return routeStatus(range, isOwn ? record : undefined)
    })
    const condition = conditionOf(node)
    const routed = condition === null ? own.length > 0 && own.every(isRouted) : condition.status === 'False'
    return {
      name: node.metadata.name,
      routed,
      condition,
      waitsFor: routed ? null : waitsFor(own, condition),
      routes: own,
    }
  })
  const sums = new Map<string, number>()
  for (const { states } of records)
    for (const { state } of states.values()) sums.set(state, (sums.get(state) ?? 0) + 1)
  return {
    leader:
      leader === undefined
        ? null
        : { identity: leader.identity, renewed: leader.renewed ?? null, fresh: leader.isFresh },
    summary: {
      nodes: told.length,
      routed: told.filter(({ routed }) => routed).length,
      states: sorted(sums),
    },
    tables: tableIds.map((id) => {
      const states = records.flatMap(({ states: of }) => of.get(id)?.state ?? [])
      return {
        id,
        routes: records.filter(({ tables }) => tables.includes(id)).length,
        states: sorted(
          new Map([...Map.groupBy(states, (state) => state)].map(([state, of]) => [state, of.length])),
        ),
      }
    }),
    nodes: told.toSorted((a, b) => Number(a.routed) - Number(b.routed) || (a.name < b.name ? -1 : 1)),
    leftovers: records
      .filter(({ destination }) => !claimed.has(destinationKey(destination)))
      .toSorted((a, b) => compareCidrs(a.destination, b.destination))
      .map((record) => ({ node: record.node.name, ...routeStatus(record.destination, record) })),
  }
}

const sorted = (counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))

const routeStatus = (destination: Cidr, record: LedgerRecord | undefined): RouteStatus => ({
  destination: formatCidr(destination),
  family: `IPv${destination.family}`,
  tables: [...(record?.states ?? [])]
    .map(([table, { message, reason, since, state }]) => ({ table, state, reason, message, since }))
    .sort((a, b) => (a.table < b.table ? -1 : 1)),
})

const isRouted = ({ tables }: RouteStatus): boolean =>
  tables.length > 0 && tables.every(({ state }) => isFine(state))

function conditionOf({ status }: Node): NodeStatus['condition'] {
  const found = status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')
  if (found === undefined) return null
  const { lastTransitionTime = null, message = '', reason = '' } = found
  return { status: found.status, reason, message, since: lastTransitionTime }
}

/** What is known best: the Node's own condition, else what a table says. */
function waitsFor(routes: readonly RouteStatus[], condition: NodeStatus['condition']): string {
  if (condition !== null && condition.status !== 'False' && condition.message !== '') return condition.message
  if (routes.length === 0) return 'it has no podCIDR yet'
  const bad = routes.flatMap(({ tables }) => tables).find(({ state }) => !isFine(state))
  if (bad === undefined) return 'nothing is recorded of its routes yet'
  return `${bad.table}: ${bad.message === '' ? bad.reason : bad.message}`
}
