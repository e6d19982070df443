import { isSysError } from '../sys.ts'
import type { Context } from './handler.ts'
import type { FoundConfiguration } from './protocol.ts'

/** Before the usual neighbours, which begin with 10: runtimes take the first file. */
export const ownConfiguration = '05-podway.conflist'

/** What libcni looks for. */
const extensions: readonly string[] = ['.conf', '.conflist', '.json']

/** The files that a runtime would load, in its order. Whatever is in them, this never fails because of it. */
export function findConfigurations(context: Context): readonly FoundConfiguration[] {
  const { system, settings } = context
  let names: readonly string[]
  try {
    names = system.files.list(settings.confDir)
  } catch (error) {
    if (isSysError(error)) return []
    throw error
  }
  return names
    .filter((name) => extensions.some((extension) => name.endsWith(extension)))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((file) => ({
      file,
      isOurs: file === ownConfiguration,
      ...described(readConfiguration(context, file)),
    }))
}

/** A configuration as libcni reads it; what is no JSON object is undefined. */
export interface Configuration {
  readonly name: string | undefined
  readonly version: string | undefined
  readonly plugins: readonly Readonly<Record<string, unknown>>[]
}

/** The content of one of those files; undefined if it can't be read as a configuration. */
export function readConfiguration({ system, settings }: Context, file: string): Configuration | undefined {
  let value: unknown
  try {
    value = JSON.parse(system.files.read(`${settings.confDir}/${file}`))
  } catch {
    return undefined
  }
  if (!isObject(value)) return undefined
  const plugins = file.endsWith('.conflist') ? value.plugins : [value]
  if (!Array.isArray(plugins) || !plugins.every(isObject)) return undefined
  return { name: textOf(value.name), version: textOf(value.cniVersion), plugins }
}

function described(
  configuration: Configuration | undefined,
): Pick<FoundConfiguration, 'name' | 'types' | 'ranges'> {
  if (configuration === undefined) return {}
  const { name, plugins } = configuration
  const types = plugins.map(({ type }) => textOf(type) ?? '')
  const ranges = plugins.flatMap(rangesOf)
  return { ...(name === undefined ? {} : { name }), types, ...(ranges.length > 0 ? { ranges } : {}) }
}

/** From which ranges host-local gives addresses, in either of its forms. */
export function rangesOf({ ipam }: Readonly<Record<string, unknown>>): readonly string[] {
  if (!isObject(ipam) || ipam.type !== 'host-local') return []
  const sets = Array.isArray(ipam.ranges) ? (ipam.ranges as readonly unknown[]).flat() : []
  return [ipam, ...sets]
    .map((range) => (isObject(range) ? textOf(range.subnet) : undefined))
    .filter((subnet) => subnet !== undefined)
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
