import type { Call } from '../call.ts'
import { decodeNetworkConfig } from '../spec/config.ts'
import type { Environment } from '../spec/environment.ts'
import type { System } from '../sys.ts'
import { memorySystem } from './memory-system.ts'

export interface CallParts {
  readonly system?: System
  readonly reference?: boolean
  readonly environment?: Partial<Environment>
}

/** A call of container `pod` with that configuration; as `podway-cni`, unless it is said to stand in for another. */
export const callOf = (config: object, parts: CallParts = {}): Call => ({
  system: parts.system ?? memorySystem({}),
  plugin: parts.reference === true ? 'ptp' : 'podway-cni',
  reference: parts.reference ?? false,
  config: decodeNetworkConfig(JSON.stringify({ cniVersion: '1.1.0', name: 'net', ...config })),
  environment: {
    command: 'ADD',
    containerId: 'pod',
    netns: '/run/netns/x',
    ifName: 'eth0',
    args: '',
    netnsOverride: false,
    ...parts.environment,
  },
})
