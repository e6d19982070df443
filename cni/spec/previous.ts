import { parseInterfaceAddress } from '../../net/cidr.ts'
import {
  type JsonObject,
  inField,
  optionalAddress,
  optionalArray,
  optionalNumber,
  optionalObject,
  optionalString,
  requireObject,
  requireString,
} from './json.ts'
import type { AssignedAddress, ResultRoute } from './result.ts'
import { readRoutes } from './route.ts'

/** A result that an ADD gave earlier, as far as CHECK looks at it. */
export interface PreviousResult {
  readonly interfaces: readonly PreviousInterface[]
  readonly ips: readonly AssignedAddress[]
  readonly routes: readonly ResultRoute[]
}

export interface PreviousInterface {
  readonly name: string
  readonly mac: string | undefined
  readonly sandbox: string | undefined
}

/**
 * Reads `prevResult`, which has the same shape in all versions that have CHECK; undefined if there is none.
 * @throws CniError "config" (7)
 */
export function readPrevious(json: JsonObject): PreviousResult | undefined {
  const result = optionalObject(json, 'prevResult', 'prevResult')
  if (result === undefined) return undefined
  const list = <T>(key: string, read: (entry: JsonObject, where: string) => T): readonly T[] =>
    (optionalArray(result, key, `prevResult.${key}`) ?? []).map((entry, i) => {
      const where = `prevResult.${key}[${i}]`
      return read(requireObject(entry, where), where)
    })
  return {
    interfaces: list('interfaces', (entry, where) => ({
      name: requireString(entry.name, `${where}.name`),
      mac: optionalString(entry, 'mac', `${where}.mac`),
      sandbox: optionalString(entry, 'sandbox', `${where}.sandbox`),
    })),
    ips: list('ips', (entry, where) => {
      const text = requireString(entry.address, `${where}.address`)
      return {
        address: inField(`${where}.address`, () => parseInterfaceAddress(text)),
        gateway: optionalAddress(entry, 'gateway', `${where}.gateway`),
        interface: optionalNumber(entry, 'interface', `${where}.interface`),
      }
    }),
    routes: readRoutes(result, 'prevResult') ?? [],
  }
}
