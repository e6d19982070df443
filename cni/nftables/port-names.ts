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

export const isOfPorts = (name: string): boolean => name.startsWith('pod-port')
