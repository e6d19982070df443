import type { Call } from '../call.ts'
import { ErrorCode } from '../spec/error.ts'
import { type JsonObject, configError, optionalObject, optionalString } from '../spec/json.ts'
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
 * Whether addresses are given; without, the pod has an interface and no more. An `ipam` that says nothing of its type is
 * as good as none to reference plugins, and a mistake to us.
 *
 * @throws CniError "config" (7)
 */
export function hasIpam({ config: { json }, reference }: Pick<Call, 'config' | 'reference'>): boolean {
  const ipam = optionalObject(json, 'ipam', 'ipam')
  const type = optionalString(ipam ?? {}, 'type', 'ipam.type')
  if (ipam !== undefined && type === undefined && !reference) throw configError('ipam.type is missing')
  return type !== undefined
}
