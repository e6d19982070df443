import { parseCidr } from '../../net/cidr.ts'
import { type IpamConfig, readIpamConfig } from '../ipam/config.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import {
  optionalBoolean,
  optionalNumber,
  optionalObject,
  optionalString,
  optionalStrings,
} from '../spec/json.ts'
import type { Dns, ResultRoute } from '../spec/result.ts'
import type { Call } from '../call.ts'

/** How a pod is attached. */
export interface PtpConfig {
  /** The kernel's default if absent. */
  readonly mtu: number | undefined
  readonly ipam: IpamConfig
  /** Instead of what IPAM says, if the configuration has any field of it, be it empty. */
  readonly dns: Dns | undefined
}

/**
 * Reads the configuration of an ADD.
 * @throws CniError "config" (7), "unsupported field" (2)
 */
export function readPtpConfig({ config, environment }: Call): PtpConfig {
  const { json } = config
  if (optionalBoolean(json, 'ipMasq', 'ipMasq') === true)
    throw new CniError(ErrorCode.unsupportedField, 'ipMasq: masquerading is not supported yet')
  const mtu = optionalNumber(json, 'mtu', 'mtu')
  const dns = optionalObject(json, 'dns', 'dns')
  return {
    mtu: mtu === 0 ? undefined : mtu,
    ipam: readIpamConfig(config, environment.args),
    dns: dns && {
      nameservers: optionalStrings(dns, 'nameservers', 'dns.nameservers'),
      domain: optionalString(dns, 'domain', 'dns.domain'),
      search: optionalStrings(dns, 'search', 'dns.search'),
      options: optionalStrings(dns, 'options', 'dns.options'),
    },
  }
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
