import type { Mutant } from './mutant.ts'

/** What would break the parts that the reconciler stands on. */
export const otherMutants: readonly Mutant[] = [
  {
    name: 'a leader goes on after its renew deadline',
    file: 'cli/fence.ts',
    find: '    if (!this.#isLeader()) throw new NotLeadingError()\n',
    replace: '',
    caughtBy: ['cli/fence'],
    byChaos: true,
  },
  {
    name: 'the budget lets more through than the bucket holds',
    file: 'providers/token-bucket.ts',
    find: 'current.tokens >= 1 ?',
    replace: 'current.tokens >= 0 ?',
    caughtBy: ['providers/token-bucket', 'providers/budget'],
    byChaos: true,
  },
  {
    name: 'the budget learns nothing from refusals',
    file: 'providers/budget-lane.ts',
    find: '    this.#bucket = refuse(this.#bucket, now, retryAfterMs)\n',
    replace: '',
    caughtBy: ['providers/budget'],
  },
  {
    name: 'a deletion is told after the addition that has its podCIDR',
    file: 'kube/store.ts',
    find: "      ...rest.filter((change) => change.type === 'deleted'),\n      ...rest.filter((change) => change.type !== 'deleted'),\n",
    replace: '      ...rest,\n',
    caughtBy: ['kube/store'],
  },
  {
    name: 'a watch that is silent for ever is not cut',
    file: 'kube/reflector.ts',
    find: 'clock.setTimeout(() => cut.abort(stale), staleAfterMs)',
    replace: 'clock.setTimeout(() => undefined, staleAfterMs)',
    caughtBy: ['kube/reflector', 'kube/recovery'],
  },
  {
    name: 'an add while a key is in work is lost',
    file: 'kube/work-queue.ts',
    find: '      this.#again.add(key)\n',
    replace: '',
    caughtBy: ['kube/work-queue'],
  },
  {
    name: 'AWS: a route is replaced whatever is there by now',
    file: 'providers/aws/changes.ts',
    find: "there?.origin === 'static' && sameTarget(there.target, from)",
    replace: "there?.origin === 'static' || from.id !== ''",
    caughtBy: ['providers/aws'],
    byChaos: true,
  },
  {
    name: 'Azure: a table is written whatever its revision is by now',
    file: 'providers/azure/changes.ts',
    find: ', ifMatch: etag }',
    replace: ' }',
    caughtBy: ['providers/azure/changes', 'providers/azure/azure-provider.conformance'],
  },
  {
    name: 'Azure: every subnet of a network with a table of ours is native',
    file: 'providers/azure/served-ranges.ts',
    find: 'if (!ours.has(table)) continue',
    replace: 'void ours',
    caughtBy: ['providers/azure/served-ranges'],
  },
  {
    name: 'Azure: how an operation ends is not looked at',
    file: 'providers/azure/operations.ts',
    find: "if (status !== 'Succeeded') throw classifyEnd(status, error, operation)",
    replace: 'void error',
    caughtBy: ['providers/azure/changes'],
  },
]
