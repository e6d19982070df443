import type { Node } from '../../kube/objects.ts'
import type { Cidr } from '../../net/cidr.ts'
import { Allocator, nodeOwner } from '../../reconciler/ipam/allocator.ts'
import type { Pool } from '../../reconciler/ipam/pool.ts'
import { tableRanges } from '../../reconciler/ipam/table-ranges.ts'
import { type LedgerRecord, destinationKey, owns } from '../../reconciler/ledger/record.ts'
import { podRanges, routedNode } from '../../reconciler/routed-node.ts'
import type { TableReading } from './read-tables.ts'

/** What a Node without podCIDRs is to get, or why it gets nothing. */
export type PlannedCidrs =
  | { readonly node: string; readonly result: 'allocated'; readonly cidrs: readonly Cidr[] }
  | { readonly node: string; readonly result: 'refused'; readonly message: string }

export interface CidrPlanInput {
  readonly nodes: readonly Node[]
  readonly records: readonly LedgerRecord[]
  readonly tables: readonly TableReading[]
  readonly pools: readonly Pool[]
  /** What Services have. */
  readonly serviceRanges: readonly Cidr[]
}

/**
 * What the controller's allocator gives the Nodes that have no podCIDRs, the oldest first, then by name; nothing is
 * written. A Node that the ledger has a destination for gets that one, so that the answer stays the same once it is
 * recorded. The controller asks in the order in which it comes to the Nodes: which of several new ones gets which may differ.
 */
export function planCidrs(input: CidrPlanInput): readonly PlannedCidrs[] {
  const { nodes, pools, records, serviceRanges, tables } = input
  const allocator = new Allocator(pools)
  for (const { destination, node } of records)
    allocator.quarantine(destination, {
      owner: nodeOwner(node.uid),
      ...(node.providerID === undefined ? {} : { providerID: node.providerID }),
    })
  allocator.reserve('service-cluster-ip-range', serviceRanges)
  const byKey = new Map(records.map((record) => [destinationKey(record.destination), record]))
  const read = tables.flatMap(({ table, snapshot }) =>
    snapshot === undefined ? [] : [{ id: table.id, routes: snapshot.routes }],
  )
  const { foreign, local } = tableRanges(read, (tableId, destination) =>
    owns(byKey.get(destinationKey(destination)), tableId),
  )
  allocator.reserve('local routes', local, 'local')
  allocator.reserve('foreign routes', foreign, 'around')
  const routed = nodes.map((node) => ({ node, seen: routedNode(node) }))
  for (const { seen } of routed) allocator.settle(nodeOwner(seen.uid), podRanges(seen))
  return routed
    .filter(({ seen }) => seen.podCIDRs.length === 0)
    .sort((a, b) => a.seen.createdAt - b.seen.createdAt || (a.seen.name < b.seen.name ? -1 : 1))
    .map(({ node, seen: { name, providerID, uid } }): PlannedCidrs => {
      const answer = allocator.allocate(nodeOwner(uid), {
        labels: node.metadata.labels ?? {},
        ...(providerID === undefined ? {} : { providerID }),
      })
      return answer.result === 'allocated'
        ? { node: name, result: answer.result, cidrs: answer.cidrs }
        : { node: name, result: 'refused', message: answer.message }
    })
}
