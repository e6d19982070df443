import type { Call } from '../call.ts'
import { readStatusOnExhaustion } from '../ipam/exhaustion.ts'
import { configError, optionalBoolean, optionalPositive, optionalString } from '../spec/json.ts'
import { parseMac } from '../spec/mac.ts'
import type { Dns } from '../spec/result.ts'
import { readConfiguredDns } from './dns-config.ts'
import { hasIpam, readInterfaceName } from './link-config.ts'
import { readMtu } from './mtu-config.ts'
import { readMac } from './requested-mac.ts'

/** How a pod is put beside the machine on a link of the machine's. */
export interface StackedConfig {
  readonly kind: 'macvlan' | 'ipvlan'
  /** Name of the link that it sends by; that of the default route if absent. */
  readonly master: string | undefined
  /** The master is in the pod already, not on the host. */
  readonly isMasterInPod: boolean
  readonly mode: Mode
  readonly mtu: number | undefined
  readonly mac: Uint8Array | undefined
  readonly broadcastQueueLength: number | undefined
  readonly hasIpam: boolean
  readonly detectDuplicates: boolean
  readonly dns: Dns | undefined
}

export interface Mode {
  readonly name: string
  /** The kernel's (MACVLAN_MODE_*, IPVLAN_MODE_*). */
  readonly number: number
}

/** The first one is the default. */
const modes = {
  macvlan: [
    { name: 'bridge', number: 4 },
    { name: 'private', number: 1 },
    { name: 'vepa', number: 2 },
    { name: 'passthru', number: 8 },
  ],
  ipvlan: [
    { name: 'l2', number: 0 },
    { name: 'l3', number: 1 },
    { name: 'l3s', number: 2 },
  ],
} as const satisfies Readonly<Record<StackedConfig['kind'], readonly [Mode, ...Mode[]]>>

/** What people call the kernel's number. */
export const modeName = (kind: StackedConfig['kind'], number: number | undefined): string =>
  modes[kind].find((mode) => mode.number === number)?.name ?? String(number)

/** @throws CniError "config" (7) */
export function readStackedConfig(call: Call, kind: StackedConfig['kind']): StackedConfig {
  const { json } = call.config
  const isMacvlan = kind === 'macvlan'
  readStatusOnExhaustion(call.config)
  return {
    kind,
    master: readInterfaceName(json, 'master'),
    isMasterInPod: optionalBoolean(json, 'linkInContainer', 'linkInContainer') === true,
    mode: readMode(optionalString(json, 'mode', 'mode'), kind),
    mtu: readMtu(json),
    // All that are on one master share its hardware address.
    mac: isMacvlan ? readMacvlanMac(call) : undefined,
    broadcastQueueLength: isMacvlan ? optionalPositive(json, 'bcqueuelen', 'bcqueuelen') : undefined,
    hasIpam: hasIpam(call),
    detectDuplicates: !call.reference && optionalBoolean(json, 'enabledad', 'enabledad') === true,
    dns: readConfiguredDns(call),
  }
}

function readMode(name: string | undefined, kind: StackedConfig['kind']): Mode {
  const [usual] = modes[kind]
  if (name === undefined) return usual
  const known = modes[kind].find((mode) => mode.name === name)
  if (known === undefined) throw configError(`mode: unknown ${kind} mode: ${JSON.stringify(name)}`)
  return known
}

/** `mac` of the configuration comes before all others have their say. */
function readMacvlanMac(call: Call): Uint8Array | undefined {
  const configured = optionalString(call.config.json, 'mac', 'mac')
  const own = configured === undefined ? undefined : parseMac(configured, 'mac')
  return readMac(call) ?? own
}
