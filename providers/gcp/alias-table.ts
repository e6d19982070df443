import type { ResourcePath } from './resource-names.ts'

const suffix = '/aliasIpRanges'

/** The network as a table of what it delivers to interfaces by alias ranges, beside the table of its routes. */
export const aliasTableOf = (network: ResourcePath): string => `${network}${suffix}`

/** Undefined for what is no such table. */
export const networkOfAliasTable = (tableId: string): ResourcePath | undefined =>
  tableId.endsWith(suffix) ? tableId.slice(0, -suffix.length) : undefined
