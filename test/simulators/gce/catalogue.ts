import type { Method } from './method.ts'
import { FIREWALL_METHODS } from './methods/firewalls.ts'
import { INSTANCE_METHODS } from './methods/instances.ts'
import { NETWORK_INTERFACE_METHODS } from './methods/network-interfaces.ts'
import { NETWORK_METHODS } from './methods/networks.ts'
import { OPERATION_METHODS } from './methods/operations.ts'
import { PEERING_ROUTE_METHODS } from './methods/peering-routes.ts'
import { ROUTER_METHODS } from './methods/routers.ts'
import { ROUTE_METHODS } from './methods/routes.ts'

/** Every method that the simulator answers, by name. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  [
    ROUTE_METHODS,
    OPERATION_METHODS,
    INSTANCE_METHODS,
    NETWORK_INTERFACE_METHODS,
    NETWORK_METHODS,
    FIREWALL_METHODS,
    PEERING_ROUTE_METHODS,
    ROUTER_METHODS,
  ]
    .flat()
    .map((method) => [method.name, method]),
)

export interface Match {
  readonly method: Method
  readonly path: ReadonlyMap<string, string>
}

/** The method of a request, by its HTTP method and its path below `/compute/v1/`. */
export function findMethod(httpMethod: string, path: string): Match | undefined {
  const parts = path.split('/')
  for (const method of METHODS.values()) {
    if (method.httpMethod !== httpMethod) continue
    const values = match(method.path.split('/'), parts)
    if (values !== undefined) return { method, path: values }
  }
  return undefined
}

function match(
  pattern: readonly string[],
  parts: readonly string[],
): ReadonlyMap<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined
  const values = new Map<string, string>()
  for (const [index, piece] of pattern.entries()) {
    const part = parts[index] ?? ''
    const name = /^\{(.*)\}$/.exec(piece)?.[1]
    if (name === undefined ? piece !== part : part === '') return undefined
    if (name !== undefined) values.set(name, decodeURIComponent(part))
  }
  return values
}
