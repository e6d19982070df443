import { formatAddress } from '../../net/address.ts'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { isTargetProblem } from '../../providers/provider.ts'
import type { ObservedRoute, Target } from '../../providers/route.ts'
import type { KernelTable } from '../../providers/linux/kernel-routes.ts'
import { mainTable, targetOf } from '../../providers/linux/linux-provider.ts'
import { isMarked, observedRoutes } from '../../providers/linux/observed.ts'
import { Reach } from '../../providers/linux/reach.ts'
import type { DestinationKey, LedgerRecord } from '../../reconciler/ledger/record.ts'
import type { Claims, RoutedNode } from '../../reconciler/plan/claims.ts'
import { contestOf } from '../../reconciler/plan/contest.ts'
import { type PlanItem, type Wanted, plan } from '../../reconciler/plan/plan.ts'
import { markedTarget, recordOf } from './marked-routes.ts'
import type { Unsuitable } from './suitable.ts'

export interface MeshPlanInput {
  readonly claims: Claims
  /** Name of the node that the table is of. */
  readonly self: string
  readonly table: KernelTable
  /** The number by which our routes are known. */
  readonly protocol: number
  readonly unsuitable: (node: RoutedNode) => Unsuitable | undefined
}

/** What is to be done about one destination. */
export interface MeshItem {
  readonly key: DestinationKey
  readonly item: PlanItem
  /** Whose it is; absent if no Node claims it. */
  readonly holder: RoutedNode | undefined
  /** Why it is not routed as it should be, and no change will help now. */
  readonly problem: MeshProblem | undefined
}

export interface MeshProblem {
  readonly reason:
    'NoAddress' | 'NotOnLink' | 'LinkDown' | 'ForeignRoute' | 'PodCIDRConflict' | Unsuitable['reason']
  readonly message: string
}

/** How many of the destinations in the table are ours. */
export interface MeshPlan {
  readonly items: readonly MeshItem[]
  readonly ours: number
}

/** What is to be done about every destination of every other node, and about every route of ours. Pure. */
export function planMesh(input: MeshPlanInput): MeshPlan {
  const { claims, protocol, self, table } = input
  const observed = observedRoutes(table.routes, protocol)
  const reach = new Reach(table, protocol)
  const links = linksOfOurs(table, protocol)
  const ours = [...observed].filter(([, route]) => markedTarget(route) !== undefined).map(([key]) => key)
  const records = new Map<DestinationKey, LedgerRecord | undefined>()
  const record = (key: DestinationKey): LedgerRecord | undefined => {
    if (!records.has(key)) records.set(key, recordOf(observed.get(key), claims.claimants(key)))
    return records.get(key)
  }
  const own = new Set(claims.destinations(self).map(formatCidr))
  // What this node's own pods use is taken too, though no route of ours leads there.
  const ledger = { get: record, taken: (key: DestinationKey) => own.has(key) || record(key) !== undefined }

  const itemOf = (key: DestinationKey): MeshItem => {
    const destination = observed.get(key)?.destination ?? parseCidr(key)
    const holder = claims.holder(key, own.has(key) ? { name: self, uid: ownUid(input) } : record(key)?.node)
    const decide = (wanted: Wanted): PlanItem =>
      plan({
        destination,
        wanted,
        observed: observed.get(key),
        record: record(key),
        tableId: mainTable.id,
      })
    const without = (problem: MeshProblem): MeshItem => ({
      key,
      holder,
      problem,
      item: decide({ kind: 'unknown' }),
    })
    if (holder === undefined || holder.name === self)
      return { key, holder, problem: undefined, item: decide({ kind: 'nothing' }) }
    const refusal = input.unsuitable(holder)
    if (refusal !== undefined) return without(refusal)
    const rival = contestOf(key, { claims, ledger })
    if (rival !== undefined) {
      const message = `it overlaps ${rival.destination} of node ${rival.node}, which has it first: give one of them another podCIDR`
      return without({ reason: 'PodCIDRConflict', message })
    }
    const { family } = destination
    const target = targetOf({ node: holder, family }, reach)
    if (isTargetProblem(target)) {
      const hasAddress = holder.addresses.some((address) => address.family === family)
      return without({ reason: hasAddress ? 'NotOnLink' : 'NoAddress', message: target.message })
    }
    const item = decide({ kind: 'target', target })
    const stray = isStray(item, target, { reach, link: links.get(key), holder })
    if (stray) {
      const change = { op: 'replace', destination, from: target, target } as const
      return { key, holder, problem: undefined, item: { op: 'replace', reason: 'Drifted', change } }
    }
    return { key, holder, problem: problemOf(item, observed.get(key), holder), item }
  }
  const keys = new Set([...claims.keys().filter((key) => !own.has(key)), ...ours])
  return { items: [...keys].sort().map(itemOf), ours: ours.length }
}

const ownUid = ({ claims, self }: MeshPlanInput): string => claims.node(self)?.uid ?? ''

/** By which link each of our routes leads. */
function linksOfOurs({ routes }: KernelTable, protocol: number): ReadonlyMap<DestinationKey, string> {
  const links = new Map<DestinationKey, string>()
  for (const route of routes) {
    if (isMarked(route, protocol) && route.interface !== undefined)
      links.set(formatCidr(route.destination), route.interface)
  }
  return links
}

/** Our route leads where it should, over a link on which the gateway is no more: an address has moved to another one. */
function isStray(
  item: PlanItem,
  target: Target,
  {
    holder,
    link,
    reach,
  }: {
    readonly reach: Reach
    readonly link: string | undefined
    readonly holder: RoutedNode
  },
): boolean {
  if (item.op !== 'keep' || link === undefined) return false
  const address = holder.addresses.find((one) => formatAddress(one) === target.id)
  return address !== undefined && reach.linkTo(address) !== link
}

function problemOf(
  item: PlanItem,
  observed: ObservedRoute | undefined,
  { name }: RoutedNode,
): MeshProblem | undefined {
  if (item.op === 'disputed') return { reason: 'ForeignRoute', message: item.message }
  if (item.reason !== 'Blackhole' || observed === undefined) return undefined
  return { reason: 'LinkDown', message: `the link to node ${name} (${observed.target.id}) is down` }
}
