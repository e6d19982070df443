import { asyncOperations } from './async-operations.ts'
import { authorizationOperations } from './authorization.ts'
import { limitOperations } from './limits.ts'
import { machineOperations } from './machines.ts'
import { interfaceOperations, joinActions } from './network-interfaces.ts'
import { networkOperations } from './networks.ts'
import type { Operation } from './operation.ts'
import { routeTables } from './route-tables.ts'
import { routeOperations } from './routes.ts'
import { securityGroupOperations } from './security-groups.ts'

/** Everything that the simulator can do. */
export const operations: readonly Operation[] = [
  ...routeTables,
  ...routeOperations,
  ...networkOperations,
  ...interfaceOperations,
  ...machineOperations,
  ...securityGroupOperations,
  ...authorizationOperations,
  ...limitOperations,
  ...asyncOperations,
]

/** Every permission that something in it takes, once. */
export const actions: readonly string[] = [
  ...new Set([
    ...operations.map(({ action }) => action),
    ...joinActions,
    'Microsoft.Network/routeTables/join/action',
  ]),
].sort()

export interface Found {
  readonly operation: Operation
  readonly parameters: Readonly<Record<string, string>>
}

export function findOperation(method: string, path: string): Found | undefined {
  for (const operation of operations) {
    if (operation.method !== method) continue
    const parameters = match(operation.path, path)
    if (parameters !== undefined) return { operation, parameters }
  }
  return undefined
}

function match(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const text = given[index] ?? ''
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    if (name !== undefined && text !== '') parameters[name] = decodeURIComponent(text)
    else if (part.toLowerCase() !== text.toLowerCase()) return undefined
  }
  return parameters
}
