import { formatError, toCniError } from './spec/error.ts'
import { formatVersions, newestVersion, supportedVersions } from './spec/version.ts'
import type { System } from './sys.ts'

/**
 * The node binary, from its start to its exit code: one call of a CNI verb. Everything that goes wrong is answered as
 * the specification says, as JSON on standard output with code 1.
 *
 * A verb is loaded when it is called, with all that it needs and nothing else: every function that is read takes time in
 * each start, and a runtime asks for VERSION often.
 */
export async function run(system: System): Promise<number> {
  const { process } = system
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
    const verb = await load(command)
    return verb.run(system)
  } catch (error) {
    process.stdout(formatError(toCniError(error), newestVersion))
    return 1
  }
}

/** Each of these is a bundle of its own in the binary. They share no classes: errors don't cross this border. */
function load(command: string): Promise<{ readonly run: (system: System) => number }> {
  switch (command) {
    case 'ADD':
      return import('./verbs/add.ts')
    case 'DEL':
      return import('./verbs/del.ts')
    case 'CHECK':
      return import('./verbs/check.ts')
    case 'STATUS':
      return import('./verbs/status.ts')
    default:
      return import('./verbs/other.ts')
  }
}

/** What a person who calls the program by hand gets to read. */
function about(argv0: string, version: string): string {
  const name = argv0.slice(argv0.lastIndexOf('/') + 1)
  return `CNI ${name} plugin v${version}\nCNI protocol versions supported: ${supportedVersions.join(', ')}\n`
}
