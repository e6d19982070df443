import { CniError, ErrorCode } from './spec/error.ts'

/** The plugins that this program is: itself, and the reference plugins that it stands in for. */
const plugins = ['podway-cni', 'ptp', 'host-local', 'static', 'loopback', 'bandwidth'] as const
export type Plugin = (typeof plugins)[number]

/** The last part of a path. */
export const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/**
 * Which plugin is called: runtimes start the file that bears the plugin's name. A configuration of `ptp` makes
 * `podway-cni` stand in for that, too.
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
  return plugin === 'podway-cni' && type === 'ptp' ? 'ptp' : plugin
}
