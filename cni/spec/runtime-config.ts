import type { JsonObject } from './json.ts'

/** Capabilities that we know, and the keys of their objects. */
const capabilities: Readonly<Record<string, readonly string[]>> = {
  portMappings: ['hostPort', 'containerPort', 'protocol', 'hostIP'],
  bandwidth: ['ingressRate', 'ingressBurst', 'egressRate', 'egressBurst'],
  ipRanges: ['subnet', 'rangeStart', 'rangeEnd', 'gateway'],
  dns: ['servers', 'searches', 'options'],
  ips: [],
  mac: [],
}

/**
 * What the runtime adds to a configuration, with the keys as CONVENTIONS.md writes them. Go reads keys without regard to
 * case, and runtimes rely on that: containerd's go-cni writes `HostPort`, `ContainerPort`, `Subnet`, `Servers` for
 * structures that have no names for JSON (https://github.com/containerd/go-cni, types.go), and the reference's
 * documentation has `bandWidth`. What is no object stays as it is, for who reads it to refuse.
 */
export function foldRuntimeConfig(runtimeConfig: unknown): unknown {
  if (!isObject(runtimeConfig)) return runtimeConfig
  const folded = foldKeys(runtimeConfig, Object.keys(capabilities))
  for (const [name, keys] of Object.entries(capabilities)) {
    if (name in folded) folded[name] = foldEach(folded[name], keys)
  }
  return folded
}

/** An object, or those of a list, or of a list of lists. */
function foldEach(value: unknown, keys: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((entry) => foldEach(entry, keys))
  return isObject(value) ? foldKeys(value, keys) : value
}

/** A key in its usual case goes first, whatever its place. */
function foldKeys(object: JsonObject, known: readonly string[]): Record<string, unknown> {
  const folded: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(object)) {
    const lower = key.toLowerCase()
    const name = known.find((one) => one.toLowerCase() === lower) ?? key
    if (name === key || !(name in object)) folded[name] = value
  }
  return folded
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
