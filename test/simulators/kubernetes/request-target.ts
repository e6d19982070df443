import type { Registry } from './registry.ts'
import type { ResourceType } from './resource-type.ts'

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'

/** What a request is about: a resource, something else that is served (discovery, health), or nothing. */
export type RequestTarget =
  | {
      readonly kind: 'resource'
      readonly type: ResourceType
      readonly verb: Verb
      /** '' for cluster scope and for all namespaces. */
      readonly namespace: string
      /** '' for the collection. */
      readonly name: string
      readonly subresource: '' | 'status'
    }
  | { readonly kind: 'method-not-allowed' }
  | { readonly kind: 'unknown-resource' }
  | { readonly kind: 'other' }

/** Reads `/api/V/…` and `/apis/G/V/…`; `method` in upper case. */
export function readTarget(registry: Registry, method: string, url: URL): RequestTarget {
  const parts = url.pathname.split('/').slice(1).map(decodeURIComponent)
  const core = parts[0] === 'api'
  if (!core && parts[0] !== 'apis') return { kind: 'other' }
  const group = core ? '' : (parts[1] ?? '')
  const version = (core ? parts[1] : parts[2]) ?? ''
  const rest = parts.slice(core ? 2 : 3).filter((part, index, all) => part !== '' || index < all.length - 1)
  if (rest.length === 0 || !registry.serves(group, version)) return { kind: 'other' }
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status'
  const namespace = inNamespace ? (rest[1] ?? '') : ''
  const [plural = '', name = '', subresource = '', ...more] = inNamespace ? rest.slice(2) : rest
  const type = registry.find(group, version, plural)
  if (type === undefined || more.length > 0) return { kind: 'unknown-resource' }
  if (type.namespaced !== inNamespace && (inNamespace || name !== '')) return { kind: 'unknown-resource' }
  if (subresource !== '' && (subresource !== 'status' || !type.hasStatus)) return { kind: 'unknown-resource' }
  const verb = verbOf(method, name, subresource, url.searchParams)
  if (verb === undefined || (verb === 'create' && type.namespaced && !inNamespace))
    return { kind: 'method-not-allowed' }
  return { kind: 'resource', type, verb, namespace, name, subresource: subresource === '' ? '' : 'status' }
}

function verbOf(method: string, name: string, subresource: string, query: URLSearchParams): Verb | undefined {
  const watch = query.get('watch')
  switch (method) {
    case 'GET':
      if (name !== '') return 'get'
      return watch !== null && watch !== 'false' && watch !== '0' ? 'watch' : 'list'
    case 'POST':
      return name === '' ? 'create' : undefined
    case 'PUT':
      return name === '' ? undefined : 'update'
    case 'PATCH':
      return name === '' ? undefined : 'patch'
    case 'DELETE':
      if (subresource !== '') return undefined
      return name === '' ? 'deletecollection' : 'delete'
    default:
      return undefined
  }
}
