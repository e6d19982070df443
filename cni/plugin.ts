import { CniError, ErrorCode } from './spec/error.ts'
import { type JsonObject, configError, optionalString } from './spec/json.ts'

/** The plugins that this program is: itself, and the reference plugins that it stands in for. */
const plugins = [
  'podway-cni',
  'ptp',
  'bridge',
  'macvlan',
  'ipvlan',
  'host-local',
  'static',
  'loopback',
  'portmap',
  'bandwidth',
] as const
export type Plugin = (typeof plugins)[number]

/** Those of them that make a pod's interface. */
const interfaces = ['ptp', 'bridge', 'macvlan', 'ipvlan'] as const
export type PodInterfaceName = (typeof interfaces)[number]

/** The last part of a path. */
export const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/**
 * Which plugin is called: runtimes start the file that bears the plugin's name. A configuration whose type is one that
 * makes a pod's interface has `podway-cni` stand in for that, too.
 *
 * @throws CniError "config" (7) for a name that it has no plugin for
 */
export function pluginOf(argv0: string, type: string): Plugin {
  const name = fileName(argv0)
  const plugin = plugins.find((known) => known === name)
  if (plugin === undefined) {
    const [own, ...others] = plugins.map((known) => JSON.stringify(known))
    throw new CniError(
      ErrorCode.config,
      `called as ${JSON.stringify(name)}: this program is ${own ?? ''} and stands in for ${others.join(', ')}`,
    )
  }
  if (plugin !== 'podway-cni') return plugin
  return interfaces.find((known) => known === type) ?? plugin
}

/**
 * Which plugin's pod interface `podway-cni` makes: that of the key `interface`, `ptp` if absent.
 * @throws CniError "config" (7)
 */
export function podInterfaceOf(json: JsonObject): PodInterfaceName {
  const wanted = optionalString(json, 'interface', 'interface') ?? 'ptp'
  const known = interfaces.find((one) => one === wanted)
  if (known !== undefined) return known
  const names = interfaces.map((one) => JSON.stringify(one)).join(', ')
  throw configError(`interface must be one of ${names}, not ${JSON.stringify(wanted)}`)
}
