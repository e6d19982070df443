export const awsModes = ['routes', 'ipv6-prefix'] as const

/**
 * How pods are reached. `routes`: by route tables, in both families · `ipv6-prefix`: in IPv6 by a prefix that the VPC
 * delegates to the node's interface, and by route tables in IPv4, and in IPv6 where a Node has podCIDRs from outside of the
 * VPC.
 */
export type AwsMode = (typeof awsModes)[number]
