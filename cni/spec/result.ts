import { type Address, formatAddress } from '../../net/address.ts'
import { type Cidr, type InterfaceAddress, formatCidr } from '../../net/cidr.ts'
import { CniError, ErrorCode } from './error.ts'
import { type JsonObject, optionalArray } from './json.ts'
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
  readonly mtu?: number | undefined
  /** Path of the pod's namespace; absent for an interface of the host. */
  readonly sandbox?: string | undefined
}

export interface AssignedAddress {
  readonly address: InterfaceAddress
  readonly gateway?: Address | undefined
  /** Index in `interfaces`; an IPAM plugin has none. */
  readonly interface?: number | undefined
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

/**
 * The JSON of a result in the given version of the specification: the configuration's, whatever that is.
 *
 * @param previous the result of the plugins before in the chain, in the same version: what they made comes first, and
 *   stays as they said it
 * @throws CniError "config" (7) if that has another shape, "internal" (999) with upstream's text if the version wants an
 *   address and there is none
 */
export function formatResult(result: Result, cniVersion: string, previous: JsonObject = {}): string {
  // JSON has no fields that are undefined.
  const shape = isAtLeast(cniVersion, '0.3.0')
    ? toLists(result, cniVersion, previous)
    : toPair(result, previous)
  // The structures of old versions always have it; 1.0.0 and newer leave an empty one out.
  const none = isAtLeast(cniVersion, '1.0.0') ? undefined : {}
  const dns = toDns(result.dns) ?? previous.dns ?? none
  return JSON.stringify({ cniVersion, ...shape, dns }, null, 4)
}

/** 0.3.0 and newer: lists of interfaces, addresses and routes. */
function toLists({ interfaces, ips, routes }: Result, cniVersion: string, previous: JsonObject): object {
  const withMtu = isAtLeast(cniVersion, '1.1.0')
  const withFamily = !isAtLeast(cniVersion, '1.0.0')
  const before = (key: string): readonly unknown[] => optionalArray(previous, key, `prevResult.${key}`) ?? []
  const earlier = before('interfaces')
  return {
    interfaces: unlessEmpty([
      ...earlier,
      ...interfaces.map(({ name, mac, mtu, sandbox }) => ({
        name,
        mac: mac === '' ? undefined : mac,
        mtu: withMtu ? mtu : undefined,
        sandbox,
      })),
    ]),
    ips: unlessEmpty([
      ...before('ips'),
      ...ips.map(({ address, gateway, interface: index }) => ({
        version: withFamily ? String(address.address.family) : undefined,
        interface: index === undefined ? undefined : earlier.length + index,
        address: formatInterfaceAddress(address),
        gateway: gateway && formatAddress(gateway),
      })),
    ]),
    routes: unlessEmpty([
      ...before('routes'),
      ...routes.map((route) => ({
        ...route,
        dst: formatCidr(route.dst),
        gw: route.gw && formatAddress(route.gw),
      })),
    ]),
  }
}

/** 0.1.0 and 0.2.0: one address for each family, with the routes of that family. */
function toPair({ ips, routes }: Result, previous: JsonObject): object {
  const part = (family: 4 | 6): object | undefined => {
    const ip = ips.find(({ address }) => address.address.family === family)
    if (ip === undefined) return undefined
    return {
      ip: formatInterfaceAddress(ip.address),
      gateway: ip.gateway && formatAddress(ip.gateway),
      routes: unlessEmpty(
        routes
          .filter(({ dst }) => dst.family === family)
          .map(({ dst, gw }) => ({ dst: formatCidr(dst), gw: gw && formatAddress(gw) })),
      ),
    }
  }
  const [ip4, ip6] = [part(4) ?? previous.ip4, part(6) ?? previous.ip6]
  if (ip4 === undefined && ip6 === undefined)
    throw new CniError(ErrorCode.internal, 'cannot convert: no valid IP addresses')
  return { ip4, ip6 }
}

/** Undefined if there is nothing in it. */
function toDns({ nameservers = [], domain, search = [], options = [] }: Dns): object | undefined {
  const dns = {
    nameservers: unlessEmpty(nameservers),
    domain: domain === '' ? undefined : domain,
    search: unlessEmpty(search),
    options: unlessEmpty(options),
  }
  return Object.values(dns).some((value) => value !== undefined) ? dns : undefined
}

const unlessEmpty = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined)

export function formatInterfaceAddress({ address, prefixLength }: InterfaceAddress): string {
  return `${formatAddress(address)}/${prefixLength}`
}
