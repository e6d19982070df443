import { parseCidr } from '../../net/cidr.ts'
import {
  type JsonObject,
  inField,
  optionalAddress,
  optionalArray,
  optionalNumber,
  optionalPositive,
  requireObject,
  requireString,
} from './json.ts'
import type { ResultRoute } from './result.ts'

/**
 * Reads `routes`; undefined if there is no such key.
 * @throws CniError "config" (7)
 */
export function readRoutes(parent: JsonObject, where: string): readonly ResultRoute[] | undefined {
  return optionalArray(parent, 'routes', `${where}.routes`)?.map((route, i) =>
    readRoute(requireObject(route, `${where}.routes[${i}]`), `${where}.routes[${i}]`),
  )
}

/** Reads one route as configurations and results have it: `{dst, gw, mtu, advmss, priority, table, scope}`. */
export function readRoute(json: JsonObject, where: string): ResultRoute {
  const dst = requireString(json.dst, `${where}.dst`)
  return {
    dst: inField(`${where}.dst`, () => parseCidr(dst)),
    gw: optionalAddress(json, 'gw', `${where}.gw`),
    mtu: optionalPositive(json, 'mtu', `${where}.mtu`, 65_535),
    advmss: optionalPositive(json, 'advmss', `${where}.advmss`, 65_535),
    priority: optionalPositive(json, 'priority', `${where}.priority`),
    table: optionalNumber(json, 'table', `${where}.table`),
    scope: optionalNumber(json, 'scope', `${where}.scope`, { most: 255 }),
  }
}
