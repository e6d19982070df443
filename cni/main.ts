import { readEnvironment } from './spec/environment.ts'
import { formatError, toCniError } from './spec/error.ts'
import { formatVersions, newestVersion, supportedVersions } from './spec/version.ts'
import type { System } from './sys.ts'

/**
 * The node binary, from its start to its exit code: one call of a CNI verb. Everything that goes wrong is answered as
 * the specification says, as JSON on standard output with code 1.
 *
 * Modules are loaded when they are needed: a runtime asks for VERSION often, and wants nothing else then.
 */
export async function run(system: System): Promise<number> {
  const { process } = system
  const reporting = { cniVersion: newestVersion }
  try {
    if (!process.environment('CNI_COMMAND')) {
      process.stderr(about(process.argv0, process.version))
      return 0
    }
    const environment = readEnvironment(process)
    if (environment.command === 'VERSION') {
      process.stdout(formatVersions())
      return 0
    }
    const { runVerb } = await import('./verb.ts')
    await runVerb(system, environment, reporting)
    return 0
  } catch (error) {
    process.stdout(formatError(toCniError(error), reporting.cniVersion))
    return 1
  }
}

/** What a person who calls the program by hand gets to read. */
function about(argv0: string, version: string): string {
  const name = argv0.slice(argv0.lastIndexOf('/') + 1)
  return `CNI ${name} plugin v${version}\nCNI protocol versions supported: ${supportedVersions.join(', ')}\n`
}
