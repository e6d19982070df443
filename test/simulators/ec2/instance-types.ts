/** What an instance type can have on one network interface. */
export interface InterfaceLimits {
  /** Only Nitro instances take prefixes. */
  readonly nitro: boolean
  /** IPv6 addresses and prefixes together. */
  readonly ipv6: number
}

/**
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AvailableIpPerENI.html. A type that is not here is taken for
 * one of before Nitro, which can't have prefixes.
 */
const types: Readonly<Record<string, InterfaceLimits>> = {
  't3.micro': { nitro: true, ipv6: 2 },
  't3.small': { nitro: true, ipv6: 4 },
  't3.large': { nitro: true, ipv6: 12 },
  'm5.large': { nitro: true, ipv6: 10 },
  'm5.xlarge': { nitro: true, ipv6: 15 },
  'c5.large': { nitro: true, ipv6: 10 },
}

const beforeNitro: InterfaceLimits = { nitro: false, ipv6: 4 }

export const interfaceLimits = (instanceType: string): InterfaceLimits => types[instanceType] ?? beforeNitro
