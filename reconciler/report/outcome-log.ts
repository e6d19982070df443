import { FailureLog } from '../../kube/failure-log.ts'
import type { Logger } from '../../kube/log.ts'
import { formatCidr } from '../../net/cidr.ts'
import type { Change } from '../../providers/provider.ts'
import { formatTarget } from '../../providers/route.ts'
import type { AnsweredChange } from '../route-writer.ts'

const past: Readonly<Record<Change['op'], string>> = {
  create: 'route created',
  replace: 'route replaced',
  delete: 'route deleted',
}

/**
 * One line for every change of a route, with what a search needs. A change that fails again as it failed before is told at
 * `debug`.
 */
export function outcomeLog(log: Logger): (answered: AnsweredChange) => void {
  const failures = new FailureLog<string>(log)
  return ({ change, ms, node, outcome, reason, table }) => {
    const destination = formatCidr(change.destination)
    const fields = {
      op: change.op,
      table: table.id,
      destination,
      ...(change.op === 'delete' ? {} : { target: formatTarget(change.target) }),
      ...(change.op === 'create' ? {} : { from: formatTarget(change.from) }),
      node,
      reason,
      ms: Math.round(ms),
    }
    const key = `${table.id} ${destination}`
    if (outcome.result === 'done') {
      failures.over(key)
      log.info(fields, past[change.op])
      return
    }
    const { error } = outcome
    failures.tell(key, {
      level: 'warn',
      what: `${change.op} ${error.class} ${error.code}`,
      fields: { ...fields, class: error.class, code: error.code, requestId: error.requestId },
      message: error.message,
    })
  }
}
