import { type Address, formatAddress, parseAddress } from '../../net/address.ts'
import { parseInterfaceAddress } from '../../net/cidr.ts'
import { loadArgs } from '../spec/args.ts'
import type { NetworkConfig } from '../spec/config.ts'
import { CniError } from '../spec/error.ts'
import {
  type JsonObject,
  configError,
  inField,
  isNumber,
  optionalArray,
  optionalNumber,
  optionalObject,
  optionalString,
  optionalStrings,
  requireObject,
} from '../spec/json.ts'
import type { ResultRoute } from '../spec/result.ts'
import { readRoutes } from '../spec/route.ts'
import { isAtLeast } from '../spec/version.ts'
import { requireIpam } from './ipam-type.ts'
import { type RangeSet, rangeSetsOverlap, readRange, toRangeSet } from './range.ts'

/** Where host-local keeps its files unless the configuration says otherwise. */
const defaultDataDir = '/var/lib/cni/networks'

/** Longer than the kernel tracks what is left of a closed connection's last packets; host-local has no such thing. */
const defaultCooldownSeconds = 30
const longestCooldown = 86_400

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
  /** How long an address that was released is not given again as long as there are others. */
  readonly cooldownSeconds: number
}

/**
 * Where reservations are. All that DEL needs: it looks at nothing else, so that a configuration that has become invalid
 * or empty still lets go of what was reserved under it.
 */
export function reservationFolder(config: NetworkConfig): string {
  const ipam = optionalObject(config.json, 'ipam', 'ipam') ?? {}
  return `${optionalString(ipam, 'dataDir', 'ipam.dataDir') ?? defaultDataDir}/${config.name}`
}

/** How long released addresses rest, for DEL: what is no such number is as good as absent. */
export function cooldownSecondsOf({ json }: NetworkConfig, reference: boolean): number {
  const { cooldownSeconds } = (json.ipam ?? {}) as JsonObject
  if (isNumber(cooldownSeconds, 0, longestCooldown)) return cooldownSeconds
  return reference ? 0 : defaultCooldownSeconds
}

/**
 * Reads `ipam`, `runtimeConfig.ipRanges` and the addresses that are asked for, with host-local's rules and texts.
 * @param reference whether it is to be as host-local has it, where nothing is said
 * @throws CniError "config" (7), "unsupported field" (2) for another type of IPAM
 */
export function readIpamConfig(config: NetworkConfig, args: string, reference: boolean): IpamConfig {
  const ipam = requireIpam(config, 'host-local')
  optionalNumber(ipam, 'cooldownSeconds', 'ipam.cooldownSeconds', { most: longestCooldown })
  return {
    folder: reservationFolder(config),
    rangeSets: readRangeSets(config, ipam),
    requested: readRequested(config, args, reference),
    routes: readRoutes(ipam, 'ipam'),
    resolvConf: optionalString(ipam, 'resolvConf', 'ipam.resolvConf'),
    cooldownSeconds: cooldownSecondsOf(config, reference),
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
function readRequested(config: NetworkConfig, args: string, reference: boolean): readonly Address[] {
  const fromArgs = loadArgs(args, reference ? ['IP'] : ['IP', 'MAC']).get('IP')
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
