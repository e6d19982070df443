import { type Cidr, formatCidr } from '../../net/cidr.ts'
import { type TargetProblem, isTargetProblem } from '../../providers/provider.ts'
import { type ObservedRoute, type Target, formatTarget, sameTarget } from '../../providers/route.ts'
import { type LedgerRecord, type NodeRef, isOurs } from '../ledger/record.ts'

export interface AdoptableInput {
  readonly destination: Cidr
  /** The route whose destination equals ours in the table. */
  readonly observed: ObservedRoute
  /** All Nodes that have the destination among their podCIDRs. */
  readonly claimants: readonly NodeRef[]
  /** What the cloud says of the claimant's target; undefined where nobody asked, as without a claimant. */
  readonly target: Target | TargetProblem | undefined
  readonly record: LedgerRecord | undefined
  readonly tableId: string
}

/** `message` is a sentence for a person. */
export type Adoptable =
  | { readonly adopt: true; readonly holder: NodeRef; readonly target: Target }
  | { readonly adopt: false; readonly reason: AdoptRefusal; readonly message: string }

export type AdoptRefusal =
  /** There is nothing to adopt: the route is podway's. */
  | 'Owned'
  /** It belongs to the cloud itself and can't be changed by API. */
  | 'NotStatic'
  | 'NoNode'
  /** Several Nodes have the podCIDR. */
  | 'Contested'
  | 'TargetUnknown'
  | 'OtherTarget'
  /** The ledger has the destination in other tables, and not as the Node is now: it is about to change hands. */
  | 'Moving'

/**
 * Whether a route that podway did not make may become podway's: exactly if podway would have written the same one. Pure.
 * From then on podway repairs the route and, when the Node is gone, deletes it, so whatever is in doubt stays foreign.
 *
 * ```
 *  origin | in the ledger             | Nodes   | the Node's target | answer
 * --------+---------------------------+---------+-------------------+---------------
 *  static | yes                       | any     | any               | Owned
 *  other  | any                       | any     | any               | NotStatic
 *  static | no                        | none    | any               | NoNode
 *  static | no                        | several | any               | Contested
 *  static | no                        | one     | not known         | TargetUnknown
 *  static | no                        | one     | another           | OtherTarget
 *  static | elsewhere, another Node   | one     | the route's       | Moving
 *         | or target                 |         |                   |
 *  static | no, or elsewhere the same | one     | the route's       | adopt
 * ```
 */
export function adoptable(input: AdoptableInput): Adoptable {
  const { destination, observed, claimants, target, record, tableId } = input
  if (observed.origin !== 'static')
    return refuse('NotStatic', `it is a ${observed.origin} route, which belongs to the cloud itself`)
  // `isOurs` says nothing of a record that it denies, and so is not asked about the name that is used below.
  if (isOurs(input.record, tableId, observed)) return refuse('Owned', "it is recorded as podway's")
  const [holder, ...others] = claimants
  if (holder === undefined) return refuse('NoNode', `no Node has ${formatCidr(destination)} as a podCIDR`)
  if (others.length > 0) {
    const names = claimants.map(({ name }) => name).sort()
    return refuse('Contested', `it is a podCIDR of several Nodes: ${names.join(', ')}`)
  }
  if (target === undefined)
    return refuse('TargetUnknown', `the target of Node ${holder.name} is not known yet`)
  if (isTargetProblem(target))
    return refuse('TargetUnknown', `the target of Node ${holder.name} is not known: ${target.message}`)
  if (!sameTarget(observed.target, target)) {
    return refuse(
      'OtherTarget',
      `it points at ${formatTarget(observed.target)}, and Node ${holder.name} is ${formatTarget(target)}`,
    )
  }
  // Recorded for another node or target, the record may be the only evidence of what other tables still hold.
  if (record !== undefined && record.tables.length > 0 && !isOf(record, holder, target)) {
    return refuse(
      'Moving',
      `in other tables it is recorded for Node ${record.node.name} and ${formatTarget(record.target)}: let podway controller bring them up to date first`,
    )
  }
  return { adopt: true, holder: { name: holder.name, uid: holder.uid }, target }
}

const refuse = (reason: AdoptRefusal, message: string): Adoptable => ({ adopt: false, reason, message })

const isOf = (record: LedgerRecord, node: NodeRef, target: Target): boolean =>
  record.node.name === node.name && record.node.uid === node.uid && sameTarget(record.target, target)
