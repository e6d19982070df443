import { ErrorCode } from '../spec/error.ts'
import { type JsonObject, optionalObject, optionalString } from '../spec/json.ts'
import { requireInterfaceName } from '../spec/interface-name.ts'

/**
 * The name of an interface that stands in that field; undefined if none does.
 * @throws CniError "config" (7)
 */
export function readInterfaceName(json: JsonObject, key: string): string | undefined {
  const name = optionalString(json, key, key)
  return name === undefined ? undefined : requireInterfaceName(name, ErrorCode.config, `${key}: `)
}

/**
 * Whether addresses are given; without, the pod has an interface and no more.
 * @throws CniError "config" (7)
 */
export const hasIpam = (json: JsonObject): boolean =>
  optionalString(optionalObject(json, 'ipam', 'ipam') ?? {}, 'type', 'ipam.type') !== undefined
