import { Fields, ServeError, invalid } from './parameters.ts'
import type { Context, Handler, Handlers } from './handler.ts'
import { type Answer, type OperationName, type ServeFailure, protocolVersion } from './protocol.ts'

/** A frame that is no request: there is nothing that could be answered. */
export class NoRequestError extends Error {
  override readonly name = 'NoRequestError'
}

/** A request as it came: only its frame has been looked at. */
export interface UncheckedRequest {
  readonly id: number
  readonly operation: string
  readonly parameters: unknown
}

/** @throws NoRequestError */
export function readRequest(text: string): UncheckedRequest {
  try {
    const fields = new Fields(JSON.parse(text), 'request', ['id', 'operation', 'parameters'])
    return {
      id: fields.integer('id', 0, Number.MAX_SAFE_INTEGER),
      operation: fields.text('operation', 100),
      parameters: fields.value('parameters'),
    }
  } catch (error) {
    throw new NoRequestError(error instanceof Error ? error.message : String(error))
  }
}

/** Carries a request out. Whatever goes wrong is the answer. */
export function answer(handlers: Handlers, request: UncheckedRequest, context: Context): Answer {
  const { id, operation, parameters } = request
  try {
    const handler = Object.hasOwn(handlers, operation)
      ? (handlers[operation as OperationName] as Handler<OperationName> | undefined)
      : undefined
    if (handler === undefined)
      throw new ServeError({
        code: 'unsupported',
        message: `there is no operation ${JSON.stringify(operation)} in version ${context.system.process.version}: agent and server should be of one version`,
      })
    return { id, result: handler(parameters, context) }
  } catch (error) {
    return { id, error: failureOf(error) }
  }
}

/** Before a connection's `hello`, everything else is answered by this. */
export const helloFirst = ({ id }: UncheckedRequest): Answer => ({
  id,
  error: invalid('operation', `the first request is hello, with protocol ${protocolVersion}`).failure,
})

/** Any caught value as the other side gets to see it. */
export function failureOf(error: unknown): ServeFailure {
  if (error instanceof ServeError) return error.failure
  if (!(error instanceof Error)) return { code: 'system', message: String(error) }
  // A call to the system that failed, by way of the host or of netlink.
  const { errno } = error as { readonly errno?: unknown }
  return { code: 'system', message: error.message, ...(typeof errno === 'number' ? { errno } : {}) }
}
