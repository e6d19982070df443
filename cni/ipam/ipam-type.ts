import type { NetworkConfig } from '../spec/config.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { type JsonObject, configError, optionalObject, optionalString } from '../spec/json.ts'

/**
 * The configuration's `ipam`, which must be of that type.
 * @throws CniError "config" (7), "unsupported field" (2) for a type that is not built in: no other program is run
 */
export function requireIpam(config: NetworkConfig, wanted: 'host-local' | 'static'): JsonObject {
  const ipam = optionalObject(config.json, 'ipam', 'ipam')
  if (ipam === undefined) throw configError("IPAM config missing 'ipam' key")
  const type = optionalString(ipam, 'type', 'ipam.type')
  if (type === wanted) return ipam
  const given =
    type === undefined ? 'ipam.type is missing' : `ipam.type ${JSON.stringify(type)} is not supported`
  throw new CniError(
    ErrorCode.unsupportedField,
    `${given}: those that are built in are "host-local" and "static"`,
  )
}
