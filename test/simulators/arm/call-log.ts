import type { Fault } from './faults.ts'

/** One request and what became of it. */
export interface Call {
  readonly method: string
  /** `RouteTables_CreateOrUpdate`; empty if the request is none that there is. */
  readonly operation: string
  /** The permissions that it took, as a role definition names them (`Microsoft.Network/routeTables/write`). */
  readonly actions: readonly string[]
  /** Path as sent, without query. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly ifMatch: string | undefined
  readonly body: string
  /** The bearer token; none if there was none. */
  readonly token?: string
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly requestId: string
  /** It was accepted, whether or not the client got the answer. */
  readonly executed: boolean
  /** HTTP status of the answer; none if a fault took the answer away. */
  readonly status?: number
  /** Of a refusal. */
  readonly code?: string
  /** The injected fault that struck it. */
  readonly fault?: Fault['kind']
}
