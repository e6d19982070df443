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
  const shape = isAtLeast(cniVersion, '0.3.0')
    ? toList(result, cniVersion, previous)
    : withoutEmpty({ ip4: previous.ip4, ip6: previous.ip6, ...toPair(result) })
  if (Object.keys(shape).length === 0 && !isAtLeast(cniVersion, '0.3.0'))
    throw new CniError(ErrorCode.internal, 'cannot convert: no valid IP addresses')
  const dns = withoutEmpty(result.dns)
  // The structures of old versions always have it; 1.0.0 and newer leave an empty one out.
  const none = isAtLeast(cniVersion, '1.0.0') ? undefined : {}
  const said = Object.keys(dns).length > 0 ? dns : (previous.dns ?? none)
  return JSON.stringify({ cniVersion, ...shape, ...(said === undefined ? {} : { dns: said }) }, null, 4)
}

/** 0.3.0 and newer: lists of interfaces, addresses and routes. */
function toList({ interfaces, ips, routes }: Result, cniVersion: string, previous: JsonObject): object {
  const withMtu = isAtLeast(cniVersion, '1.1.0')
  const withFamily = !isAtLeast(cniVersion, '1.0.0')
  const before = (key: string): readonly unknown[] => optionalArray(previous, key, `prevResult.${key}`) ?? []
  const first = before('interfaces').length
  return withoutEmpty({
    interfaces: [
      ...before('interfaces'),
      ...interfaces.map(({ name, mac, mtu, sandbox }) =>
        withoutEmpty({ name, mac, mtu: withMtu ? mtu : undefined, sandbox }),
      ),
    ],
    ips: [
      ...before('ips'),
      ...ips.map(({ address, gateway, interface: index }) =>
        withoutEmpty({
          version: withFamily ? String(address.address.family) : undefined,
          interface: index === undefined ? undefined : first + index,
          address: formatInterfaceAddress(address),
          gateway: gateway && formatAddress(gateway),
        }),
      ),
    ],
    routes: [...before('routes'), ...routes.map(formatRoute)],
  })
}

/** 0.1.0 and 0.2.0: one address for each family, with the routes of that family. */
function toPair({ ips, routes }: Result): object {
  const part = (family: 4 | 6): object | undefined => {
    const ip = ips.find(({ address }) => address.address.family === family)
    if (ip === undefined) return undefined
    return withoutEmpty({
      ip: formatInterfaceAddress(ip.address),
      gateway: ip.gateway && formatAddress(ip.gateway),
      routes: routes
        .filter(({ dst }) => dst.family === family)
        .map(({ dst, gw }) => withoutEmpty({ dst: formatCidr(dst), gw: gw && formatAddress(gw) })),
    })
  }
  return withoutEmpty({ ip4: part(4), ip6: part(6) })
}

function formatRoute({ dst, gw, ...attributes }: ResultRoute): object {
  return withoutEmpty({ dst: formatCidr(dst), gw: gw && formatAddress(gw), ...attributes })
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
