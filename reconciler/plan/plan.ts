import type { Change } from '../../providers/provider.ts'
import { type ObservedRoute, type Target, formatTarget, sameTarget } from '../../providers/route.ts'
import type { Cidr } from '../../net/cidr.ts'
import { type LedgerRecord, isOurs, owns, wasWritten, wroteTarget } from '../ledger/record.ts'

/**
 * What to do about one destination in one table. Pure: the same input gives the same answer, and carrying the answer
 * out makes the next answer `keep`, `satisfied` or `none`.
 *
 * ```
 *  wanted  | in the table            | in the ledger | item       | because
 * ---------+-------------------------+---------------+------------+-----------------------------------------------
 *  target  | nothing                 | any           | create     | missing
 *  target  | our target              | yes           | keep       | programmed, or blackhole: a replace changes nothing
 *  target  | our target, and others  | yes           | replace    | surplus: what carries our mark goes
 *  target  | our target, others share| any           | disputed   | a foreign route takes a part of the packets
 *  target  | our target              | no            | satisfied  | foreign, but it says what we would write
 *  target  | our target, no mark     | yes, intended | satisfied  | it came before our write: foreign
 *  target  | a target that we wrote  | yes           | replace    | moved
 *  target  | another target          | yes, written  | replace    | changed behind our back
 *  target  | another target, foreign | yes, written  | disputed   | a route beside ours, and better
 *  target  | another target          | yes, intended | disputed   | it came before our write: foreign
 *  target  | another target, local…  | no            | disputed   | foreign: never touched
 *  unknown | anything                | any           | keep       | the node's target is not known yet
 *  nothing | what we wrote           | yes           | delete     | nobody wants it
 *  nothing | what we did not write   | yes           | disputed   | changed behind our back: no more ours
 *          |  (beside what we wrote)  |               | delete     | ours goes
 *  nothing | our target, no mark     | yes, intended | disputed   | it came before our write: foreign
 *  nothing | nothing                 | any           | none       |
 *  nothing | anything                | no            | none       | foreign
 * ```
 */
export type PlanItem =
  | { readonly op: 'create' | 'replace' | 'delete'; readonly reason: PlanReason; readonly change: Change }
  | {
      readonly op: 'keep' | 'satisfied' | 'disputed' | 'none'
      readonly reason: PlanReason
      readonly message: string
    }

export type PlanReason =
  | 'Missing'
  | 'Programmed'
  | 'Blackhole'
  | 'ForeignRouteMatches'
  | 'ForeignRoute'
  | 'Moved'
  | 'Surplus'
  | 'Drifted'
  | 'TargetUnknown'
  | 'Unwanted'
  | 'ChangedByOthers'
  | 'Nothing'

/** What should be at the destination: a target, nothing, or a target that is not known yet. */
export type Wanted =
  | { readonly kind: 'target'; readonly target: Target }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'nothing' }

export interface PlanInput {
  readonly destination: Cidr
  readonly wanted: Wanted
  /** The route whose destination equals ours in the table, if there is one. */
  readonly observed: ObservedRoute | undefined
  readonly record: LedgerRecord | undefined
  readonly tableId: string
}

/** Whether the destination is routed as it should be, by our route or by a foreign one. */
export const isRouted = (item: PlanItem): boolean => item.op === 'satisfied' || item.reason === 'Programmed'

export function plan(input: PlanInput): PlanItem {
  switch (input.wanted.kind) {
    case 'unknown':
      return { op: 'keep', reason: 'TargetUnknown', message: 'the target of the node is not known yet' }
    case 'target':
      return planWanted(input, input.wanted.target)
    case 'nothing':
      return planUnwanted(input)
  }
}

function planWanted({ destination, observed, record, tableId }: PlanInput, target: Target): PlanItem {
  if (observed === undefined)
    return { op: 'create', reason: 'Missing', change: { op: 'create', destination, target } }
  const ours = isOurs(record, tableId, observed)
  const { surplus = [] } = observed
  const rival = surplus.find(
    (one) => one.shares && !(ours && one.isMarked) && !sameTarget(one.target, target),
  )
  if (sameTarget(observed.target, target)) {
    // Of two routes that share, the packets of a connection may take either: the stale one loses its part of them.
    if (ours && surplus.some(({ isMarked }) => isMarked)) {
      const change: Change = { op: 'replace', destination, from: target, target }
      return { op: 'replace', reason: 'Surplus', change }
    }
    if (rival !== undefined) return disputedBy(rival.target, 'shares the packets and leads to')
    if (!ours) {
      return {
        op: 'satisfied',
        reason: 'ForeignRouteMatches',
        message: 'a route that podway did not make does the job',
      }
    }
    return observed.state === 'active'
      ? { op: 'keep', reason: 'Programmed', message: '' }
      : // https://github.com/kubernetes/kubernetes/issues/33015: the cure for a blackhole is a live target. Replacing it by itself
        // would be done again at every look.
        {
          op: 'keep',
          reason: 'Blackhole',
          message: `${formatTarget(target)} takes no packets: is its instance stopped?`,
        }
  }
  const moved = ours && wroteTarget(record, observed.target)
  const drifted = ours && wasWritten(record, tableId) && observed.isForeign !== true
  if (!moved && !drifted) return disputedBy(observed.target, 'points at')
  // A move would take the packets from it, by a route that is better.
  if (rival !== undefined) return disputedBy(rival.target, 'shares the packets and leads to')
  return {
    op: 'replace',
    reason: moved ? 'Moved' : 'Drifted',
    change: { op: 'replace', destination, from: observed.target, target },
  }
}

const disputedBy = (target: Target, how: string): PlanItem => ({
  op: 'disputed',
  reason: 'ForeignRoute',
  message: `a route that podway did not make ${how} ${formatTarget(target)}: remove it, or adopt it`,
})

function planUnwanted({ destination, observed, record, tableId }: PlanInput): PlanItem {
  if (observed === undefined || !owns(record, tableId)) return { op: 'none', reason: 'Nothing', message: '' }
  if (!isOurs(record, tableId, observed) || !wroteTarget(record, observed.target)) {
    const left = observed.surplus?.find(({ isMarked }) => isMarked)
    if (left !== undefined)
      return { op: 'delete', reason: 'Unwanted', change: { op: 'delete', destination, from: left.target } }
    return {
      op: 'disputed',
      reason: 'ChangedByOthers',
      message: `nobody needs the route, but it now points at ${formatTarget(observed.target)}, which podway did not write: left alone`,
    }
  }
  return { op: 'delete', reason: 'Unwanted', change: { op: 'delete', destination, from: observed.target } }
}
