import { type Address, compareAddresses, formatAddress, parseAddress } from '../../net/address.ts'
import { type InterfaceAddress, cidrAround, containsAddress, parseInterfaceAddress } from '../../net/cidr.ts'
import type { Call } from '../call.ts'
import { loadArgs } from '../spec/args.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import {
  type JsonObject,
  configError,
  inField,
  optionalAddress,
  optionalArray,
  optionalObject,
  optionalStrings,
  requireObject,
  requireString,
} from '../spec/json.ts'
import { readDns } from '../spec/dns.ts'
import type { AssignedAddress, Dns, ResultRoute } from '../spec/result.ts'
import { readRoutes } from '../spec/route.ts'
import { isAtLeast } from '../spec/version.ts'
import type { Ipam } from './ipam.ts'
import { requireIpam } from './ipam-type.ts'

/** The addresses that the configuration or the runtime names. Nothing is reserved, and nothing given back. */
export const staticAddresses: Ipam = (call) => {
  const { addresses, routes, dns } = readStaticConfig(call)
  return () => ({ addresses, routes, dns, giveBack: () => undefined })
}

export interface StaticConfig {
  readonly addresses: readonly AssignedAddress[]
  readonly routes: readonly ResultRoute[] | undefined
  readonly dns: Dns
}

/**
 * Reads `ipam` with the rules of the reference plugin `static`: addresses of the configuration and of CNI_ARGS; in their
 * place those of `args.cni.ips`; in the place of these `runtimeConfig.ips`.
 *
 * @throws CniError "config" (7)
 */
export function readStaticConfig({ config, environment, reference }: Call): StaticConfig {
  const { json } = config
  const ipam = requireIpam(config, 'static')
  const args = loadArgs(environment.args, reference ? ['IP', 'GATEWAY'] : ['IP', 'GATEWAY', 'MAC'])
  const gateways = inArgs(args.get('GATEWAY')).map((text) =>
    inField('CNI_ARGS GATEWAY', () => parseAddress(text)),
  )
  const configured = [
    ...(optionalArray(ipam, 'addresses', 'ipam.addresses') ?? []).map((entry, i) =>
      readAddress(requireObject(entry, `ipam.addresses[${i}]`), `ipam.addresses[${i}]`),
    ),
    ...inArgs(args.get('IP')).map((text) =>
      withGateway(
        inField('CNI_ARGS IP', () => parseInterfaceAddress(text)),
        gateways,
      ),
    ),
  ]
  const cni = optionalObject(optionalObject(json, 'args', 'args') ?? {}, 'cni', 'args.cni') ?? {}
  const runtime = optionalObject(json, 'runtimeConfig', 'runtimeConfig') ?? {}
  // A mistake in those that others replace is one, too.
  const byArgs = requested(cni, 'args.cni.ips')
  const addresses = requested(runtime, 'runtimeConfig.ips') ?? byArgs ?? configured
  for (const family of [4, 6]) {
    const many = addresses.filter(({ address }) => address.address.family === family).length > 1
    if (many && !isAtLeast(config.cniVersion, '0.3.0'))
      throw configError(`CNI version ${config.cniVersion} does not support more than 1 address per family`)
  }
  return {
    addresses,
    routes: readRoutes(ipam, 'ipam'),
    dns: readDns(ipam, 'ipam.dns') ?? {},
  }
}

function readAddress(json: JsonObject, where: string): AssignedAddress {
  const text = requireString(json.address, `${where}.address`)
  return {
    address: inField(`${where}.address`, () => parseInterfaceAddress(text)),
    gateway: optionalAddress(json, 'gateway', `${where}.gateway`),
  }
}

/** Undefined if there are none: an empty list replaces nothing. */
function requested(parent: JsonObject, where: string): readonly AssignedAddress[] | undefined {
  const texts = optionalStrings(parent, 'ips', where) ?? []
  if (texts.length === 0) return undefined
  return texts.map((text, i) => ({ address: inField(`${where}[${i}]`, () => parseInterfaceAddress(text)) }))
}

const inArgs = (list = ''): readonly string[] =>
  list === '' ? [] : list.split(',').map((text) => text.trim())

/** The last of those that lie in the address's own network. */
function withGateway(address: InterfaceAddress, gateways: readonly Address[]): AssignedAddress {
  const network = cidrAround(address.address, address.prefixLength)
  return { address, gateway: gateways.findLast((candidate) => containsAddress(network, candidate)) }
}

/**
 * For CHECK: what the previous result has of the configured addresses, it has with their gateways.
 * @throws CniError with upstream's text
 */
export function requireStaticAddresses(
  { addresses }: StaticConfig,
  previous: readonly AssignedAddress[],
  ifName: string,
): void {
  for (const { address, gateway } of addresses) {
    if (gateway === undefined) continue
    const same = previous.filter((one) => isSame(one.address.address, address.address))
    const [first] = same
    if (first !== undefined && !same.some((one) => one.gateway !== undefined && isSame(one.gateway, gateway)))
      throw new CniError(
        ErrorCode.internal,
        `static: Failed to match addr ${formatAddress(address.address)} on interface ${ifName}`,
      )
  }
}

const isSame = (a: Address, b: Address): boolean => compareAddresses(a, b) === 0
