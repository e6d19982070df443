import type { Node } from '../kube/objects.ts'
import type { Change } from '../kube/store.ts'
import type { ControllerParts } from './assemble.ts'
import { destinationKey } from './ledger/record.ts'
import { type NodeRoute, destinationOf } from './node-route/node-route.ts'
import type { NodeRouteStore } from './node-route/node-route-store.ts'
import { saysRouted } from './report/network-unavailable.ts'
import { routedNode } from './routed-node.ts'

/** What others make of a NodeRoute: adopt, release, delete, edit. */
export function observeRecord(
  change: Change<NodeRoute>,
  store: NodeRouteStore,
  { ledger, queue, tables }: ControllerParts,
): void {
  const seen = change.type === 'deleted' ? store.seeGone(change.object) : store.see(change.object)
  const destination = destinationOf(change.object)
  if (seen === undefined || destination === undefined) return
  ledger.observe(destination, seen)
  for (const table of seen.record?.tables ?? []) {
    tables.doubt(table, destination)
    queue.add(`table ${table}`)
  }
  queue.add(`route ${destination}`)
}

/** What happens to a Node: whatever it may change is looked at. */
export function observeNode(
  change: Change<Node>,
  { absences, claims, ipam, losses, podNetwork, queue, reports, targets }: ControllerParts,
): void {
  const { name } = change.object.metadata
  for (const left of ipam?.see(change) ?? []) queue.add(`route ${destinationKey(left)}`)
  switch (change.type) {
    case 'added':
    case 'updated':
    case 'resync': {
      const node = routedNode(change.object)
      const destinations = claims.upsert(node)
      // One that was routed before this program came is no news.
      const isNews = change.type !== 'added' || !saysRouted(change.object)
      if (isNews && node.podCIDRs.length > 0 && destinations.length > 0) reports.changed(name)
      for (const destination of destinations) {
        absences.settle(destination, node)
        queue.add(`route ${destination}`)
      }
      if (destinations.length > 0) podNetwork?.look()
      break
    }
    case 'deleted':
      for (const destination of claims.remove(name)) {
        if (change.evidence === 'relist')
          absences.note(destination, { name, uid: change.object.metadata.uid })
        losses.forget(destination)
        queue.add(`route ${destination}`)
      }
      targets.forget(name)
      podNetwork?.look()
      break
  }
  queue.add(`node ${name}`)
}
