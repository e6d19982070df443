export const gcpModes = ['routes', 'alias-ip'] as const

/**
 * How pods are reached. `routes`: by static routes, in both families · `alias-ip`: in IPv4 by an alias IP range of the
 * node's interface, and by static routes in IPv6, and in IPv4 where a Node has podCIDRs from outside of the network's
 * subnets.
 */
export type GcpMode = (typeof gcpModes)[number]
