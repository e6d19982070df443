import type { GcpMode } from '../providers/gcp/mode.ts'
import type { gcpSettings } from './settings/gcp-settings.ts'
import type { Given } from './settings/settings.ts'
import { UsageError } from './usage.ts'

/** What is said of Google Cloud. */
export type GcpSettings = Given<keyof typeof gcpSettings>

/** The provider's default where a value is undefined. */
export interface GcpConfig {
  readonly project: string | undefined
  /** None: that of this instance. */
  readonly networks: readonly string[]
  readonly impersonate: string | undefined
  readonly priority: number | undefined
  readonly tags: readonly string[]
  readonly routesPerNetwork: number | undefined
  readonly routesPerPeeringGroup: number | undefined
  readonly mode: GcpMode
  /** None: the only one of a subnet. */
  readonly podRanges: readonly string[]
  /** Of the podCIDRs that are alias ranges; only the controller makes any. */
  readonly nodePrefixLength?: number
}

/** @throws UsageError */
export function readGcpConfig(settings: GcpSettings): GcpConfig {
  const { gcpMode: mode = 'routes', gcpPodRanges: podRanges = [] } = settings
  if (mode === 'routes' && podRanges.length > 0)
    throw new UsageError(`--gcp-pod-ranges=${podRanges.join(',')}: it is for --gcp-mode alias-ip`)
  return {
    project: settings.gcpProject,
    networks: settings.gcpNetwork ?? [],
    impersonate: settings.gcpImpersonateServiceAccount,
    priority: settings.gcpRoutePriority,
    tags: settings.gcpRouteTags ?? [],
    routesPerNetwork: settings.gcpRoutesPerNetwork,
    routesPerPeeringGroup: settings.gcpRoutesPerPeeringGroup,
    mode,
    podRanges,
  }
}
