import type { OperationError } from './errors.ts'
import type { RateGroup } from './rate-limits.ts'
import type { State } from './state.ts'

/** One method of the API. */
export interface Method {
  /** `routes.insert` */
  readonly name: string
  readonly httpMethod: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below `/compute/v1/`, with parameters in braces. */
  readonly path: string
  /** Of the query; any other is refused. */
  readonly query: readonly string[]
  readonly group: RateGroup
  /**
   * Does the call and tells the answer, which is a JSON object.
   *
   * @throws GceError
   */
  readonly run: (request: Request, context: Context) => object
}

export interface Request {
  /** Of the path and the query. */
  readonly parameters: ReadonlyMap<string, string>
  /** A parameter of the path: it is there, or the path would not have fitted. */
  readonly path: (name: string) => string
  /** What was sent, if anything was. */
  readonly body: Readonly<Record<string, unknown>>
}

export interface Context {
  readonly state: State
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Who calls. */
  readonly user: string
  /** How long an operation of the method takes, in milliseconds; Infinity for one that never ends. */
  readonly operationMs: () => number
  /** What the operation of the call is to end with instead of its effect. */
  readonly operationFault: OperationError | undefined
}
