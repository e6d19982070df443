import type { NetworkConfig } from './config.ts'

/** Whether the runtime asks for any port. What is wrong with its list is told by who reads it. */
export function hasPorts({ json: { runtimeConfig } }: NetworkConfig): boolean {
  const { portMappings } = (runtimeConfig ?? {}) as { readonly portMappings?: unknown }
  return portMappings !== undefined && portMappings !== null && !isEmptyList(portMappings)
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0
