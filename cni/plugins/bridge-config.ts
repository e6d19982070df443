import type { Call } from '../call.ts'
import { readStatusOnExhaustion } from '../ipam/exhaustion.ts'
import { configError, optionalBoolean } from '../spec/json.ts'
import type { Dns } from '../spec/result.ts'
import { readConfiguredDns } from './dns-config.ts'
import { hasIpam, readInterfaceName } from './link-config.ts'
import { type MasqueradeConfig, readMasquerade } from './masquerade-config.ts'
import { readMtu } from './mtu-config.ts'
import { readMac } from './requested-mac.ts'
import { type VlanConfig, readVlans } from './vlan-config.ts'

/** How a pod is put on a bridge. */
export interface BridgeConfig {
  readonly bridge: string
  /** Addresses are given; else the pod has an interface, and no more. */
  readonly hasIpam: boolean
  /** The bridge has the gateway's address, and the machine forwards. */
  readonly isGateway: boolean
  /** Everything goes there. */
  readonly isDefaultGateway: boolean
  /** An address of the bridge that is in the way of the gateway's goes. */
  readonly forceAddress: boolean
  readonly masquerade: MasqueradeConfig | undefined
  readonly mtu: number | undefined
  readonly mac: Uint8Array | undefined
  readonly hairpin: boolean
  readonly isolated: boolean
  readonly promiscuous: boolean
  readonly checksMac: boolean
  readonly detectDuplicates: boolean
  /** The pod's interface is left down, for somebody else to set up. */
  readonly leavesInterfaceDown: boolean
  readonly vlans: VlanConfig | undefined
  readonly dns: Dns | undefined
}

const defaultBridge = 'cni0'

/** @throws CniError "config" (7), with upstream's texts where it has one */
export function readBridgeConfig(call: Call): BridgeConfig {
  const { json } = call.config
  const flag = (key: string): boolean => optionalBoolean(json, key, key) === true
  readStatusOnExhaustion(call.config)
  const isDefaultGateway = flag('isDefaultGateway')
  const config = {
    bridge: readInterfaceName(json, 'bridge') ?? defaultBridge,
    hasIpam: hasIpam(call),
    isGateway: flag('isGateway') || isDefaultGateway,
    isDefaultGateway,
    forceAddress: flag('forceAddress'),
    masquerade: readMasquerade(call),
    mtu: readMtu(json),
    mac: readMac(call),
    hairpin: flag('hairpinMode'),
    isolated: flag('portIsolation'),
    promiscuous: flag('promiscMode'),
    checksMac: flag('macspoofchk'),
    detectDuplicates: flag('enabledad'),
    leavesInterfaceDown: flag('disableContainerInterface'),
    vlans: readVlans(json),
    dns: readConfiguredDns(call),
  }
  if (config.hasIpam && config.leavesInterfaceDown)
    throw configError('cannot use IPAM when DisableContainerInterface flag is set')
  if (config.hairpin && config.promiscuous)
    throw configError('cannot set hairpin mode and promiscuous mode at the same time')
  return config
}
