import { isSysError, type Process } from '../sys.ts'
import { CniError, ErrorCode } from './error.ts'
import { type JsonObject, configError, optionalString } from './json.ts'
import { hasNameCharacters } from './name.ts'
import { foldRuntimeConfig } from './runtime-config.ts'

/** The part of a network configuration that every verb needs. */
export interface NetworkConfig {
  readonly cniVersion: string
  readonly name: string
  readonly type: string
  /** The type of IPAM, if that is a text: whose code is loaded depends on it. */
  readonly ipamType: string | undefined
  /** The whole object, for whoever knows the other fields. */
  readonly json: JsonObject
}

/**
 * Reads standard input.
 * @throws CniError "io" (5), "decoding" (6) for what is no JSON object, "config" (7) for a bad name
 */
export function readNetworkConfig(process: Process): NetworkConfig {
  let text: string
  try {
    text = process.stdin()
  } catch (error) {
    if (isSysError(error)) throw new CniError(ErrorCode.io, `error reading from stdin: ${error.message}`)
    throw error
  }
  return decodeNetworkConfig(text)
}

/** @throws CniError as {@link readNetworkConfig} */
export function decodeNetworkConfig(text: string): NetworkConfig {
  const decoded = decode(text)
  const json =
    'runtimeConfig' in decoded
      ? { ...decoded, runtimeConfig: foldRuntimeConfig(decoded.runtimeConfig) }
      : decoded
  const { cniVersion } = json
  const name = json.name ?? ''
  if (typeof name !== 'string') throw undecodable('name must be a string')
  if (name === '') throw configError('missing network name')
  if (!hasNameCharacters(name))
    throw new CniError(ErrorCode.config, 'invalid characters found in network name', name)
  if (cniVersion !== undefined && cniVersion !== null && typeof cniVersion !== 'string')
    throw undecodable('cniVersion must be a string')
  return {
    // A configuration without a version was written before there were versions.
    cniVersion: cniVersion === undefined || cniVersion === null || cniVersion === '' ? '0.1.0' : cniVersion,
    name,
    type: optionalString(json, 'type', 'type') ?? '',
    ipamType: ipamTypeOf(json.ipam),
    json,
  }
}

/** Nothing is wrong yet if there is none: a verb that needs it will say so. */
function ipamTypeOf(ipam: unknown): string | undefined {
  const { type } = (ipam ?? {}) as { readonly type?: unknown }
  return typeof type === 'string' ? type : undefined
}

function decode(text: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw undecodable(error instanceof Error ? error.message : String(error))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw undecodable('expected an object')
  return value as JsonObject
}

const undecodable = (problem: string): CniError =>
  new CniError(ErrorCode.decoding, `error unmarshall network config: ${problem}`)
