import { ArmError } from './errors.ts'
import type { Answer, Context, Operation } from './operation.ts'
import { type AsyncOperation, guid } from './state.ts'
import type { JsonObject } from '../kubernetes/json.ts'

/** A hint, rounded as ARM's are: whole seconds, and more than it takes. */
const pollHint = '10'

interface Begin {
  readonly kind: string
  /** The resource that takes no other write meanwhile. */
  readonly resource: string
  /** What becomes of it at the end. */
  readonly settle: (end: AsyncOperation['end']) => void
  /** What Location answers at the end. */
  readonly result?: () => JsonObject
}

/** Starts what goes on behind a write; returns the headers that tell where to ask about it. */
export function begin(context: Context, { kind, resource, settle, result }: Begin): Record<string, string> {
  const { state, now, fate, origin, apiVersion, parameters, id: path } = context
  const operation: AsyncOperation = {
    id: guid(state.nextSerial()),
    kind,
    resource: resource.toLowerCase(),
    due: now + fate.ms,
    end: fate.end,
    ...(result !== undefined && { result }),
  }
  state.start(operation, () => settle(operation.end))
  const namespace = path.split('/').find((part) => /^microsoft\./i.test(part)) ?? 'Microsoft.Network'
  const base = `${origin}/subscriptions/${parameters.subscription ?? ''}/providers/${namespace}/locations/westeurope`
  return {
    'azure-asyncoperation': `${base}/operations/${operation.id}?api-version=${apiVersion}`,
    location: `${base}/operationResults/${operation.id}?api-version=${apiVersion}`,
    'azure-asyncnotification': 'Enabled',
    'retry-after': pollHint,
  }
}

/**
 * One update of a resource at a time: https://github.com/kubernetes/kubernetes/issues/88151. The words and the status are
 * those of https://github.com/pulumi/pulumi-azure-native/issues/3720.
 */
export function refuseBusy({ state, now }: Context, id: string): void {
  const running = state.running(id)
  if (running === undefined) return
  const seconds = Math.max(1, Math.ceil((running.due - now) / 1000))
  throw new ArmError(429, 'RetryableError', 'A retryable error occurred.', {
    details: [
      {
        code: 'RetryableErrorDueToAnotherOperation',
        message: `Operation ${running.kind} (${running.id}) is updating resource ${id}. The call can be retried in ${seconds} seconds.`,
      },
    ],
    headers: { 'retry-after': String(seconds) },
  })
}

export const asyncOperations: readonly Operation[] = ['Network', 'Compute'].flatMap((provider) => {
  const base = `/subscriptions/{subscription}/providers/Microsoft.${provider}/locations/{location}`
  return [
    {
      name: `${provider}_GetOperation`,
      method: 'GET',
      path: `${base}/operations/{operation}`,
      action: `Microsoft.${provider}/locations/operations/read`,
      handle: status,
    },
    {
      name: `${provider}_GetOperationResult`,
      method: 'GET',
      path: `${base}/operationResults/{operation}`,
      action: `Microsoft.${provider}/locations/operationResults/read`,
      handle: result,
    },
  ] as const
})

function find({ state, parameters }: Context): AsyncOperation {
  const operation = state.operation(parameters.operation ?? '')
  if (operation === undefined)
    throw new ArmError(404, 'OperationNotFound', `The operation ${parameters.operation ?? ''} was not found.`)
  return operation
}

function status(context: Context): Answer {
  const { due, end } = find(context)
  if (due > context.now)
    return { status: 200, body: { status: 'InProgress' }, headers: { 'retry-after': pollHint } }
  return {
    status: 200,
    body: {
      status: end.status,
      ...(end.status !== 'Succeeded' && { error: { ...end.error, details: [] } }),
    },
  }
}

function result(context: Context): Answer {
  const operation = find(context)
  if (operation.due > context.now)
    return { status: 202, headers: { location: context.origin + context.id, 'retry-after': pollHint } }
  const { end } = operation
  if (end.status !== 'Succeeded') throw new ArmError(400, end.error.code, end.error.message)
  const body = operation.result?.()
  return body === undefined ? { status: 204 } : { status: 200, body }
}
