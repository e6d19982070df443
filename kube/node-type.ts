import type { ResourceType } from './resource.ts'

/** core/v1 Nodes. */
export const nodeType: ResourceType = { group: '', version: 'v1', plural: 'nodes', namespaced: false }
