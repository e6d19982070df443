import type { Call } from '../call.ts'
import { readDns } from '../spec/dns.ts'
import { type JsonObject, optionalObject, optionalStrings } from '../spec/json.ts'
import type { Dns } from '../spec/result.ts'

/**
 * The DNS settings that come instead of IPAM's: those of the capability "dns", which reference plugins don't have, or of
 * the configuration.
 *
 * @throws CniError "config" (7)
 */
export function readConfiguredDns({ config: { json }, reference }: Call): Dns | undefined {
  const configured = readDns(json, 'dns')
  if (reference) return configured
  return readRuntimeDns(optionalObject(json, 'runtimeConfig', 'runtimeConfig') ?? {}) ?? configured
}

/** The capability calls its fields otherwise than configurations do. */
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
