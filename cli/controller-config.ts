import {
  LeaderElectionConfigError,
  type LeaderElectionTimes,
  attemptTimeoutMs,
  checkLeaderElectionTimes,
} from '../kube/leader-election-config.ts'
import type { Policy } from '../reconciler/guard/policy.ts'
import type { BindAddress } from './bind-address.ts'
import { type CloudConfig, readCloudConfig } from './cloud-config.ts'
import type { logLevels } from './log-levels.ts'
import { type Delegated, type PoolConfig, readPoolConfig } from './pool-config.ts'
import type { Settings } from './settings/command-settings.ts'
import type { adoptions } from './settings/controller-settings.ts'
import { UsageError } from './usage.ts'

export interface ControllerConfig extends CloudConfig, PoolConfig {
  /** Whether routes are written, or Nodes only get their podCIDRs. */
  readonly configureRoutes: boolean
  readonly policy: Policy
  readonly adopt: (typeof adoptions)[number]
  readonly driftMs: number
  /** Undefined where it is the only controller by other means. */
  readonly leaderElection: LeaderElection | undefined
  /** More than 0, at most 1. */
  readonly apiBudgetShare: number
  /** Where to serve health and metrics; undefined for nowhere. */
  readonly metricsBindAddress: BindAddress | undefined
  readonly kubeconfig: string | undefined
  readonly logLevel: (typeof logLevels)[number]
}

export interface LeaderElection extends LeaderElectionTimes {
  readonly namespace: string
  readonly name: string
}

/** Checks everything that can be checked without asking anybody. @throws UsageError */
export function readControllerConfig(settings: Settings<'controller'>): ControllerConfig {
  const cloud = readCloudConfig(settings)
  const { adopt, apiBudgetShare, configureCloudRoutes: configureRoutes, policy } = settings
  const { kubeconfig, logLevel, metricsBindAddress } = settings
  const delegated = delegatedBy(cloud)
  if (delegated !== undefined && !configureRoutes)
    throw new UsageError(
      `${delegated.flag}=${delegated.mode} and --configure-cloud-routes=false: podCIDRs that the VPC delegates take a cloud that is written to`,
    )
  const nodePrefixLength = settings.nodeCidrMaskSizeIpv4
  return {
    ...cloud,
    gcp: cloud.gcp.mode === 'alias-ip' ? { ...cloud.gcp, nodePrefixLength } : cloud.gcp,
    ...readPoolConfig(settings, delegated === undefined ? {} : { delegated }),
    configureRoutes,
    policy,
    adopt,
    driftMs: settings.driftInterval,
    leaderElection: settings.leaderElect ? readLeaderElection(settings) : undefined,
    apiBudgetShare,
    metricsBindAddress,
    kubeconfig,
    logLevel,
  }
}

/** What the network gives nodes in the mode that was chosen. */
function delegatedBy({ aws, gcp }: CloudConfig): (Delegated & { readonly mode: string }) | undefined {
  if (aws.mode === 'ipv6-prefix') return { flag: '--aws-mode', mode: aws.mode, family: 6, prefixLength: 80 }
  if (gcp.mode === 'alias-ip') return { flag: '--gcp-mode', mode: gcp.mode, family: 4 }
  return undefined
}

function readLeaderElection(settings: Settings<'controller'>): LeaderElection {
  const times = {
    leaseDurationMs: settings.leaderElectLeaseDuration,
    renewDeadlineMs: settings.leaderElectRenewDeadline,
    retryPeriodMs: settings.leaderElectRetryPeriod,
  }
  try {
    checkLeaderElectionTimes(times)
    attemptTimeoutMs(times)
  } catch (error) {
    if (!(error instanceof LeaderElectionConfigError)) throw error
    throw new UsageError(error.message, { cause: error })
  }
  return {
    ...times,
    namespace: settings.leaderElectResourceNamespace,
    name: settings.leaderElectResourceName,
  }
}
