import type { NetworkConfig } from './config.ts'
import type { JsonObject } from './json.ts'

/** Whether the runtime asks for any port. What is wrong with its list is told by who reads it. */
export function hasPorts({ json: { runtimeConfig } }: NetworkConfig): boolean {
  const { portMappings } = (runtimeConfig ?? {}) as { readonly portMappings?: unknown }
  return portMappings !== undefined && portMappings !== null && !isEmptyList(portMappings)
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0

/** Whether a configuration or a pod says anything of rates; what it says is read later. */
export function limitsBandwidth({ json }: NetworkConfig): boolean {
  const { bandwidth } = (json.runtimeConfig ?? {}) as JsonObject
  const { ingressRate, ingressBurst, egressRate, egressBurst } = json
  return [bandwidth, ingressRate, ingressBurst, egressRate, egressBurst].some((value) => !!value)
}
