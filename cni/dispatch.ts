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
  'ptp-add-whole': () => import('./verbs/ptp-add-whole.ts'),
  'ptp-del': () => import('./verbs/ptp-del.ts'),
  'ptp-del-whole': () => import('./verbs/ptp-del-whole.ts'),
  'ptp-check': () => import('./verbs/ptp-check.ts'),
  'ptp-status': () => import('./verbs/ptp-status.ts'),
  'ptp-gc': () => import('./verbs/ptp-gc.ts'),
  'bridge-add': () => import('./verbs/bridge-add.ts'),
  'bridge-add-whole': () => import('./verbs/bridge-add-whole.ts'),
  'bridge-del': () => import('./verbs/bridge-del.ts'),
  'bridge-check': () => import('./verbs/bridge-check.ts'),
  'bridge-status': () => import('./verbs/bridge-status.ts'),
  'bridge-gc': () => import('./verbs/bridge-gc.ts'),
  'stacked-add': () => import('./verbs/stacked-add.ts'),
  'stacked-check': () => import('./verbs/stacked-check.ts'),
  'stacked-status': () => import('./verbs/stacked-status.ts'),
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
  const verb = command.toLowerCase()
  switch (plugin) {
    case 'podway-cni': {
      const extras = { ports: hasPorts(config), rates: limitsBandwidth(config) }
      return ofInterface(podInterfaceOf(config.json), verb, config, extras)
    }
    case 'ptp':
    case 'bridge':
    case 'macvlan':
    case 'ipvlan':
      return ofInterface(plugin, verb, config, { ports: false, rates: false })
    case 'host-local':
    case 'static':
    case 'loopback':
    case 'portmap':
    case 'bandwidth':
      return ofThatName(`${plugin}-${verb}`)
  }
}

/** What the whole of an interface's ADD is needed for, besides other IPAM than host-local and what is chained. */
const extraKeys: Readonly<Record<'ptp' | 'bridge', readonly string[]>> = {
  ptp: ['ipMasq'],
  bridge: ['ipMasq', 'macspoofchk', 'vlan', 'vlanTrunk'],
}

function ofInterface(
  name: PodInterfaceName,
  verb: string,
  { ipamType, json }: NetworkConfig,
  { ports, rates }: { readonly ports: boolean; readonly rates: boolean },
): Bundle | undefined {
  const needsWhole = (keys: readonly string[]): boolean =>
    ports || rates || ipamType === 'static' || keys.some((key) => json[key])
  // Of macvlan and ipvlan, nothing is on the host but reservations and rules.
  if (verb === 'del' && name !== 'bridge') return ports || json.ipMasq ? 'ptp-del-whole' : 'ptp-del'
  switch (name) {
    case 'ptp':
    case 'bridge':
      return ofThatName(`${name}-${verb}${verb === 'add' && needsWhole(extraKeys[name]) ? '-whole' : ''}`)
    case 'macvlan':
    case 'ipvlan':
      return verb === 'gc' ? 'ptp-gc' : ofThatName(`stacked-${verb}`)
  }
}

const ofThatName = (name: string): Bundle | undefined =>
  Object.hasOwn(bundles, name) ? (name as Bundle) : undefined
