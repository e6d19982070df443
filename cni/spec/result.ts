import { type Address, formatAddress } from '../../net/address.ts'
import { type Cidr, type InterfaceAddress, formatCidr } from '../../net/cidr.ts'
import { isAtLeast } from './version.ts'

/** What an ADD has made, in the terms of the specification's newest version. */
export interface Result {
  readonly interfaces: readonly Interface[]
  readonly ips: readonly AssignedAddress[]
  readonly routes: readonly ResultRoute[]
  readonly dns: Dns
}

export interface Interface {
  readonly name: string
  readonly mac: string
  readonly mtu: number
  /** Path of the pod's namespace; absent for an interface of the host. */
  readonly sandbox?: string
}

export interface AssignedAddress {
  readonly address: InterfaceAddress
  readonly gateway: Address
  /** Index in `interfaces`. */
  readonly interface: number
}

/** A route in the pod. Attributes that are absent have the kernel's defaults. */
export interface ResultRoute {
  readonly dst: Cidr
  readonly gw?: Address | undefined
  readonly mtu?: number | undefined
  readonly advmss?: number | undefined
  readonly priority?: number | undefined
  readonly table?: number | undefined
  readonly scope?: number | undefined
}

export interface Dns {
  readonly nameservers?: readonly string[] | undefined
  readonly domain?: string | undefined
  readonly search?: readonly string[] | undefined
  readonly options?: readonly string[] | undefined
}

/** The JSON of a result in the given version of the specification: the configuration's, whatever that is. */
export function formatResult(result: Result, cniVersion: string): string {
  const shape = isAtLeast(cniVersion, '0.3.0') ? toList(result, cniVersion) : toPair(result)
  const dns = withoutEmpty(result.dns)
  return JSON.stringify({ cniVersion, ...shape, ...(Object.keys(dns).length > 0 ? { dns } : {}) }, null, 4)
}

/** 0.3.0 and newer: lists of interfaces, addresses and routes. */
function toList(result: Result, cniVersion: string): object {
  const withMtu = isAtLeast(cniVersion, '1.1.0')
  const withFamily = !isAtLeast(cniVersion, '1.0.0')
  return withoutEmpty({
    interfaces: result.interfaces.map(({ name, mac, mtu, sandbox }) => ({
      name,
      mac,
      ...(withMtu ? { mtu } : {}),
      ...(sandbox === undefined ? {} : { sandbox }),
    })),
    ips: result.ips.map((ip) => ({
      ...(withFamily ? { version: String(ip.address.address.family) } : {}),
      interface: ip.interface,
      address: formatInterfaceAddress(ip.address),
      gateway: formatAddress(ip.gateway),
    })),
    routes: result.routes.map(formatRoute),
  })
}

/** 0.1.0 and 0.2.0: one address for each family, with the routes of that family. */
function toPair({ ips, routes }: Result): object {
  const part = (family: 4 | 6): object | undefined => {
    const ip = ips.find(({ address }) => address.address.family === family)
    if (ip === undefined) return undefined
    return withoutEmpty({
      ip: formatInterfaceAddress(ip.address),
      gateway: formatAddress(ip.gateway),
      routes: routes
        .filter(({ dst }) => dst.family === family)
        .map(({ dst, gw }) => ({ dst: formatCidr(dst), ...(gw ? { gw: formatAddress(gw) } : {}) })),
    })
  }
  return withoutEmpty({ ip4: part(4), ip6: part(6) })
}

function formatRoute({ dst, gw, ...attributes }: ResultRoute): object {
  return { dst: formatCidr(dst), ...(gw ? { gw: formatAddress(gw) } : {}), ...withoutEmpty(attributes) }
}

export function formatInterfaceAddress({ address, prefixLength }: InterfaceAddress): string {
  return `${formatAddress(address)}/${prefixLength}`
}

/** Without the fields that say nothing: undefined, empty text, empty list. */
function withoutEmpty(object: object): object {
  return Object.fromEntries(
    Object.entries(object).filter(
      ([, value]: [string, unknown]) =>
        value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0),
    ),
  )
}
