import type { Family } from '../../net/address.ts'

export const families: readonly Family[] = [4, 6]

/** Destinations that are never masqueraded, by the node or for one pod. */
export const exceptionSet = (family: Family): string => `exceptions-v${family}`

/** Leads from pods' addresses to the chains of their networks. */
export const podMap = (family: Family): string => `pod-sources-v${family}`
