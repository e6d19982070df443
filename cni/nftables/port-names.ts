import type { Family } from '../../net/address.ts'

// What pods' port mappings consist of in our table. All of it begins so.

/** Leads from a protocol and a port of the node to a pod's address and port. */
export const portMap = (family: Family): string => `pod-ports-v${family}`

/** The same for single addresses of the node. */
export const addressPortMap = (family: Family): string => `pod-port-addresses-v${family}`

/** From where to where a connection by a mapping has to get another source. */
export const hairpinSet = (family: Family): string => `pod-port-hairpins-v${family}`

/** Says of an attachment that it has mappings: so one that has none finds out without a look at those of others. */
export const ownerSet = 'pod-port-owners'

/** Pods, protocols and ports of theirs: what is led there gets another source, whoever begins it. */
export const sourceSet = (family: Family): string => `pod-port-sources-v${family}${masqueradeSuffix}`

/** What the names of all that only such pods need end with. */
export const masqueradeSuffix = '-all'

/** Ranges of addresses that conditions are about. They are no pod's. */
export const rangeSetPrefix = 'pod-port-ranges-'

/** What the names of all that equal conditions need end with, before their digits. */
export const conditionSuffixBegin = '-if-'

/**
 * What some mappings need and others don't is named with a suffix of its own: that of conditions, or
 * {@link masqueradeSuffix}. Undefined for what all need.
 */
export function suffixOf(name: string): string | undefined {
  const at = name.indexOf(conditionSuffixBegin)
  if (at >= 0) return name.slice(at)
  return name.endsWith(masqueradeSuffix) ? masqueradeSuffix : undefined
}

export const isOfPorts = (name: string): boolean => name.startsWith('pod-port')
