import type { Logger } from '../../kube/log.ts'
import { formatCidr } from '../../net/cidr.ts'
import type { Change, Outcome } from '../../providers/provider.ts'
import { type Table, formatTarget } from '../../providers/route.ts'
import type { NodeRef } from '../ledger/record.ts'

const past: Readonly<Record<Change['op'], string>> = {
  create: 'route created',
  replace: 'route replaced',
  delete: 'route deleted',
}

/** One line for every change that a cloud has answered, with what a search needs. */
export function outcomeLog(
  log: Logger,
): (table: Table, change: Change, outcome: Outcome, holder: Pick<NodeRef, 'name'> | undefined) => void {
  return (table, change, outcome, holder) => {
    const fields = {
      op: change.op,
      table: table.id,
      destination: formatCidr(change.destination),
      ...(change.op === 'delete' ? {} : { target: formatTarget(change.target) }),
      ...(change.op === 'create' ? {} : { from: formatTarget(change.from) }),
      ...(holder === undefined ? {} : { node: holder.name }),
    }
    if (outcome.result === 'done') {
      log.info(fields, past[change.op])
      return
    }
    const { error } = outcome
    log.warn({ ...fields, class: error.class, code: error.code, requestId: error.requestId }, error.message)
  }
}
