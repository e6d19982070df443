import type { Verb } from './request-target.ts'

/** One request, as the API server's audit log would have it. */
export interface Call {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** undefined for what is no resource: discovery, health, unknown paths. */
  readonly verb: Verb | undefined
  /** API group of the resource; '' for the core group and for what is no resource. */
  readonly group: string
  /** Plural name; '' for what is no resource. */
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly contentType: string
  readonly body: string
  readonly userAgent: string
  /** Milliseconds since the epoch. */
  readonly time: number
  /** The status that was answered, or why there was no answer. */
  readonly status: number | 'reset' | 'hang'
}

/** Which requests or watches are meant: everything given must be equal; a RegExp must match the path with its query. */
export interface CallMatch {
  readonly method?: string
  readonly path?: string | RegExp
  readonly verb?: Verb
  readonly group?: string
  readonly resource?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  readonly userAgent?: string
}

type Matchable = Pick<
  Call,
  | 'method'
  | 'path'
  | 'query'
  | 'verb'
  | 'group'
  | 'resource'
  | 'subresource'
  | 'namespace'
  | 'name'
  | 'userAgent'
>

export function matches(match: CallMatch, call: Matchable): boolean {
  const { path, ...plain } = match
  if (path instanceof RegExp) {
    const query = new URLSearchParams(call.query).toString()
    if (!path.test(query === '' ? call.path : `${call.path}?${query}`)) return false
  } else if (path !== undefined && path !== call.path) return false
  return (Object.keys(plain) as (keyof typeof plain)[]).every(
    (key) => plain[key] === undefined || plain[key] === call[key],
  )
}
