import type { Call } from './call.ts'
import { type NetworkConfig, readNetworkConfig } from './spec/config.ts'
import type { Environment } from './spec/environment.ts'
import { CniError, ErrorCode } from './spec/error.ts'
import { isAtLeast, requireSupported } from './spec/version.ts'
import type { System } from './sys.ts'

/** The oldest version of the specification whose configurations may use the verb. */
const sinceVersion: Readonly<Record<string, string>> = { CHECK: '0.4.0', GC: '1.1.0', STATUS: '1.1.0' }

/**
 * Reads the configuration and does what the environment's command says. From the moment the configuration's version is
 * known, errors are reported in it.
 */
export async function runVerb(
  system: System,
  environment: Environment,
  reporting: { cniVersion: string },
): Promise<void> {
  const { command } = environment
  if (!['ADD', 'DEL', 'CHECK', 'GC', 'STATUS'].includes(command))
    throw new CniError(ErrorCode.environment, `unknown CNI_COMMAND: ${command}`)
  const config = readNetworkConfig(system.process)
  const since = sinceVersion[command]
  if (since !== undefined && !isAtLeast(config.cniVersion, since))
    throw new CniError(ErrorCode.incompatibleVersion, `config version does not allow ${command}`)
  requireSupported(config.cniVersion)
  reporting.cniVersion = config.cniVersion
  const call: Call = { system, environment, config, reference: isReference(system.process.argv0, config) }
  const verb = await load(command)
  verb(call)
}

/** Only the module of the verb that is called. */
async function load(command: string): Promise<(call: Call) => void> {
  switch (command) {
    case 'ADD':
      return (await import('./plugins/ptp-add.ts')).add
    case 'DEL':
      return (await import('./plugins/ptp-del.ts')).del
    case 'CHECK':
      return (await import('./plugins/ptp-check.ts')).check
    case 'STATUS':
      return (await import('./plugins/ptp-status.ts')).status
    default:
      // GC. Nothing is collected yet; the specification wants success of a plugin that has nothing to do.
      return () => undefined
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
