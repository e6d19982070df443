import type { JsonObject } from '../kubernetes/json.ts'
import type { ArmState, AsyncEnd, Resource } from './state.ts'

/** One operation of the API, as its specification names it. */
export interface Operation {
  readonly name: string
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE'
  /** `/subscriptions/{subscription}/…`; literals are compared without regard to case. */
  readonly path: string
  /** The permission that it takes. */
  readonly action: string
  /** @throws ArmError */
  handle(context: Context): Answer
}

/** What an operation works with. */
export interface Context {
  readonly state: ArmState
  readonly now: number
  readonly limits: Limits
  /** Of the path, by the names in the operation's. */
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** `https://host` as the client addressed it, for links. */
  readonly origin: string
  readonly apiVersion: string
  /** The resource that the path names, as it was sent. */
  readonly id: string
  /** {} where there is none. */
  readonly body: JsonObject
  readonly ifMatch: string | undefined
  /** Asks for a permission on something else that the body refers to. @throws ArmError LinkedAuthorizationFailed */
  readonly demand: (action: string, scope: string) => void
  /** Which of the permissions that there are the caller has. */
  readonly permitted: () => readonly string[]
  /** How long what goes on behind a write takes, and how it ends. */
  readonly fate: { readonly ms: number; readonly end: AsyncEnd }
}

export interface Limits {
  /** Routes that a table takes. */
  readonly routesPerTable: number
  /** How long after its success a change of a table is followed by packets, in milliseconds. */
  readonly effectiveMs: number
  /** Items on one page of a list. */
  readonly pageSize: number
}

export interface Answer {
  readonly status: number
  readonly body?: JsonObject
  readonly headers?: Readonly<Record<string, string>>
}

/** A page of a list, with a link to the next one. */
export function page(
  { limits, origin, id, apiVersion, query }: Context,
  items: readonly Resource[],
  show: (resource: Resource) => JsonObject,
): Answer {
  const from = Number(query.get('$skiptoken') ?? 0)
  const to = from + limits.pageSize
  const value = items.slice(from, to).map(show)
  const next = `${origin}${id}?api-version=${apiVersion}&$skiptoken=${to}`
  return { status: 200, body: { value, ...(to < items.length && { nextLink: next }) } }
}
