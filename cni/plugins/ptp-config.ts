import { parseCidr } from '../../net/cidr.ts'
import type { Call } from '../call.ts'
import { readStatusOnExhaustion } from '../ipam/exhaustion.ts'
import type { Dns, ResultRoute } from '../spec/result.ts'
import { readConfiguredDns } from './dns-config.ts'
import { type MasqueradeConfig, readMasquerade } from './masquerade-config.ts'
import { readMtu } from './mtu-config.ts'
import { readMac } from './requested-mac.ts'

/** How a pod is attached. */
export interface PtpConfig {
  /** The uplink's if absent; called as the reference plugin, the kernel's default. */
  readonly mtu: number | undefined
  /** Of the pod's end; a random one if absent. */
  readonly mac: Uint8Array | undefined
  /** Instead of what IPAM says, if the configuration has any field of it, be it empty. */
  readonly dns: Dns | undefined
  /** Undefined: the pod's addresses leave the machine as they are. */
  readonly masquerade: MasqueradeConfig | undefined
}

/**
 * Reads the configuration of an ADD.
 * @throws CniError "config" (7)
 */
export function readPtpConfig(call: Call): PtpConfig {
  // For STATUS; but whoever makes a mistake wants to hear of it.
  readStatusOnExhaustion(call.config)
  return {
    mtu: readMtu(call.config.json),
    mac: call.reference ? undefined : readMac(call),
    dns: readConfiguredDns(call),
    masquerade: readMasquerade(call),
  }
}

/** The routes of a pod if the configuration says nothing: everything, for each family that it has an address of. */
export function defaultRoutes(families: readonly (4 | 6)[]): readonly ResultRoute[] {
  return [...new Set(families)].map((family) => ({ dst: parseCidr(family === 4 ? '0.0.0.0/0' : '::/0') }))
}
