import type { Verb } from './call.ts'
import { type Plugin, type PodInterfaceName, podInterfaceOf } from './plugin.ts'
import { hasPorts, limitsBandwidth } from './spec/capability.ts'
import type { NetworkConfig } from './spec/config.ts'

type Load = () => Promise<{ readonly run: Verb }>

/**
 * The code of the verbs. Each of these is a bundle of its own in the binary, with all that it needs and nothing else, for
 * every function that is read takes time in each start. They share no classes: an error that crosses this border is
 * known by its name.
 */
export const bundles = {
  'ptp-add': () => import('./verbs/ptp-add.ts'),
  'ptp-add-masquerade': () => import('./verbs/ptp-add-masquerade.ts'),
  'ptp-add-static': () => import('./verbs/ptp-add-static.ts'),
  'ptp-add-static-masquerade': () => import('./verbs/ptp-add-static-masquerade.ts'),
  'ptp-add-ports': () => import('./verbs/ptp-add-ports.ts'),
  'ptp-add-bandwidth': () => import('./verbs/ptp-add-bandwidth.ts'),
  'ptp-add-ports-bandwidth': () => import('./verbs/ptp-add-ports-bandwidth.ts'),
  'ptp-del': () => import('./verbs/ptp-del.ts'),
  'ptp-del-masquerade': () => import('./verbs/ptp-del-masquerade.ts'),
  'ptp-del-ports': () => import('./verbs/ptp-del-ports.ts'),
  'ptp-check': () => import('./verbs/ptp-check.ts'),
  'ptp-status': () => import('./verbs/ptp-status.ts'),
  'ptp-gc': () => import('./verbs/ptp-gc.ts'),
  'bridge-add': () => import('./verbs/bridge-add.ts'),
  'bridge-add-whole': () => import('./verbs/bridge-add-whole.ts'),
  'bridge-del': () => import('./verbs/bridge-del.ts'),
  'bridge-check': () => import('./verbs/bridge-check.ts'),
  'bridge-status': () => import('./verbs/bridge-status.ts'),
  'bridge-gc': () => import('./verbs/bridge-gc.ts'),
  'macvlan-add': () => import('./verbs/macvlan-add.ts'),
  'macvlan-check': () => import('./verbs/macvlan-check.ts'),
  'macvlan-status': () => import('./verbs/macvlan-status.ts'),
  'ipvlan-add': () => import('./verbs/ipvlan-add.ts'),
  'ipvlan-check': () => import('./verbs/ipvlan-check.ts'),
  'ipvlan-status': () => import('./verbs/ipvlan-status.ts'),
  'host-local-add': () => import('./verbs/host-local-add.ts'),
  'host-local-del': () => import('./verbs/host-local-del.ts'),
  'host-local-check': () => import('./verbs/host-local-check.ts'),
  'host-local-status': () => import('./verbs/host-local-status.ts'),
  'host-local-gc': () => import('./verbs/host-local-gc.ts'),
  'static-add': () => import('./verbs/static-add.ts'),
  'static-check': () => import('./verbs/static-check.ts'),
  'loopback-add': () => import('./verbs/loopback-add.ts'),
  'loopback-del': () => import('./verbs/loopback-del.ts'),
  'loopback-check': () => import('./verbs/loopback-check.ts'),
  'portmap-add': () => import('./verbs/portmap-add.ts'),
  'portmap-del': () => import('./verbs/portmap-del.ts'),
  'portmap-check': () => import('./verbs/portmap-check.ts'),
  'portmap-gc': () => import('./verbs/portmap-gc.ts'),
  'bandwidth-add': () => import('./verbs/bandwidth-add.ts'),
  'bandwidth-del': () => import('./verbs/bandwidth-del.ts'),
  'bandwidth-check': () => import('./verbs/bandwidth-check.ts'),
  'bandwidth-gc': () => import('./verbs/bandwidth-gc.ts'),
} as const satisfies Readonly<Record<string, Load>>

export type Bundle = keyof typeof bundles

/**
 * Which of them answers a verb: by the plugin, and for one that is many in one by what its configuration asks for.
 * Undefined for a verb that has nothing to do for that plugin, which is success.
 */
export function bundleOf(plugin: Plugin, command: string, config: NetworkConfig): Bundle | undefined {
  switch (plugin) {
    case 'podway-cni': {
      const name = podInterfaceOf(config.json)
      return name === 'ptp'
        ? (chain(command, config) ?? ptp(command, config))
        : otherInterface(name, command, config)
    }
    case 'ptp':
      return ptp(command, config)
    case 'bridge':
    case 'macvlan':
    case 'ipvlan':
      return otherInterface(plugin, command, config)
    case 'host-local':
    case 'static':
    case 'loopback':
    case 'portmap':
    case 'bandwidth':
      return ofThatName(`${plugin}-${command.toLowerCase()}`)
  }
}

/** What is more than a pod's interface. */
function chain(command: string, config: NetworkConfig): Bundle | undefined {
  const [ports, bandwidth] = [hasPorts(config), limitsBandwidth(config)]
  switch (command) {
    case 'ADD':
      if (ports) return bandwidth ? 'ptp-add-ports-bandwidth' : 'ptp-add-ports'
      return bandwidth ? 'ptp-add-bandwidth' : undefined
    case 'DEL':
      return ports ? 'ptp-del-ports' : undefined
    default:
      return undefined
  }
}

function ptp(command: string, { ipamType, json }: NetworkConfig): Bundle | undefined {
  const masquerades = json.ipMasq === true
  switch (command) {
    case 'ADD':
      if (ipamType === 'static') return masquerades ? 'ptp-add-static-masquerade' : 'ptp-add-static'
      return masquerades ? 'ptp-add-masquerade' : 'ptp-add'
    case 'DEL':
      return masquerades ? 'ptp-del-masquerade' : 'ptp-del'
    default:
      return ofThatName(`ptp-${command.toLowerCase()}`)
  }
}

/** What the whole of a bridge is needed for. */
const bridgeExtras: readonly string[] = ['ipMasq', 'macspoofchk', 'vlan', 'vlanTrunk']

function otherInterface(
  name: Exclude<PodInterfaceName, 'ptp'>,
  command: string,
  config: NetworkConfig,
): Bundle | undefined {
  const { ipamType, json } = config
  const isMore = hasPorts(config) || limitsBandwidth(config)
  if (name === 'bridge') {
    const isWhole = isMore || ipamType === 'static' || bridgeExtras.some((key) => json[key])
    return ofThatName(`bridge-${command.toLowerCase()}${command === 'ADD' && isWhole ? '-whole' : ''}`)
  }
  switch (command) {
    // Nothing of theirs is on the host but reservations and rules.
    case 'DEL':
      return hasPorts(config) ? 'ptp-del-ports' : 'ptp-del'
    case 'GC':
      return 'ptp-gc'
    default:
      return ofThatName(`${name}-${command.toLowerCase()}`)
  }
}

const ofThatName = (name: string): Bundle | undefined =>
  Object.hasOwn(bundles, name) ? (name as Bundle) : undefined
