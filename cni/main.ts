import type { Verb } from './call.ts'
import { bundleOf, bundles } from './dispatch.ts'
import { fileName, pluginOf } from './plugin.ts'
import { readNetworkConfig } from './spec/config.ts'
import { readEnvironment } from './spec/environment.ts'
import { CniError, ErrorCode, formatError, toCniError } from './spec/error.ts'
import { formatVersions, newestVersion, requireVersion, supportedVersions } from './spec/version.ts'
import type { System } from './sys.ts'

const verbs: readonly string[] = ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS']

/**
 * The node binary, from its start to its exit code: one call of a CNI verb, or, as `podway-cni serve`, the privileged half
 * of the node agent. Everything that
 * goes wrong with a verb is answered as the specification says, as JSON on standard output with code 1, in the
 * configuration's version as soon as that is known.
 */
export async function run(system: System): Promise<number> {
  const { process } = system
  // Runtimes give no arguments.
  if (process.arguments()[0] === 'serve') return (await import('./verbs/serve.ts')).run(system)
  let cniVersion = newestVersion
  try {
    const command = process.environment('CNI_COMMAND')
    if (!command) {
      process.stderr(about(process.argv0, process.version))
      return 0
    }
    if (command === 'VERSION') {
      process.stdout(formatVersions())
      return 0
    }
    const environment = readEnvironment(process)
    const config = readNetworkConfig(process)
    if (!verbs.includes(command)) throw new CniError(ErrorCode.environment, `unknown CNI_COMMAND: ${command}`)
    requireVersion(command, config.cniVersion)
    cniVersion = config.cniVersion

    const plugin = pluginOf(process.argv0, config.type)
    const bundle = bundleOf(plugin, command, config)
    const call = { system, environment, config, plugin, reference: plugin !== 'podway-cni' }
    if (bundle !== undefined) {
      const { run: answer }: { readonly run: Verb } = await bundles[bundle]()
      await answer(call)
    }
    return 0
  } catch (error) {
    process.stdout(formatError(toCniError(error), cniVersion))
    return 1
  }
}

/** What a person who calls the program by hand gets to read. */
function about(argv0: string, version: string): string {
  return `CNI ${fileName(argv0)} plugin v${version}\nCNI protocol versions supported: ${supportedVersions.join(', ')}\n`
}
