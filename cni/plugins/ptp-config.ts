import { AddressSyntaxError } from '../../net/address.ts'
import { type Cidr, parseCidr } from '../../net/cidr.ts'
import type { Call } from '../call.ts'
import { readStatusOnExhaustion } from '../ipam/exhaustion.ts'
import { loadArgs } from '../spec/args.ts'
import { readDns } from '../spec/dns.ts'
import {
  type JsonObject,
  configError,
  optionalBoolean,
  optionalObject,
  optionalPositive,
  optionalString,
  optionalStrings,
} from '../spec/json.ts'
import { parseMac } from '../spec/mac.ts'
import type { Dns, ResultRoute } from '../spec/result.ts'

/** How a pod is attached. */
export interface PtpConfig {
  /** The uplink's if absent; called as the reference plugin, the kernel's default. */
  readonly mtu: number | undefined
  /** Of the pod's end; a random one if absent. */
  readonly mac: Uint8Array | undefined
  /** Instead of what IPAM says, if the configuration has any field of it, be it empty. */
  readonly dns: Dns | undefined
  /** Undefined: the pod's addresses leave the machine as they are. */
  readonly masquerade: MasqueradeConfig | undefined
}

export interface MasqueradeConfig {
  /** Destinations that see the pod's addresses, besides its own subnet. */
  readonly exceptions: readonly Cidr[]
}

/** What the kernel allows a veth to have. */
const [leastMtu, mostMtu] = [68, 65_535]

/**
 * Reads the configuration of an ADD.
 * @throws CniError "config" (7)
 */
export function readPtpConfig(call: Call): PtpConfig {
  const { json } = call.config
  const masquerade = readMasquerade(call)
  // For STATUS; but whoever makes a mistake wants to hear of it.
  readStatusOnExhaustion(call.config)
  const mtu = optionalPositive(json, 'mtu', 'mtu', mostMtu)
  if (mtu !== undefined && mtu < leastMtu)
    throw configError(`mtu must be 0, or a whole number from ${leastMtu} to ${mostMtu}`)
  const configured = readDns(json, 'dns')
  if (call.reference) return { mtu, mac: undefined, dns: configured, masquerade }
  const runtime = optionalObject(json, 'runtimeConfig', 'runtimeConfig') ?? {}
  return {
    mtu,
    mac: readMac(call, runtime),
    dns: readRuntimeDns(runtime) ?? configured,
    masquerade,
  }
}

/**
 * Either back end of the reference plugin is nf_tables here.
 * @throws CniError "config" (7), with upstream's text for another back end
 */
export function readMasquerade({ config: { json }, reference }: Call): MasqueradeConfig | undefined {
  const isWanted = optionalBoolean(json, 'ipMasq', 'ipMasq') === true
  const backend = optionalString(json, 'ipMasqBackend', 'ipMasqBackend')
  const exceptions = reference
    ? []
    : (optionalStrings(json, 'nonMasqueradeCIDRs', 'nonMasqueradeCIDRs') ?? []).map((text, index) =>
        readCidr(text, `nonMasqueradeCIDRs[${index}]`),
      )
  if (!isWanted) return undefined
  if (backend !== undefined && backend !== 'iptables' && backend !== 'nftables')
    throw configError(`ipMasqBackend: unknown ipmasq backend ${JSON.stringify(backend)}`)
  return { exceptions }
}

function readCidr(text: string, where: string): Cidr {
  try {
    return parseCidr(text)
  } catch (error) {
    if (!(error instanceof AddressSyntaxError)) throw error
    throw configError(`${where}: ${error.message}`)
  }
}

/** Later ones win, as in the reference plugins that have it: CNI_ARGS, `args.cni`, `runtimeConfig`. */
function readMac({ config, environment }: Call, runtime: JsonObject): Uint8Array | undefined {
  const cni = optionalObject(optionalObject(config.json, 'args', 'args') ?? {}, 'cni', 'args.cni') ?? {}
  const given = [
    [loadArgs(environment.args, ['IP', 'GATEWAY', 'MAC']).get('MAC'), 'CNI_ARGS MAC'],
    [optionalString(cni, 'mac', 'args.cni.mac'), 'args.cni.mac'],
    [optionalString(runtime, 'mac', 'runtimeConfig.mac'), 'runtimeConfig.mac'],
  ] as const
  let mac: Uint8Array | undefined
  for (const [text, where] of given) if (text) mac = parseMac(text, where)
  return mac
}

/** The capability "dns" calls its fields otherwise than configurations do. */
function readRuntimeDns(runtime: JsonObject): Dns | undefined {
  const dns = optionalObject(runtime, 'dns', 'runtimeConfig.dns')
  return (
    dns && {
      nameservers: optionalStrings(dns, 'servers', 'runtimeConfig.dns.servers'),
      search: optionalStrings(dns, 'searches', 'runtimeConfig.dns.searches'),
      options: optionalStrings(dns, 'options', 'runtimeConfig.dns.options'),
    }
  )
}

/** The DNS settings of the result: any field of the configuration replaces all of IPAM's. */
export function chooseDns(config: Dns | undefined, ipam: Dns): Dns {
  const given = config && Object.values(config).some((value) => value !== undefined)
  return given ? config : ipam
}

/** The routes of a pod if the configuration says nothing: everything, for each family that it has an address of. */
export function defaultRoutes(families: readonly (4 | 6)[]): readonly ResultRoute[] {
  return [...new Set(families)].map((family) => ({ dst: parseCidr(family === 4 ? '0.0.0.0/0' : '::/0') }))
}
