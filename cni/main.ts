import type { Verb } from './call.ts'
import { fileName, pluginOf, podInterfaceOf } from './plugin.ts'
import { type NetworkConfig, readNetworkConfig } from './spec/config.ts'
import { readEnvironment } from './spec/environment.ts'
import { CniError, ErrorCode, formatError, toCniError } from './spec/error.ts'
import { formatVersions, newestVersion, requireVersion, supportedVersions } from './spec/version.ts'
import type { JsonObject } from './spec/json.ts'
import type { System } from './sys.ts'

/** What the whole of a bridge is needed for. */
const bridgeExtras: readonly string[] = ['ipMasq', 'macspoofchk', 'vlan', 'vlanTrunk']

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
    const loaded = await load(plugin, command, config)
    loaded?.run({ system, environment, config, reference: plugin !== 'podway-cni' })
    return 0
  } catch (error) {
    process.stdout(formatError(toCniError(error), cniVersion))
    return 1
  }
}

/**
 * The code of a verb. Each of these is a bundle of its own in the binary, with all that it needs and nothing else, for
 * every function that is read takes time in each start. They share no classes: an error that crosses this border is
 * known by its name. Undefined for a verb that has nothing to do for that plugin, which is success.
 */
async function load(
  plugin: string,
  command: string,
  { ipamType, json }: NetworkConfig,
): Promise<{ readonly run: Verb } | undefined> {
  switch (`${plugin === 'podway-cni' ? podInterfaceOf(json) : plugin} ${command}`) {
    case 'ptp ADD':
      if (plugin === 'podway-cni' && limitsBandwidth(json)) return import('./verbs/ptp-add-bandwidth.ts')
      if (json.ipMasq === true)
        return ipamType === 'static'
          ? import('./verbs/ptp-add-static-masquerade.ts')
          : import('./verbs/ptp-add-masquerade.ts')
      return ipamType === 'static' ? import('./verbs/ptp-add-static.ts') : import('./verbs/ptp-add.ts')
    case 'ptp DEL':
      return json.ipMasq === true ? import('./verbs/ptp-del-masquerade.ts') : import('./verbs/ptp-del.ts')
    case 'ptp CHECK':
      return import('./verbs/ptp-check.ts')
    case 'ptp STATUS':
      return import('./verbs/ptp-status.ts')
    case 'ptp GC':
      return import('./verbs/ptp-gc.ts')
    case 'bridge ADD':
      return ipamType === 'static' || bridgeExtras.some((key) => json[key]) || limitsBandwidth(json)
        ? import('./verbs/bridge-add-whole.ts')
        : import('./verbs/bridge-add.ts')
    case 'bridge DEL':
      return import('./verbs/bridge-del.ts')
    case 'bridge CHECK':
      return import('./verbs/bridge-check.ts')
    case 'bridge STATUS':
      return import('./verbs/bridge-status.ts')
    case 'bridge GC':
      return import('./verbs/bridge-gc.ts')
    case 'macvlan ADD':
      return import('./verbs/macvlan-add.ts')
    case 'ipvlan ADD':
      return import('./verbs/ipvlan-add.ts')
    case 'macvlan DEL':
    case 'ipvlan DEL':
      return import('./verbs/ptp-del.ts')
    case 'macvlan CHECK':
      return import('./verbs/macvlan-check.ts')
    case 'ipvlan CHECK':
      return import('./verbs/ipvlan-check.ts')
    case 'macvlan STATUS':
      return import('./verbs/macvlan-status.ts')
    case 'ipvlan STATUS':
      return import('./verbs/ipvlan-status.ts')
    case 'macvlan GC':
    case 'ipvlan GC':
      return import('./verbs/ptp-gc.ts')
    case 'host-local ADD':
      return import('./verbs/host-local-add.ts')
    case 'host-local DEL':
      return import('./verbs/host-local-del.ts')
    case 'host-local CHECK':
      return import('./verbs/host-local-check.ts')
    case 'host-local STATUS':
      return import('./verbs/host-local-status.ts')
    case 'host-local GC':
      return import('./verbs/host-local-gc.ts')
    case 'static ADD':
      return import('./verbs/static-add.ts')
    case 'static CHECK':
      return import('./verbs/static-check.ts')
    case 'loopback ADD':
      return import('./verbs/loopback-add.ts')
    case 'loopback DEL':
      return import('./verbs/loopback-del.ts')
    case 'loopback CHECK':
      return import('./verbs/loopback-check.ts')
    case 'bandwidth ADD':
      return import('./verbs/bandwidth-add.ts')
    case 'bandwidth DEL':
      return import('./verbs/bandwidth-del.ts')
    case 'bandwidth CHECK':
      return import('./verbs/bandwidth-check.ts')
    case 'bandwidth GC':
      return import('./verbs/bandwidth-gc.ts')
    default:
      return undefined
  }
}

/** Whether a configuration or a pod says anything of rates; what it says is read later. */
function limitsBandwidth(json: JsonObject): boolean {
  const { bandwidth } = (json.runtimeConfig ?? {}) as JsonObject
  const { ingressRate, ingressBurst, egressRate, egressBurst } = json
  return [bandwidth, ingressRate, ingressBurst, egressRate, egressBurst].some((value) => !!value)
}

/** What a person who calls the program by hand gets to read. */
function about(argv0: string, version: string): string {
  return `CNI ${fileName(argv0)} plugin v${version}\nCNI protocol versions supported: ${supportedVersions.join(', ')}\n`
}
