import { type Address, formatAddress, parseAddress } from '../../net/address.ts'
import { parseCidr, parseInterfaceAddress } from '../../net/cidr.ts'
import { loadArgs } from '../spec/args.ts'
import type { NetworkConfig } from '../spec/config.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import {
  type JsonObject,
  configError,
  inField,
  optionalAddress,
  optionalArray,
  optionalNumber,
  optionalObject,
  optionalString,
  optionalStrings,
  requireObject,
  requireString,
} from '../spec/json.ts'
import type { ResultRoute } from '../spec/result.ts'
import { isAtLeast } from '../spec/version.ts'
import { type RangeSet, rangeSetsOverlap, readRange, toRangeSet } from './range.ts'

/** Where host-local keeps its files unless the configuration says otherwise. */
const defaultDataDir = '/var/lib/cni/networks'

/** Which addresses a pod may get, and what else is written for it. */
export interface IpamConfig {
  /** The folder of this network's reservations. */
  readonly folder: string
  /** One address is given from each set. */
  readonly rangeSets: readonly RangeSet[]
  /** Addresses that the runtime asks for. Each must be in one of the sets, at most one in each. */
  readonly requested: readonly Address[]
  /** Undefined if the configuration says nothing of routes. */
  readonly routes: readonly ResultRoute[] | undefined
  /** A file in the format of resolv.conf. */
  readonly resolvConf: string | undefined
}

/**
 * Where reservations are. All that DEL needs: it looks at nothing else, so that a configuration that has become invalid
 * or empty still lets go of what was reserved under it.
 */
export function reservationFolder(config: NetworkConfig): string {
  const ipam = optionalObject(config.json, 'ipam', 'ipam') ?? {}
  return `${optionalString(ipam, 'dataDir', 'ipam.dataDir') ?? defaultDataDir}/${config.name}`
}

/**
 * Reads `ipam`, `runtimeConfig.ipRanges` and the addresses that are asked for, with host-local's rules and texts.
 * @throws CniError "config" (7), "unsupported field" (2) for another type of IPAM
 */
export function readIpamConfig(config: NetworkConfig, args: string): IpamConfig {
  const ipam = optionalObject(config.json, 'ipam', 'ipam')
  if (ipam === undefined) throw configError("IPAM config missing 'ipam' key")
  const type = optionalString(ipam, 'type', 'ipam.type')
  if (type !== 'host-local') {
    const given =
      type === undefined ? 'ipam.type is missing' : `ipam.type ${JSON.stringify(type)} is not supported`
    throw new CniError(ErrorCode.unsupportedField, `${given}: the one that is built in is "host-local"`)
  }
  return {
    folder: reservationFolder(config),
    rangeSets: readRangeSets(config, ipam),
    requested: readRequested(config, args),
    routes: optionalArray(ipam, 'routes', 'ipam.routes')?.map((route, i) =>
      readRoute(requireObject(route, `ipam.routes[${i}]`), `ipam.routes[${i}]`),
    ),
    resolvConf: optionalString(ipam, 'resolvConf', 'ipam.resolvConf'),
  }
}

/** In this order: the runtime's, the flat form, the list. The index of a set names its `last_reserved_ip` file. */
function readRangeSets(config: NetworkConfig, ipam: JsonObject): readonly RangeSet[] {
  const runtime = optionalObject(config.json, 'runtimeConfig', 'runtimeConfig') ?? {}
  const sets: { readonly ranges: unknown; readonly where: string }[] = []
  const add = (ranges: readonly unknown[] | undefined, where: string): void => {
    for (const [i, set] of (ranges ?? []).entries()) sets.push({ ranges: set, where: `${where}[${i}]` })
  }
  add(optionalArray(runtime, 'ipRanges', 'runtimeConfig.ipRanges'), 'runtimeConfig.ipRanges')
  if (optionalString(ipam, 'subnet', 'ipam.subnet') !== undefined)
    sets.push({ ranges: [ipam], where: 'ipam' })
  add(optionalArray(ipam, 'ranges', 'ipam.ranges'), 'ipam.ranges')
  if (sets.length === 0) throw configError('no IP ranges specified')

  const rangeSets = sets.map(({ ranges, where }, i) => readRangeSet(ranges, where, i))
  for (const family of [4, 6]) {
    const many = rangeSets.filter(([first]) => first.subnet.family === family).length > 1
    if (many && !isAtLeast(config.cniVersion, '0.3.0'))
      throw configError(`CNI version ${config.cniVersion} does not support more than 1 address per family`)
  }
  for (const [i, a] of rangeSets.entries()) {
    for (const [j, b] of rangeSets.entries()) {
      if (j > i && rangeSetsOverlap(a, b)) throw configError(`range set ${i} overlaps with ${j}`)
    }
  }
  return rangeSets
}

function readRangeSet(value: unknown, where: string, index: number): RangeSet {
  if (!Array.isArray(value)) throw configError(`${where} must be a list`)
  try {
    return toRangeSet(
      value.map((range, i) => {
        const place = where === 'ipam' ? where : `${where}[${i}]`
        return readRange(requireObject(range, place), place)
      }),
    )
  } catch (error) {
    if (error instanceof CniError) throw configError(`invalid range set ${index}: ${error.message}`)
    throw error
  }
}

/** CNI_ARGS `IP`, then `args.cni.ips`, then `runtimeConfig.ips`; each may have a prefix length, which means nothing. */
function readRequested(config: NetworkConfig, args: string): readonly Address[] {
  const fromArgs = loadArgs(args, ['IP']).get('IP')
  const cni = optionalObject(optionalObject(config.json, 'args', 'args') ?? {}, 'cni', 'args.cni') ?? {}
  const runtime = optionalObject(config.json, 'runtimeConfig', 'runtimeConfig') ?? {}
  const texts = [
    ...(fromArgs ? [{ text: fromArgs, where: 'CNI_ARGS IP' }] : []),
    ...inList(optionalStrings(cni, 'ips', 'args.cni.ips'), 'args.cni.ips'),
    ...inList(optionalStrings(runtime, 'ips', 'runtimeConfig.ips'), 'runtimeConfig.ips'),
  ]
  const addresses = new Map<string, Address>()
  for (const { text, where } of texts) {
    const address = inField(where, () =>
      text.includes('/') ? parseInterfaceAddress(text).address : parseAddress(text),
    )
    addresses.set(formatAddress(address), address)
  }
  return [...addresses.values()]
}

const inList = (texts: readonly string[] = [], where: string): { text: string; where: string }[] =>
  texts.map((text, i) => ({ text, where: `${where}[${i}]` }))

/** Reads one route as configurations and results have it: `{dst, gw, mtu, advmss, priority, table, scope}`. */
export function readRoute(json: JsonObject, where: string): ResultRoute {
  const dst = requireString(json.dst, `${where}.dst`)
  return {
    dst: inField(`${where}.dst`, () => parseCidr(dst)),
    gw: optionalAddress(json, 'gw', `${where}.gw`),
    mtu: optionalNumber(json, 'mtu', `${where}.mtu`),
    advmss: optionalNumber(json, 'advmss', `${where}.advmss`),
    priority: optionalNumber(json, 'priority', `${where}.priority`),
    table: optionalNumber(json, 'table', `${where}.table`),
    scope: optionalNumber(json, 'scope', `${where}.scope`),
  }
}
