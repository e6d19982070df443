import type { JsonObject } from './json.ts'
import type { Registry } from './registry.ts'
import { apiVersionOf, type ResourceType } from './resource-type.ts'

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** Which version the simulator behaves like. */
const version = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.3',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'go1.26.8',
  compiler: 'gc',
  platform: 'linux/amd64',
}

/** What is served besides resources: discovery, version and health. Text is plain text. */
export function discover(registry: Registry, path: string): JsonObject | string | undefined {
  const parts = path.split('/').filter((part) => part !== '')
  const [root = ''] = parts
  switch (root) {
    case 'readyz':
    case 'livez':
    case 'healthz':
      return parts.length === 1 ? 'ok' : undefined
    case 'version':
      return parts.length === 1 ? version : undefined
    case 'api':
      return discoverCore(registry, parts)
    case 'apis':
      return discoverGroups(registry, parts)
    default:
      return undefined
  }
}

function discoverCore(registry: Registry, parts: readonly string[]): JsonObject | undefined {
  if (parts.length === 1) return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }
  return parts.length === 2 ? resourceList(registry, '', parts[1] ?? '') : undefined
}

function discoverGroups(registry: Registry, parts: readonly string[]): JsonObject | undefined {
  const [, group, version] = parts
  const names = [...new Set(registry.types.map((type) => type.group))].filter((name) => name !== '')
  if (group === undefined)
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: names.map((name) => apiGroup(registry, name)) }
  if (!names.includes(group)) return undefined
  if (version === undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(registry, group) }
  return parts.length === 3 ? resourceList(registry, group, version) : undefined
}

function apiGroup(registry: Registry, name: string): JsonObject {
  const versions = [
    ...new Set(registry.types.filter((type) => type.group === name).map((type) => type.version)),
  ].map((version) => ({ groupVersion: `${name}/${version}`, version }))
  const preferred = versions[0]
  return { name, versions, ...(preferred === undefined ? {} : { preferredVersion: preferred }) }
}

function resourceList(registry: Registry, group: string, version: string): JsonObject | undefined {
  const types = registry.types.filter((type) => type.group === group && type.version === version)
  const first = types[0]
  if (first === undefined) return undefined
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(first),
    resources: types.flatMap(resourceEntries),
  }
}

function resourceEntries(type: ResourceType): readonly JsonObject[] {
  const entry = {
    name: type.plural,
    singularName: type.singular,
    namespaced: type.namespaced,
    kind: type.kind,
    verbs: VERBS,
    ...(type.shortNames.length > 0 ? { shortNames: type.shortNames } : {}),
    ...(type.categories.length > 0 ? { categories: type.categories } : {}),
  }
  if (!type.hasStatus) return [entry]
  const status = {
    name: `${type.plural}/status`,
    singularName: '',
    namespaced: type.namespaced,
    kind: type.kind,
    verbs: ['get', 'patch', 'update'],
  }
  return [entry, status]
}
