import type { Fault } from './faults.ts'

/** One request and what became of it. */
export interface Call {
  /** `routes.insert`; empty where the path names nothing. */
  readonly method: string
  /** Of the path and the query. */
  readonly parameters: Readonly<Record<string, string>>
  readonly body: string
  /** Whose token it had; none if nobody's did. */
  readonly token?: string
  /** Milliseconds since the epoch. */
  readonly time: number
  /** It did its work, or has begun to, whether or not the client got the answer. */
  readonly executed: boolean
  /** HTTP status of the answer; none if a fault took the answer away. */
  readonly status?: number
  /** Of a refusal. */
  readonly reason?: string
  /** The injected fault that struck it. */
  readonly fault?: Fault['kind']
}
