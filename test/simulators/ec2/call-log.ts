import type { Fault } from './faults.ts'

/** One request and what became of it. */
export interface Call {
  /** Empty if the request named none. */
  readonly action: string
  /** As sent, without Action and Version. */
  readonly parameters: Readonly<Record<string, string>>
  /** Whose key signed it; none if nobody's did. */
  readonly accessKeyId?: string
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly requestId: string
  /** It did its work, whether or not the client got the answer. A refused call and a dry run never do. */
  readonly executed: boolean
  /** HTTP status of the answer; none if a fault took the answer away. */
  readonly status?: number
  /** Of a refusal. */
  readonly code?: string
  /** The injected fault that struck it. */
  readonly fault?: Fault['kind']
}
