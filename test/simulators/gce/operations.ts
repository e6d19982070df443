import type { OperationError } from './errors.ts'
import { notReady } from './errors.ts'
import type { Context } from './method.ts'
import { type Operation, type ResourcePath, projectOf } from './state.ts'
import { urlOf } from './references.ts'

export interface Work {
  readonly type: Operation['type']
  readonly target: ResourcePath
  readonly targetId: string
  readonly scope: string
  readonly requestId: string | undefined
  /** Takes effect when the operation ends, or says why it can't. */
  readonly effect: (now: number) => OperationError | undefined
}

/**
 * Takes on work that needs its time, and answers as every write of the API does: with an operation that has only begun.
 * Of two calls with the same request id, the second gets the operation of the first.
 *
 * @throws GceError resourceNotReady while another operation is at work on the same resource
 */
export function begin(work: Work, context: Context): object {
  const { state, now, operationMs, operationFault, user } = context
  const known = knownOperation(work.requestId, context)
  if (known !== undefined) return operationView(known)
  if (state.busy.has(work.target)) throw notReady(work.target)
  const id = state.newId()
  const name = `operation-${now}-${id.slice(-8)}`
  const collection = work.scope.includes('/zones/') ? '' : '/global'
  const operation: Operation = {
    path: `${work.scope}${collection}/operations/${name}`,
    id,
    name,
    scope: work.scope,
    type: work.type,
    target: work.target,
    targetId: work.targetId,
    user,
    ...(work.requestId === undefined ? {} : { requestId: work.requestId }),
    inserted: now,
    due: now + operationMs(),
    work: operationFault === undefined ? work.effect : () => operationFault,
  }
  state.operations.set(operation.path, operation)
  state.busy.set(work.target, work.type === 'updateNetworkInterface' ? 'update' : work.type)
  return operationView(operation)
}

/** The operation of an earlier call with the same request id. */
export function knownOperation(requestId: string | undefined, { state }: Context): Operation | undefined {
  if (requestId === undefined) return undefined
  return [...state.operations.values()].find((operation) => operation.requestId === requestId)
}

export const timestamp = (ms: number): string => new Date(ms).toISOString().replace('Z', '-00:00')

export function operationView(operation: Operation): object {
  const { outcome, scope, inserted } = operation
  const zone = /\/zones\/([^/]+)$/.exec(scope)?.[0]
  const status = outcome === undefined ? 'RUNNING' : 'DONE'
  return {
    kind: 'compute#operation',
    id: operation.id,
    name: operation.name,
    ...(zone === undefined ? {} : { zone: urlOf(`projects/${projectOf(scope)}${zone}`) }),
    operationType: operation.type,
    targetLink: urlOf(operation.target),
    targetId: operation.targetId,
    status,
    user: operation.user,
    progress: outcome === undefined ? 0 : 100,
    insertTime: timestamp(inserted),
    startTime: timestamp(inserted),
    ...(outcome === undefined ? {} : { endTime: timestamp(outcome.ended) }),
    ...(operation.requestId === undefined ? {} : { clientOperationId: operation.requestId }),
    ...(outcome?.error === undefined ? {} : errorFields(outcome.error)),
    selfLink: urlOf(operation.path),
  }
}

function errorFields({ code, message, httpStatus, httpMessage, quota }: OperationError): object {
  const details =
    quota === undefined
      ? {}
      : {
          errorDetails: [{ quotaInfo: { ...quota, rolloutStatus: 'ROLLOUT_STATUS_UNSPECIFIED' } }],
        }
  return {
    error: { errors: [{ code, message, ...details }] },
    httpErrorStatusCode: httpStatus,
    httpErrorMessage: httpMessage,
  }
}
