import type { Call } from './call.ts'
import { type NetworkConfig, readNetworkConfig } from './spec/config.ts'
import { readEnvironment } from './spec/environment.ts'
import { CniError, ErrorCode, formatError, toCniError } from './spec/error.ts'
import { isAtLeast, newestVersion, requireSupported } from './spec/version.ts'
import type { System } from './sys.ts'

/** The oldest version of the specification whose configurations may use the verb. */
const sinceVersion: Readonly<Record<string, string>> = { CHECK: '0.4.0', GC: '1.1.0', STATUS: '1.1.0' }

/**
 * Calls a verb and answers for it: reads environment and configuration, does the work, and reports what goes wrong, in
 * the configuration's version as soon as that is known. The exit code.
 */
export function runVerb(system: System, work: (call: Call) => void): number {
  const { process } = system
  let cniVersion = newestVersion
  try {
    const environment = readEnvironment(process)
    const { command } = environment
    if (!['ADD', 'DEL', 'CHECK', 'GC', 'STATUS'].includes(command))
      throw new CniError(ErrorCode.environment, `unknown CNI_COMMAND: ${command}`)
    const config = readNetworkConfig(process)
    const since = sinceVersion[command]
    if (since !== undefined && !isAtLeast(config.cniVersion, since))
      throw new CniError(ErrorCode.incompatibleVersion, `config version does not allow ${command}`)
    requireSupported(config.cniVersion)
    cniVersion = config.cniVersion
    work({ system, environment, config, reference: isReference(process.argv0, config) })
    return 0
  } catch (error) {
    process.stdout(formatError(toCniError(error), cniVersion))
    return 1
  }
}

/** Whether the program is called as the reference plugin `ptp`, by its file's name or by the configuration's type. */
function isReference(argv0: string, { type }: NetworkConfig): boolean {
  const name = argv0.slice(argv0.lastIndexOf('/') + 1)
  if (name !== 'ptp' && name !== 'podway-cni')
    throw new CniError(
      ErrorCode.config,
      `called as ${JSON.stringify(name)}: this program is "podway-cni" and stands in for "ptp"`,
    )
  return name === 'ptp' || type === 'ptp'
}
